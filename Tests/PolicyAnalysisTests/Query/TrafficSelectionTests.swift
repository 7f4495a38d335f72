import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// A selection holds the packets that can arrive between its ends, and no others.
@Suite struct TrafficSelectionTests {
  @Test func holdsWhatOnePacketAtATimeIsIn() throws {
    var generator = SeededGenerator(label: "selections")
    var inside = 0
    var outside = 0
    for _ in 0..<60 {
      let policy = RandomPolicy.make(using: &generator)
      var boundary = BoundaryPackets(
        for: policy, wiring: LabWiring(for: policy), generator: generator)
      let packets = (0..<80).map { _ in varied(boundary.next(), using: &generator) }
      for path in [PolicySection.inbound, .forward, .outbound] {
        if path == .forward, policy.forward == nil, policy.role == .host { continue }
        let selection = selection(path, of: policy, packets, using: &generator)
        let questions = try PolicyQuestions(
          about: policy, interfaceNames: selection.interfaceNames + ["eth9"])
        let set = try questions.packets(of: selection)
        for packet in packets {
          let isPossible =
            questions.arena.answer(questions.possible.diagram) {
              packet.value(of: $0, interfaces: questions.interfaces)
            } == 1
          let isMember =
            questions.arena.answer(set.diagram) {
              packet.value(of: $0, interfaces: questions.interfaces)
            } == 1
          let expected = isPossible && holds(packet, in: selection, of: policy)
          try #require(isMember == expected, "\(packet) in \(selection)")
          if expected { inside += 1 } else { outside += 1 }
        }
      }
    }
    #expect(inside > 100)
    #expect(outside > 1000)
  }

  /// The definition, read aloud.
  private func holds(
    _ packet: Packet, in selection: TrafficSelection, of policy: ResolvedPolicy
  ) -> Bool {
    let input = packet.inputInterface.flatMap { policy.zone(ofInterface: $0) }
    let output = packet.outputInterface.flatMap { policy.zone(ofInterface: $0) }
    func isMet(_ name: String?, _ zone: Int?, by named: TestInterfaces?) -> Bool {
      guard let name else { return true }
      return named?.contains(name, ownedBy: zone) ?? (name != "lo")
    }
    guard packet.path == selection.path,
      selection.from.addressesHoldSource(of: packet, in: input),
      selection.to.addressesHoldDestination(of: packet, in: output),
      packet.isOf(selection.service),
      selection.states.contains(where: { Packet.ConntrackState($0) == packet.state }),
      isMet(packet.inputInterface, input, by: selection.inputs),
      isMet(packet.outputInterface, output, by: selection.outputs),
      selection.users.map({ packet.socketUser.map($0.contains) ?? false }) ?? true,
      packet.time == (selection.asOf ?? Timestamp(seconds: 0))
    else { return false }
    let hasLimits = !policy.limitedRules.isEmpty
    if hasLimits, packet.limitExceeded != selection.limitExceeded { return false }
    if !selection.isSpoofed {
      var fresh = packet
      fresh.state = .new
      if fresh.inputInterface == "lo" { fresh.path = .forward }
      if PolicyMeaning(of: policy).decide(fresh).step == .antiSpoofing { return false }
    }
    return true
  }

  private func selection(
    _ path: PolicySection, of policy: ResolvedPolicy, _ packets: [Packet],
    using generator: inout SeededGenerator
  ) -> TrafficSelection {
    func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &generator) == 0 }
    let everywhere = ZoneSet(zones: Array(policy.zones.indices), others: true)
    func end(hasInterface: Bool) -> ResolvedEndpoint {
      var addresses = AddressSet.any
      if oneIn(2), let network = policy.networks.randomElement(using: &generator) {
        addresses = network.addresses
      }
      var zones = everywhere
      if hasInterface, oneIn(2), !policy.zones.isEmpty {
        zones = ZoneSet(
          zones: [Int.random(in: policy.zones.indices, using: &generator)], others: oneIn(2))
      }
      return ResolvedEndpoint(parts: [.init(zones: zones, addresses: addresses)])
    }
    var test = ResolvedTest(
      name: "t", path: path, expect: .allow, from: end(hasInterface: path != .outbound),
      to: end(hasInterface: path != .inbound),
      service: oneIn(3) ? .port(.tcp, 25) : .any, span: span(0))
    if oneIn(3) { test.states = [.new, .established, .invalid] }
    if path == .outbound, oneIn(3) { test.users = [0, 89] }
    if path != .outbound, oneIn(4) {
      test.inputs = TestInterfaces(zones: policy.zones.isEmpty ? [] : [0], names: ["eth9"])
    }
    if oneIn(3) { test.isSpoofed = path != .outbound }
    if oneIn(4) { test.limitExceeded = true }
    if oneIn(4) { test.asOf = Timestamp(seconds: 1000) }
    // Published ports have a test of their own.
    return TrafficSelection(test)
  }

  private func varied(_ packet: Packet, using generator: inout SeededGenerator) -> Packet {
    var packet = packet
    packet.state = [.new, .new, .established, .invalid].randomElement(using: &generator) ?? .new
    packet.limitExceeded = Bool.random(using: &generator)
    packet.time = Timestamp(seconds: [0, 0, 1000].randomElement(using: &generator) ?? 0)
    packet.originalDestinationPort = nil
    return packet
  }

  @Test func aPortThatWasNotTranslatedIsTheOneThatWasDialled() throws {
    var policy = host()
    policy.zones = [zone("containers", "docker0")]
    policy.zones[0].kind = .containers
    var section = ResolvedSection()
    section.rules = [
      rule("api", .allow) { $0.published = .port(.tcp, 8443) },
      rule("closed", .deny),
    ]
    policy.forward = section
    func holds(_ port: UInt16, _ expect: TestExpectation) throws -> Bool {
      let all = ResolvedEndpoint(
        parts: [.init(zones: ZoneSet(zones: [0], others: true), addresses: .any)])
      var policy = policy
      policy.tests = [
        ResolvedTest(
          name: "t", path: .forward, expect: expect, from: all, to: all,
          service: .port(.tcp, port), span: span(0))
      ]
      return try runTests(of: policy).allSatisfy(\.holds)
    }
    #expect(try holds(8443, .allow))
    #expect(try holds(8442, .deny))
    #expect(try holds(443, .blocked))
    #expect(try !holds(443, .allow))
    #expect(try !holds(443, .reject))
  }

  @Test func aRegionThatNoPacketCanBeInIsEmpty() throws {
    var policy = host()
    let v4 = AddressSet(ipv4: IntervalSet(1))
    let v6 = AddressSet(ipv6: IntervalSet(1))
    let all = ZoneSet(zones: [], others: true)
    policy.tests = [
      ResolvedTest(
        name: "t", path: .inbound, expect: .allow,
        from: ResolvedEndpoint(parts: [.init(zones: all, addresses: v4)]),
        to: ResolvedEndpoint(parts: [.init(zones: all, addresses: v6)]), service: .any,
        span: span(0))
    ]
    let results = try runTests(of: policy)
    guard case .speaksOfNothing = try #require(results.first).outcome else {
      Issue.record("a packet of two families")
      return
    }
  }
}

extension ResolvedEndpoint {
  fileprivate func addressesHoldSource(of packet: Packet, in zone: Int?) -> Bool {
    parts.contains { $0.zones.contains(zone) && packet.sourceIsIn($0.addresses) }
  }

  fileprivate func addressesHoldDestination(of packet: Packet, in zone: Int?) -> Bool {
    parts.contains { $0.zones.contains(zone) && packet.destinationIsIn($0.addresses) }
  }
}
