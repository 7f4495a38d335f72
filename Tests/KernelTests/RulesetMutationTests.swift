import Compiler
import Foundation
import Lowering
import NetworkTypes
import Nftables
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// Rulesets spoilt by one small edit: where their meaning says that a packet now fares otherwise, the
/// kernel does exactly that to it; where it says that nothing has changed, the kernel knows no
/// difference either.
///
/// So the proof is neither blind nor fussy. `FWPOLICY_MUTANTS` says how many edits, `FWPOLICY_PACKETS`
/// with how many packets each that changes nothing is tried, `FWPOLICY_SEED` which.
@Suite(.serialized) struct RulesetMutationTests {
  private static let mutantsPerPolicy = 12

  @Test func kernelDoesWhatTheMeaningOfAMutantSays() throws {
    let wanted =
      ProcessInfo.processInfo.environment["FWPOLICY_MUTANTS"].flatMap { Int($0) } ?? 48
    let packets = BoundaryPackets.count(else: 60)
    var generator = SeededGenerator(label: "ruleset mutation")
    var tally = Tally()
    let examples = try PolicyCase.all.map { try CompiledPolicy($0) }
    var turn = 0
    while tally.mutants < wanted {
      turn += 1
      // Every third is an example or a golden case; the others are random.
      let compiled: (LoweredPolicy, ResolvedPolicy)
      if turn % 3 == 0, let example = examples.randomElement(using: &generator) {
        compiled = (example.lowered, example.policy)
      } else {
        let random = RandomPolicyText(using: &generator)
        let files = random.files.merging(["policy.yaml": random.text]) { _, new in new }
        let compilation = compile("policy.yaml", provider: MemoryProvider(files))
        guard let lowered = compilation.lowered, let policy = compilation.policy else { continue }
        compiled = (lowered, policy)
      }
      let field = try MutantField(lowered: compiled.0, policy: compiled.1)
      for _ in 0..<Self.mutantsPerPolicy where tally.mutants < wanted {
        try field.tryMutant(&tally, packets: packets, &generator)
      }
    }
    print(tally.report)
    #expect(tally.count(.killed) > 0)
    if wanted >= 1000 {
      for mutation in TableMutation.all {
        #expect(tally.results[mutation.name] != nil, "\(mutation.name) was never tried")
      }
    }
  }
}

/// What became of the mutants.
private struct Tally {
  enum Result: String, CaseIterable {
    /// A packet fares otherwise, by the meaning and in the kernel.
    case killed
    /// Packets fare otherwise, but none that the lab can send.
    case notSendable = "not sendable"
    /// Only logs, counters, helpers or limiters differ.
    case effectsOnly = "effects only"
    /// No packet knows a difference.
    case equivalent
    /// nft, or the meaning, does not take it for a ruleset.
    case refused
  }

  var results: [String: [Result: Int]] = [:]
  var mutants = 0
  var packets = 0

  mutating func add(_ result: Result, to mutation: String) {
    results[mutation, default: [:]][result, default: 0] += 1
    mutants += 1
  }

  func count(_ result: Result) -> Int { results.values.reduce(0) { $0 + ($1[result] ?? 0) } }

  var report: String {
    let total = Result.allCases.map { "\($0.rawValue) \(count($0))" }.joined(separator: ", ")
    var lines = ["ruleset mutation: \(mutants) mutants, \(packets) packets: \(total)"]
    for (name, counts) in results.sorted(by: { $0.key < $1.key }) {
      let words = Result.allCases.compactMap { result in
        counts[result].map { "\(result.rawValue) \($0)" }
      }
      lines.append("  \(name): \(words.joined(separator: ", "))")
    }
    return lines.joined(separator: "\n")
  }
}

/// One policy's table, its meaning, and two labs: one keeps the original, the other has the mutants.
private final class MutantField {
  let lowered: LoweredPolicy
  let policy: ResolvedPolicy
  let arena = PacketArena()
  let interfaces: InterfaceClasses
  let limiters: LimiterNumbers
  let possible: PacketSet
  let wiring: LabWiring
  let originalLab: PacketLab
  let mutantLab: PacketLab
  let sendable: PacketSet
  var outcomes = Numbering<Outcome?>()
  let original: Diagram

  init(lowered: LoweredPolicy, policy: ResolvedPolicy) throws {
    self.lowered = lowered
    self.policy = policy
    interfaces = InterfaceClasses(of: [policy])
    limiters = try LimiterNumbers(of: [policy])
    possible = try arena.possiblePackets(
      interfaces: interfaces, limiters: limiters.isPerSource, networks: limiters.networks.count)
    wiring = LabWiring(for: policy)
    originalLab = try PacketLab(wiring)
    mutantLab = try PacketLab(wiring)
    try originalLab.load(String(decoding: emitText(lowered.table), as: UTF8.self))
    sendable = try arena.intersection(
      possible,
      try originalLab.sendablePackets(
        in: arena, interfaces: interfaces, limiters: limiters.rules.count))
    _ = outcomes.number(of: nil)
    original = try RulesetMeaning(
      of: lowered.table, in: arena, interfaces: interfaces, possible: possible,
      limiter: lowered.limiter(limiters), network: lowered.network(limiters),
      record: lowered.recordName, numbering: &outcomes
    ).diagram
  }

  func tryMutant(
    _ tally: inout Tally, packets: Int, _ generator: inout SeededGenerator
  ) throws {
    var table = lowered.table
    guard let mutation = TableMutation.all.randomElement(using: &generator),
      let edit = mutation.apply(&table, &generator)
    else { return }
    let mutant: Diagram
    do {
      mutant = try RulesetMeaning(
        of: table, in: arena, interfaces: interfaces, possible: possible,
        limiter: lowered.limiter(limiters), network: lowered.network(limiters),
        record: lowered.recordName, numbering: &outcomes
      ).diagram
      try mutantLab.load(String(decoding: emitText(table), as: UTF8.self))
    } catch {
      return tally.add(.refused, to: mutation.name)
    }
    let what = "\(mutation.name): \(edit)"
    if mutant == original {
      try expectNoDifference(what, packets, &tally, &generator)
      return tally.add(.equivalent, to: mutation.name)
    }
    let verdicts = outcomes.values.map { outcome in
      outcome.flatMap { Outcome.Verdict.allCases.firstIndex(of: $0.verdict) } ?? 99
    }
    let differing = try arena.differences(
      try arena.map(original) { UInt32(verdicts[Int($0)]) },
      try arena.map(mutant) { UInt32(verdicts[Int($0)]) })
    if differing.isEmpty { return tally.add(.effectsOnly, to: mutation.name) }
    guard let packet = try witness(in: differing, original, mutant, &generator) else {
      return tally.add(.notSendable, to: mutation.name)
    }
    tally.packets += 2
    try expect(originalLab, original, packet, isExact: false, "\(what)\n  (the original)")
    try expect(mutantLab, mutant, packet, isExact: true, what)
    tally.add(.killed, to: mutation.name)
  }

  // MARK: Packets

  /// A packet that the lab can send and that fares otherwise, once its reverse path is as the lab
  /// has it.
  private func witness(
    in differing: PacketSet, _ original: Diagram, _ mutant: Diagram,
    _ generator: inout SeededGenerator
  ) throws -> Packet? {
    let candidates = try arena.intersection(differing, sendable)
    for reversePath: UInt32 in [0, 1] {
      let set = try arena.intersection(
        candidates, try arena.set(.reversePath, IntervalSet(reversePath)))
      guard var packet = Packet(of: set, in: arena, interfaces: interfaces) else { continue }
      // The lab has no destination NAT.
      if packet.originalDestinationPort != nil { continue }
      packet.inputInterface = packet.inputInterface.map(cable)
      packet.outputInterface = packet.outputInterface.map(cable)
      // Each packet a flow of its own, where the port is free to choose.
      let port = packet.sourcePort
      for choice in [port.map { _ in UInt16.random(in: 1024...65535, using: &generator) }, port] {
        packet.sourcePort = choice
        guard packet.hasTwoEnds, let real = try originalLab.withReversePaths([packet]).first,
          verdict(original, real) != verdict(mutant, real)
        else { continue }
        return real
      }
    }
    return nil
  }

  /// The lab's interface of the same class.
  private func cable(_ name: String) -> String {
    wiring.interfaces.first { interfaces.classOf($0) == interfaces.classOf(name) } ?? name
  }

  private func verdict(_ diagram: Diagram, _ packet: Packet) -> Outcome.Verdict? {
    outcomes[arena.answer(diagram) { packet.value(of: $0, interfaces: self.interfaces) }]?.verdict
  }

  /// Sends a packet; what becomes of it must be what the diagram says.
  ///
  /// - Parameter isExact: whether no packet has been sent before, so that limits must have room.
  private func expect(
    _ lab: PacketLab, _ diagram: Diagram, _ packet: Packet, isExact: Bool, _ what: String
  ) throws {
    let observed = try #require(try lab.verdicts(of: [packet]).first)
    try #require(
      agrees(observed, diagram, packet, isExact: isExact),
      """
      \(what)
        \(packet)
        original: \(verdict(original, packet).map(\.rawValue) ?? "impossible")
        expected: \(verdict(diagram, packet).map(\.rawValue) ?? "impossible")
        kernel: \(observed)
      """)
  }

  private func agrees(
    _ observed: ObservedVerdict, _ diagram: Diagram, _ packet: Packet, isExact: Bool
  ) -> Bool {
    var asked = packet
    asked.state = observed.state ?? packet.state
    var excess = asked
    excess.limitExceeded = true
    return (isExact ? [asked] : [asked, excess]).contains { packet in
      switch (verdict(diagram, packet), observed.fate) {
      case (.accept, .accepted), (.drop, .dropped), (.tcpReset, .tcpReset),
        (.icmpReject, .icmpReject):
        true
      case (.tcpReset, .dropped): !observed.isAnswerable
      case (.icmpReject, .dropped): !originalLab.isAnswerable(packet, byICMP: true)
      default: false
      }
    }
  }

  /// Packets at the policy's boundaries fare as in the original.
  private func expectNoDifference(
    _ what: String, _ count: Int, _ tally: inout Tally, _ generator: inout SeededGenerator
  ) throws {
    var boundary = BoundaryPackets(for: policy, wiring: wiring, generator: generator)
    let packets = try mutantLab.withReversePaths(boundary.packets(count))
    generator = boundary.generator
    tally.packets += packets.count
    for (packet, observed) in zip(packets, try mutantLab.verdicts(of: packets)) {
      try #require(
        agrees(observed, original, packet, isExact: false),
        "\(what), which changes nothing\n  \(packet)\n  kernel: \(observed)")
    }
  }
}

extension Packet {
  /// A packet from an address to itself is the loopback's.
  fileprivate var hasTwoEnds: Bool {
    switch addresses {
    case .ipv4(let source, let destination): source != destination
    case .ipv6(let source, let destination): source != destination
    }
  }
}
