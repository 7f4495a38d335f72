import Compiler
import Deployment
import Diagnostics
import Foundation
import Kernel
import Lowering
import Nftables
import PacketSpace
import PolicyAnalysis
import TestSupport
import Testing

/// Foundation has another one.
private typealias Dimension = PacketSpace.Dimension

/// What the kernel holds, compared with what a policy compiles to.
@Suite struct LiveRulesetTests {
  /// Both meanings in one arena, the policy's read from its own table.
  private struct Comparison {
    let arena = PacketArena()
    let live: LiveRuleset
    let limiters: LiveLimiters
    let interfaces: InterfaceClasses
    let before: Diagram
    let after: Diagram
    let outcomes: Numbering<Outcome?>

    init(_ live: LiveRuleset, _ compiled: CompiledPolicy) throws {
      self.live = live
      interfaces = live.interfaces(with: InterfaceClasses(of: [compiled.policy]))
      limiters = try LiveLimiters(
        of: live, with: LimiterNumbers(of: [compiled.policy]), of: compiled.lowered)
      let possible = try arena.possiblePackets(
        interfaces: interfaces, limiters: limiters.numbers.isPerSource,
        networks: limiters.numbers.networks.count)
      var outcomes = Numbering<Outcome?>()
      before = try live.meaning(
        in: arena, interfaces: interfaces, limiters: limiters, possible: possible,
        numbering: &outcomes)
      after = try RulesetMeaning(
        of: compiled.lowered.table, in: arena, interfaces: interfaces, possible: possible,
        limiter: compiled.lowered.limiter(limiters.numbers),
        network: compiled.lowered.network(limiters.numbers), record: compiled.lowered.recordName,
        numbering: &outcomes
      ).diagram
      self.outcomes = outcomes
    }

    /// What the kernel does with a packet of what differs, why, and what the policy would do.
    func difference() throws -> (before: Outcome, steps: [String], after: Outcome)? {
      let witness = arena.witness(
        of: try arena.differences(before, after),
        preferring: { Packet.preferredValues(of: $0, interfaces: interfaces, given: $1) })
      guard let witness else { return nil }
      func value(_ dimension: Dimension) -> UInt128 {
        witness[dimension]
          ?? Packet.preferredValues(of: dimension, interfaces: interfaces, given: witness).first
          ?? 0
      }
      let (outcome, steps) = try live.trace(
        of: value, interfaces: interfaces, limiters: limiters)
      #expect(outcomes[arena.answer(before, at: value)] == outcome)
      return (
        outcome, steps.map { "\($0)" },
        try #require(outcomes[arena.answer(after, at: value)])
      )
    }
  }

  @Test(arguments: PolicyCase.all)
  func whatWasAppliedIsNoChange(_ policyCase: PolicyCase) throws {
    let compiled = try CompiledPolicy(policyCase)
    for isText in [false, true] {
      let namespace = try NetworkNamespace()
      if isText { try namespace.run(["nft", "-f", "-"], input: compiled.product(.nft)) }
      let live = try namespace.enter { () throws -> LiveRuleset in
        let transport = try NetlinkSocket()
        if !isText {
          _ = try KernelTransaction().replace(table: compiled.lowered.table, transport: transport)
        }
        return try LiveRuleset(
          tableNamed: compiled.lowered.table.name, transport: transport)
      }
      let comparison = try Comparison(live, compiled)
      #expect(comparison.before == comparison.after)
      #expect(comparison.limiters.changedRules == [])
    }
  }

  private static let policy = """
    fwpolicy: 1
    name: live
    inbound:
      - { name: web, allow: http, count: true }
      - { name: shell, from: 192.0.2.0/24, allow: ssh, limit: 10/minute per source }
      - { name: mail, allow: smtp, limit: 10/second }
    """

  private func live(_ compiled: CompiledPolicy, _ change: String) throws -> LiveRuleset {
    let namespace = try NetworkNamespace()
    let name = compiled.lowered.table.name
    try namespace.run(["nft", "-f", "-"], input: compiled.product(.nft))
    if !change.isEmpty { try namespace.run(["nft", "-f", "-"], input: change + "\n") }
    return try namespace.enter {
      try LiveRuleset(tableNamed: name, transport: NetlinkSocket())
    }
  }

  @Test func withoutATableNothingIsFiltered() throws {
    let compiled = try CompiledPolicy(Self.policy)
    let namespace = try NetworkNamespace()
    let live = try namespace.enter {
      try LiveRuleset(tableNamed: "fwpolicy", transport: NetlinkSocket())
    }
    #expect(live.kernelTable == nil)
    #expect(live.description == "no table inet fwpolicy in the kernel: no filter")
    let difference = try #require(try Comparison(live, compiled).difference())
    #expect(difference.before == Outcome(.accept))
    #expect(difference.steps == [])
    #expect(difference.after != difference.before)
  }

  @Test func aRuleAddedByHandIsNamed() throws {
    let compiled = try CompiledPolicy(Self.policy)
    let chain = try #require(
      compiled.lowered.table.chains.first { $0.base?.hook == .input }?.name)
    let live = try live(
      compiled,
      "insert rule inet fwpolicy \(chain) iifname \"eth7\" meta l4proto tcp tcp dport 23 accept "
        + "comment \"left by hand\"")
    let difference = try #require(try Comparison(live, compiled).difference())
    #expect(difference.before == Outcome(.accept))
    #expect(
      difference.steps.last?.contains(/^chain \S+ rule 1 \(handle \d+, left by hand\): accept$/)
        == true,
      "\(difference.steps)")
  }

  @Test func theEndOfAChainIsNamed() throws {
    let compiled = try CompiledPolicy(Self.policy)
    let chain = try #require(
      compiled.lowered.table.chains.first { $0.base?.hook == .input }?.name)
    let live = try live(
      compiled,
      "flush chain inet fwpolicy \(chain)\nchain inet fwpolicy \(chain) { policy accept; }")
    let difference = try #require(try Comparison(live, compiled).difference())
    #expect(difference.before.verdict == .accept)
    #expect(difference.steps.last == "policy accept of chain \(chain)")
  }

  @Test func aLimitWithOtherNumbersIsTold() throws {
    let compiled = try CompiledPolicy(Self.policy)
    let before = try CompiledPolicy(
      Self.policy.replacing("10/minute", with: "20/minute").replacing(
        "10/second", with: "9/second"))
    let comparison = try Comparison(try live(before, ""), compiled)
    #expect(comparison.before == comparison.after)
    #expect(comparison.limiters.changedRules == ["mail", "shell"])
  }

  @Test func aLimitOfNoRuleHasANumberOfItsOwn() throws {
    let compiled = try CompiledPolicy(Self.policy)
    let before = try CompiledPolicy(
      Self.policy.replacing("name: shell", with: "name: door").replacing(
        "name: mail", with: "name: post"))
    let comparison = try Comparison(try live(before, ""), compiled)
    // Two of the policy, and of the table a chain and a set of each family.
    #expect(comparison.limiters.numbers.rules.count == 5)
    #expect(comparison.before != comparison.after)
    #expect(try comparison.difference() != nil)
  }

  @Test func whatIsNotUnderstoodIsNamed() throws {
    let compiled = try CompiledPolicy(Self.policy)
    let chain = try #require(
      compiled.lowered.table.chains.first { $0.base?.hook == .input }?.name)
    let error = #expect(throws: LiveRuleset.Failure.self) {
      try live(compiled, "insert rule inet fwpolicy \(chain) meta mark 7 accept")
    }
    #expect(
      error?.description.contains("expression 1, `meta`, reads `meta` key 3") == true,
      "\(error as Any)")
    #expect(error?.diagnostic.code == .unknownRuleset)
    #expect(error?.diagnostic.notes == error.map { [$0.description] })
  }
}

/// What `fwpolicy diff --live` says.
@Suite(.serialized) struct LiveDifferenceTests {
  private static let text = """
    fwpolicy: 1
    name: p
    networks: { noc: [192.0.2.0/28] }
    inbound:
      - { name: ssh, allow: ssh, from: noc, limit: 10/minute per source }
      - { name: web, allow: https }
    """

  private func difference(
    from text: String = LiveDifferenceTests.text, after change: [String] = []
  ) throws -> TrafficDifference {
    let applied = try CompiledPolicy(Self.text)
    let compared = try CompiledPolicy(text)
    let namespace = try NetworkNamespace()
    try namespace.enter {
      _ = try KernelTransaction().replace(
        table: applied.lowered.table, transport: try NetlinkSocket())
    }
    if !change.isEmpty { try namespace.run(["nft"] + change) }
    return try namespace.enter { () throws -> TrafficDifference in
      try LiveRuleset(tableNamed: "fwpolicy", transport: try NetlinkSocket())
        .difference(from: compared.policy, lowered: compared.lowered)
    }
  }

  @Test func whatWasAppliedIsNoDifference() throws {
    let difference = try difference()
    #expect(!difference.changesMeaning)
    #expect(difference.changedPackets.isEmpty)
  }

  @Test func anotherPolicyIsToldWithTheRuleThatDecidesNow() throws {
    let difference = try difference(
      from: Self.text.replacingOccurrences(
        of: "{ name: web, allow: https }", with: "{ name: web, deny: https }"))
    #expect(difference.changes.map(\.kind) == [.closed])
    let change = try #require(difference.changes.first)
    #expect(change.words.map(\.description) == ["inbound from any to self: https"])
    #expect(change.new.words == "rule `web`")
    #expect(change.old.words.hasPrefix("the kernel's chain "))
  }

  @Test func aRuleThatWasAddedByHandIsTold() throws {
    let difference = try difference(
      after: ["insert", "rule", "inet", "fwpolicy", "hook-input", "tcp", "dport", "25", "accept"])
    #expect(difference.changes.first?.kind == .closed)
    #expect(difference.changes.first?.weight == .smtp)
    #expect(difference.changes.contains { $0.old.words.contains("chain hook-input rule 1") })
  }

  @Test func anotherLimitIsTold() throws {
    let difference = try difference(
      from: Self.text.replacingOccurrences(of: "10/minute", with: "20/minute"))
    #expect(difference.changes.isEmpty)
    #expect(difference.effects.map(\.kind) == [.limit])
  }
}
