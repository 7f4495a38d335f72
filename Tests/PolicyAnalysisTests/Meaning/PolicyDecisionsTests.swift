import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// What a policy means for all packets at once is what it means for each of them.
///
/// More packets by `FWPOLICY_PACKETS`, others by `FWPOLICY_SEED`.
@Suite struct PolicyDecisionsTests {
  @Test(arguments: PolicyFile.all)
  func decidesLikeTheMeaningOfOnePacket(_ file: PolicyFile) throws {
    try agrees(
      try file.resolved(), SeededGenerator(label: file.name),
      count: BoundaryPackets.count(else: 1000))
  }

  @Test func decidesLikeTheMeaningOfOnePacketUnderRandomPolicies() throws {
    var generator = SeededGenerator(label: "random policies")
    let count = BoundaryPackets.count(else: 1000)
    for _ in 0..<max(count / 20, 10) {
      try agrees(RandomPolicy.make(using: &generator), generator, count: 100)
    }
  }

  private func agrees(
    _ policy: ResolvedPolicy, _ seed: SeededGenerator, count: Int
  ) throws {
    var numbering = Numbering<Decision?>()
    let decisions = try PolicyDecisions(of: policy, naming: .apart, numbering: &numbering)
    let arena = decisions.arena
    let oracle = PolicyMeaning(of: policy)

    // For each decision there is a packet, and it meets that decision.
    for number in arena.answers(of: decisions.diagram) where number != 0 {
      let set = try arena.packets(of: decisions.diagram) { $0 == number }
      let packet = try #require(
        Packet(
          of: set, in: arena, interfaces: decisions.interfaces,
          networks: decisions.limiters.networks))
      try #require(oracle.decide(packet) == numbering[number], "\(packet)")
      try #require(decisions.number(of: packet) == number, "\(packet)")
    }

    var generator = seed
    var packets = BoundaryPackets(
      for: policy, wiring: LabWiring(for: policy), generator: generator)
    var possible = 0
    for _ in 0..<count {
      let packet = varied(packets.next(), using: &generator)
      let number = decisions.number(of: packet)
      guard number != 0 else { continue }
      possible += 1
      let expected = oracle.decide(packet)
      try #require(
        numbering[number] == expected,
        "\(packet)\n\(expected)\n\(numbering[number]?.description ?? "impossible")")
    }
    #expect(possible > count / 2)
    try effectsAgree(decisions, numbering, policy)
  }

  /// Without deciders, and for all combinations of values, it is still the same function.
  private func effectsAgree(
    _ decisions: PolicyDecisions, _ numbering: Numbering<Decision?>, _ policy: ResolvedPolicy
  ) throws {
    let arena = decisions.arena
    var plain = Numbering<Decision?>()
    let effects = try PolicyDecisions(
      of: policy, in: arena, interfaces: decisions.interfaces, limiters: decisions.limiters,
      possible: .all, detail: .effects, numbering: &plain)
    var outcomes = Numbering<Outcome?>()
    _ = outcomes.number(of: nil)
    func outcome(_ decision: Decision?) -> UInt32 {
      outcomes.number(
        of: decision.map {
          Outcome(of: $0, counterName: { "\($0)" }, limiters: decisions.limiters)
        })
    }
    let one = try arena.map(decisions.diagram) { outcome(numbering[$0]) }
    let other = try arena.restrict(
      try arena.map(effects.diagram) { outcome(plain[$0]) }, to: decisions.possible, otherwise: 0)
    #expect(one == other)
  }

  /// What no wire can carry, but a policy decides about.
  private func varied(_ packet: Packet, using generator: inout SeededGenerator) -> Packet {
    var packet = packet
    func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &generator) == 0 }
    if oneIn(2) {
      packet.state = Packet.ConntrackState.allCases.randomElement(using: &generator) ?? .new
    }
    packet.reversePathIsRight = packet.path == .outbound || !oneIn(3)
    packet.limitExceeded = oneIn(3)
    packet.time = Timestamp(
      seconds: [0, 1, 999, 1000, 1999, 2000, packet.time.seconds].randomElement(using: &generator)
        ?? 0)
    if packet.state == .new, packet.destinationPort != nil, oneIn(4) {
      packet.originalDestinationPort = [25, 80, 8080].randomElement(using: &generator)
    }
    if packet.path == .outbound {
      packet.socketUser =
        [nil, 0, 89, 1000, packet.socketUser].randomElement(using: &generator) ?? nil
    } else {
      packet.socketUser = nil
    }
    if packet.destinationPort != nil, oneIn(4) {
      packet.ipProtocol = .tcp
      packet.destinationPort = 25
    }
    return packet
  }

  @Test func policiesShareLimitersByTheNamesOfTheirRules() throws {
    func policy(_ rules: [(String, Limit)]) -> ResolvedPolicy {
      var policy = host()
      policy.inbound.rules = rules.map { name, limit in
        rule(name, .allow) { $0.limit = limit }
      }
      return policy
    }
    let rate = Limit.rate(count: 1, unit: .second, burst: 5, perSource: false)
    let numbers = try LimiterNumbers(of: [
      policy([("a", rate), ("b", .connectionsPerSource(1))]),
      policy([("b", rate), ("c", rate), ("a", .connectionsPerSource(2))]),
    ])
    #expect(numbers.rules == ["a", "b", "c"])
    #expect(numbers.isPerSource == [true, true, false])
    #expect(numbers["c"] == 2)
    #expect(numbers["d"] == nil)
  }

  @Test func refusesMoreLimitsThanThereAreDimensions() {
    var policy = host()
    policy.inbound.rules = (0...Dimension.maximumLimiters).map { index in
      rule("r\(index)", .allow) { $0.limit = .connectionsPerSource(1) }
    }
    #expect(throws: PacketSpaceError.self) { try LimiterNumbers(of: [policy]) }
  }

  @Test func witnessReadsLikeAPersonWroteIt() throws {
    var policy = host()
    policy.inbound.rules = [rule("web", .allow, .port(.tcp, 8443))]
    var numbering = Numbering<Decision?>()
    let decisions = try PolicyDecisions(of: policy, numbering: &numbering)
    let web = try decisions.arena.packets(of: decisions.diagram) {
      numbering[$0]?.decider?.name == "web"
    }
    let packet = try #require(
      Packet(of: web, in: decisions.arena, interfaces: decisions.interfaces))
    #expect(
      packet.description
        == "inbound in if0: tcp 198.51.100.7:40000 -> 192.0.2.10:8443 (new)")
  }

  @Test func translatesADecisionIntoAnOutcome() throws {
    var policy = host()
    policy.inbound.rules = [
      rule("ftp", .allow, .port(.tcp, 21)) {
        $0.helpers = [HelperUse(helper: .ftp, service: .port(.tcp, 21))]
        $0.limit = .connectionsPerSource(1)
        $0.log = log("ftp")
        $0.counts = true
      }
    ]
    let limiters = try LimiterNumbers(of: [policy])
    let ftp = packet(.inbound, port: 21)
    func outcome(_ packet: Packet) -> Outcome {
      Outcome(
        of: PolicyMeaning(of: policy).decide(packet),
        counterName: { $0 == .rule("ftp") ? "rule-ftp" : nil }, limiters: limiters)
    }
    #expect(
      outcome(ftp)
        == Outcome(
          .accept,
          effects: [
            .log(prefix: "ftp", group: nil, rate: 10, unitSeconds: 1, burst: 20),
            .counter("rule-ftp"), .helper(type: "ftp", transport: 6), .limiter(0),
          ]))
    var excess = ftp
    excess.limitExceeded = true
    #expect(outcome(excess) == Outcome(.drop, effects: [.limiter(0)]))
  }
}

extension PolicyDecisions {
  /// Of one policy, compared with nothing.
  init(
    of policy: ResolvedPolicy, naming: SubnetNaming = .together,
    numbering: inout Numbering<Decision?>
  ) throws {
    let arena = PacketArena()
    let interfaces = InterfaceClasses(of: [policy])
    let limiters = try LimiterNumbers(of: [policy])
    let possible = try arena.possiblePackets(
      interfaces: interfaces, limiters: limiters.isPerSource)
    try self.init(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: possible,
      naming: naming, numbering: &numbering)
  }
}
