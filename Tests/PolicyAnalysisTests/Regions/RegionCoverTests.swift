import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// Regions are exactly the set that they cover, in words that a policy has.
@Suite struct RegionCoverTests {
  @Test func regionsAreTheirSet() throws {
    var generator = SeededGenerator(label: "region covers")
    var count = 0
    for _ in 0..<40 {
      let policy = RandomPolicy.make(using: &generator)
      let questions = try PolicyQuestions(about: policy)
      let arena = questions.arena
      let table = try questions.decisions(about: questions.possible)
      let accepted = try arena.packets(of: table.diagram) {
        table.numbering[$0]?.verdict == .accept
      }
      let writer = RegionWriter(
        [policy], interfaces: questions.interfaces, limiters: questions.limiters)
      let cover = try arena.cover(
        of: accepted, within: questions.possible, limit: 10_000, name: writer.addresses.name)
      try #require(cover.isComplete)
      let regions = try arena.packets(of: cover.regions, within: questions.possible)
      try #require(regions == accepted)
      for region in cover.regions { try #require(!"\(writer.words(for: region))".isEmpty) }
      count += cover.regions.count
    }
    #expect(count > 100)
  }

  private func words(
    _ policy: ResolvedPolicy, where isWanted: (Decision) -> Bool
  ) throws -> [String] {
    let questions = try PolicyQuestions(about: policy)
    let all = ResolvedEndpoint(
      parts: [
        .init(zones: ZoneSet(zones: Array(policy.zones.indices), others: true), addresses: .any)
      ])
    let path: PolicySection = policy.role == .router ? .forward : .inbound
    let packets = try questions.packets(
      of: TrafficSelection(
        ResolvedTest(
          name: "t", path: path, expect: .allow, from: all, to: all, service: .any, span: span(0))))
    let table = try questions.decisions(about: packets)
    let set = try questions.arena.packets(of: table.diagram) {
      table.numbering[$0].map(isWanted) ?? false
    }
    let writer = RegionWriter(
      [policy], interfaces: questions.interfaces, limiters: questions.limiters)
    return try questions.arena.cover(
      of: set, within: packets, limit: 20, name: writer.addresses.name
    ).regions.map { "\(writer.words(for: $0))" }
  }

  @Test func namesAreThePolicysOwn() throws {
    var policy = host()
    policy.services = [
      "ssh": .port(.tcp, 22),
      "dns": ServiceSet(ports: [.tcp: IntervalSet(53), .udp: IntervalSet(53)]),
    ]
    policy.networks = [
      ResolvedNetwork(
        name: Located("noc", span(0)), addresses: addresses("192.0.2.0/28", "2001:db8:10::/64"),
        networkClass: nil)
    ]
    policy.inbound.rules = [
      rule("ssh", .allow, .port(.tcp, 22)) {
        $0.from.parts[0].addresses = policy.networks[0].addresses
      },
      rule("dns", .allow, policy.services["dns"] ?? .any),
    ]
    let named = { (name: String) in
      try words(policy) { $0.decider?.name == name }
    }
    #expect(try named("ssh") == ["inbound from noc to self: ssh"])
    #expect(try named("dns") == ["inbound from any to self: dns"])
  }

  @Test func whatIsLeftIsToldByItsExceptions() throws {
    var policy = router(
      zone("inside", "eth1"), zone("outside", "eth0"))
    policy.services = ["smtp": .port(.tcp, 25)]
    var section = ResolvedSection()
    var inside = endpoint()
    inside.parts[0].zones = ZoneSet(zones: [0], others: false)
    var deny = rule("no-mail", .deny, .port(.tcp, 25))
    deny.from = inside
    var allow = rule("out", .allow)
    allow.from = inside
    section.rules = [deny, allow]
    policy.forward = section
    let out = try words(policy) { $0.decider?.name == "out" }
    #expect(out == ["forward from inside to any: any except ICMP errors, smtp"])
    #expect(
      try words(policy) { $0.decider?.name == "no-mail" } == ["forward from inside to any: smtp"])
  }

  @Test func oneFamilyIsSaid() throws {
    var policy = host()
    policy.services = ["ssh": .port(.tcp, 22)]
    policy.inbound.rules = [
      rule("ssh", .allow, .port(.tcp, 22)) { $0.from.parts[0].addresses = .ipv6Only }
    ]
    #expect(
      try words(policy) { $0.decider?.name == "ssh" }
        == ["inbound from any to self: ssh (IPv6 only)"])
  }
}
