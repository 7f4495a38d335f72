import Compiler
import Diagnostics
import Lowering
import NetworkTypes
import Nftables
import PolicyLanguage
import TestSupport
import Testing

/// Sets that are filled while a policy is in force are as the policy says.
@Suite struct RunTimeSetsProofTests {
  private static let text = """
    fwpolicy: 1
    name: p
    role: router
    zones:
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24] }
      internet: { kind: outside, interfaces: [eth0] }
    forward:
      - { allow: any, from: clients, to: internet }
    smtp-egress:
      clients: clients
      users: []
      offenders: { keep: 2h, capacity: 100 }
    """

  private static func parts() throws -> (LoweredPolicy, ResolvedPolicy) {
    let compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]))
    return (try #require(compilation.lowered), try #require(compilation.policy))
  }

  @Test func offendersAreTwoSetsOfTheTableAndProven() throws {
    let (lowered, policy) = try Self.parts()
    #expect(lowered.offenderSets == FamilySets(ipv4: "offenders-4", ipv6: "offenders-6"))
    let sets = lowered.table.sets.filter(\.isDynamic)
    #expect(sets.map(\.name) == ["offenders-4", "offenders-6"])
    #expect(sets.map(\.timeoutSeconds) == [7200, 7200])
    #expect(sets.map(\.size) == [100, 100])
    #expect(sets.map(\.comment) == ["offenders", "offenders"])
    guard case .equal = prove(lowered, of: policy) else {
      Issue.record("not proven")
      return
    }
  }

  /// An edit of the first rule that records.
  private static func edit(
    _ lowered: inout LoweredPolicy,
    _ body: (inout Key, inout String, inout DynamicSetOperation) -> Void
  ) {
    for chain in lowered.table.chains.indices {
      for rule in lowered.table.chains[chain].rules.indices {
        for place in lowered.table.chains[chain].rules[rule].statements.indices {
          guard
            case .dynamicSet(var operation, var key, var set, .counter) =
              lowered.table.chains[chain].rules[rule].statements[place], set == "offenders-6"
          else { continue }
          body(&key, &set, &operation)
          lowered.table.chains[chain].rules[rule].statements[place] = .dynamicSet(
            operation, key, set: set, .counter)
        }
      }
    }
  }

  @Test func aRecordOfOthersIsNoticed() throws {
    let edits: [(inout Key, inout String, inout DynamicSetOperation) -> Void] = [
      { key, _, _ in key.parts[0].prefixLength = 48 },
      { key, _, _ in key.parts[0].prefixLength = nil },
      { key, _, _ in key.parts[0].field = .ipv6Destination },
    ]
    for edit in edits {
      var (lowered, policy) = try Self.parts()
      Self.edit(&lowered, edit)
      guard case .different = prove(lowered, of: policy) else {
        Issue.record("the proof does not notice")
        continue
      }
    }
  }

  @Test func aRecordThatIsLostOrTooManyIsNoticed() throws {
    for isLost in [true, false] {
      var (lowered, policy) = try Self.parts()
      for chain in lowered.table.chains.indices {
        let rules = lowered.table.chains[chain].rules
        lowered.table.chains[chain].rules = rules.flatMap { rule -> [Rule] in
          guard case .dynamicSet(_, _, _, .counter)? = rule.statements.last else { return [rule] }
          return isLost ? [] : [rule, rule]
        }
      }
      guard case .different = prove(lowered, of: policy) else {
        Issue.record("the proof does not notice")
        continue
      }
    }
  }

  @Test func anotherTimeSizeOrOperationIsNoticed() throws {
    let edits: [(inout LoweredPolicy) -> Void] = [
      { lowered in lowered.table.sets[0].timeoutSeconds = 7201 },
      { lowered in lowered.table.sets[0].timeoutSeconds = nil },
      { lowered in lowered.table.sets[0].size = 99 },
      { lowered in lowered.table.sets[0].size = nil },
      { lowered in Self.edit(&lowered) { $2 = .add } },
    ]
    for edit in edits {
      var (lowered, policy) = try Self.parts()
      edit(&lowered)
      guard case .setDiffers(let difference) = prove(lowered, of: policy) else {
        Issue.record("the proof does not notice")
        continue
      }
      #expect(difference.set.hasPrefix("offenders-"))
      let diagnostics = prove(lowered, of: policy).diagnostics(of: lowered, policy: policy)
      #expect(diagnostics.map(\.code) == [.meaningDiffers])
    }
  }
}
