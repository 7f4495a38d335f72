import Compiler
import Diagnostics
import Foundation
import Lowering
import NetworkTypes
import Nftables
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// Random policies over the whole language: what the policy means, what its ruleset means and what
/// the kernel does are one.
///
/// `FWPOLICY_POLICIES` says how many are compiled and proven, `FWPOLICY_KERNEL_POLICIES` how many of
/// them are asked with real packets, `FWPOLICY_PACKETS` with how many each, `FWPOLICY_SEED` which.
/// From 1,000 policies on, every key and every step of the order of decision must have been met 100
/// times.
@Suite(.serialized) struct RandomAgreementTests {
  private static func number(_ name: String, else fallback: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? fallback
  }

  @Test func policyRulesetAndKernelAgree() throws {
    let wanted = Self.number("FWPOLICY_POLICIES", else: 150)
    let inKernel = Self.number("FWPOLICY_KERNEL_POLICIES", else: 6)
    let packets = BoundaryPackets.count(else: 200)
    var generator = SeededGenerator(label: "random agreement")
    var keys: [String: Int] = [:]
    var steps: [Decision.Step: Int] = [:]
    var refused: [String: Int] = [:]
    var proven = 0
    var asked = 0
    var sent = 0
    var sendable = 0
    var members = 0
    while proven < wanted {
      let random = RandomPolicyText(using: &generator)
      let files = random.files.merging(["policy.yaml": random.text]) { _, new in new }
      let compilation = compile("policy.yaml", provider: MemoryProvider(files))
      guard let lowered = compilation.lowered, let policy = compilation.policy else {
        let errors = compilation.diagnostics.filter { $0.severity == .error }
        try #require(
          !errors.contains {
            [.meaningDiffers, .unprovenMeaning, .invalidOutput].contains($0.code)
          },
          "\(errors.map { ($0.message, $0.notes) })\n\(random.text)")
        refused[errors.first?.code.code ?? "nothing", default: 0] += 1
        try #require(refused.values.reduce(0, +) < 3 * wanted + 100, "\(refused)")
        continue
      }
      proven += 1
      for key in random.keys { keys[key, default: 0] += 1 }

      // One packet of every decision, and packets at the boundaries: all at once is one by one.
      let questions = try PolicyQuestions(about: policy)
      let table = try questions.decisions(about: questions.possible)
      let meaning = PolicyMeaning(of: policy)
      var witnesses: [Packet] = []
      for number in questions.arena.answers(of: table.diagram) {
        guard let decision = table.numbering[number] else { continue }
        steps[decision.step, default: 0] += 1
        let set = try questions.arena.packets(of: table.diagram) { $0 == number }
        let packet = try #require(questions.example(of: set))
        try #require(meaning.decide(packet) == decision, "\(packet)\n\(random.text)")
        witnesses.append(packet)
      }
      guard asked < inKernel else { continue }
      asked += 1
      let wiring = LabWiring(for: policy)
      let lab = try PacketLab(wiring)
      try lab.load(String(decoding: emitText(lowered.table), as: UTF8.self))
      let filled = try FilledNetworks(of: lowered, in: lab, using: &generator)
      var boundary = BoundaryPackets(for: policy, wiring: wiring, generator: generator)
      let real = witnesses.compactMap { lab.sendable($0) }
      sendable += real.count
      let all = try lab.withReversePaths(real + boundary.packets(packets)).map(filled.placing)
      sent += all.count
      members += all.count { !$0.sourceNetworks.isEmpty || !$0.destinationNetworks.isEmpty }
      let wrong = try lab.disagreements(with: meaning, about: all)
      try #require(
        wrong.isEmpty, "\(wrong.prefix(3).map(\.description))\n\(random.text)\n\(random.files)")
    }
    report(keys, steps, refused, proven: proven, asked: asked, sent: sent, witnesses: sendable)
    print("\(members) of the packets had an end in a network that was filled at run time")
    if wanted >= 1000 {
      for key in RandomPolicyText.allKeys { #expect(keys[key, default: 0] >= 100, "\(key)") }
      for step in Decision.Step.allCases where step != .notGoverned {
        #expect(steps[step, default: 0] >= 100, "\(step)")
      }
    }
  }

  private func report(
    _ keys: [String: Int], _ steps: [Decision.Step: Int], _ refused: [String: Int], proven: Int,
    asked: Int, sent: Int, witnesses: Int
  ) {
    var text = "random agreement: \(proven) policies proven, \(asked) in the kernel, "
    text += "\(sent) packets (\(witnesses) witnesses), no disagreement\n"
    text += "refused: \(refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })\n"
    let ordered = steps.sorted { $0.key.rawValue < $1.key.rawValue }
    text += "decided by step: \(ordered.map { "\($0.key.rawValue) \($0.value)" })\n"
    text += keys.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    print(text)
  }
}

extension PacketLab {
  /// A witness as a packet that a wire can carry and this lab can send; nil where there is none.
  fileprivate func sendable(_ packet: Packet) -> Packet? {
    var packet = packet
    guard packet.ipProtocol == .tcp || packet.ipProtocol == .udp, packet.state == .new,
      packet.originalDestinationPort == nil, !packet.limitExceeded,
      packet.path == .outbound || packet.inputInterface.map(wiring.interfaces.contains) == true,
      packet.path == .inbound || packet.outputInterface.map(wiring.interfaces.contains) == true
    else { return nil }
    guard packet.hasUnicastEnds else { return nil }
    packet.hopLimit = 64
    packet.isLinkBroadcastOrMulticast = false
    packet.time = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    if packet.path == .outbound { packet.socketUser = packet.socketUser ?? 0 }
    return packet
  }
}

extension Packet {
  /// Whether both addresses are ones that hosts of the world may have.
  fileprivate var hasUnicastEnds: Bool {
    switch addresses {
    case .ipv4(let source, let destination):
      [source.bits, destination.bits].allSatisfy {
        $0 >> 24 != 0 && $0 >> 24 != 127 && $0 < 0xe000_0000
      }
    case .ipv6(let source, let destination):
      [source.bits, destination.bits].allSatisfy { $0 >> 125 == 1 }
    }
  }
}
