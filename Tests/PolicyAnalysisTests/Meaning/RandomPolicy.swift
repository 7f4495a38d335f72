import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import TestSupport

/// A policy of random zones, rules and exceptions, few enough of each that they meet.
struct RandomPolicy {
  private(set) var policy: ResolvedPolicy
  private var generator: SeededGenerator

  static func make(using generator: inout SeededGenerator) -> ResolvedPolicy {
    var random = RandomPolicy(generator)
    random.build()
    generator = random.generator
    return random.policy
  }

  private init(_ generator: SeededGenerator) {
    self.generator = generator
    policy = host()
  }

  private mutating func build() {
    policy.role = oneIn(2) ? .router : .host
    var patterns = ["eth0", "eth1", "eth1*", "e*", "bng*", "bng7"].shuffled(using: &generator)
    for index in 0..<number(upTo: 3) {
      var added = zone("zone\(index)", patterns.removeLast())
      if oneIn(3) { added.interfaces += zone("", patterns.removeLast()).interfaces }
      added.kind = pick([nil, .outside, .clients, .containers])
      if !oneIn(3) { added.networks = addresses() }
      added.invalid = pick([.deny, .continue])
      added.antiSpoofing = pick([[], [.networks], [.reversePath], [.networks, .reversePath]])
      policy.zones.append(added)
    }
    policy.outboundDefault = pick([.allow, .deny])
    policy.invalid = pick([.deny, .continue])
    policy.antiSpoofingLog = oneIn(2) ? log("spoofed") : nil
    policy.inbound = section(.inbound)
    policy.outbound = section(.outbound)
    policy.forward = oneIn(4) ? nil : section(.forward)
    if !oneIn(4) { policy.smtpEgress = gate() }
  }

  private mutating func section(_ path: Packet.Path) -> ResolvedSection {
    var section = ResolvedSection()
    section.defaultLog = oneIn(3) ? nil : log("\(path)")
    for index in 0..<number(upTo: 7) {
      section.rules.append(rule("\(path)-\(index)", path))
    }
    return section
  }

  private mutating func rule(_ name: String, _ path: Packet.Path) -> ResolvedRule {
    var rule = ResolvedRule(
      name: name, verdict: pick([.allow, .allow, .deny, .reject]),
      from: endpoint(hasInterface: path != .outbound), to: endpoint(hasInterface: path != .inbound),
      service: service(), span: span(policy.inbound.rules.count))
    if path == .forward, oneIn(3) {
      rule.service = .any
      rule.published = .port(pick([.tcp, .udp]), pick([25, 80, 8080]))
    }
    if path == .outbound, oneIn(3) { rule.users = pick([[0], [89, 1000], []]) }
    if rule.verdict == .allow {
      if oneIn(3) {
        rule.limit = pick([
          .connectionsPerSource(4), .rate(count: 1, unit: .hour, burst: 5, perSource: true),
          .rate(count: 9, unit: .second, burst: 5, perSource: false),
        ])
        rule.excessLog = oneIn(2) ? log("over") : nil
      }
      if oneIn(4) {
        let ftp = HelperUse(helper: .ftp, service: .port(.tcp, 21))
        let sip = HelperUse(
          helper: .sip, service: .port(.tcp, 5060).union(.port(.udp, 5060)))
        rule.helpers = pick([[ftp], [sip], [ftp, sip]])
        for use in rule.helpers { rule.service = rule.service.union(use.service) }
      }
    }
    rule.log = oneIn(3) ? log(name) : nil
    rule.counts = oneIn(3)
    rule.expires = oneIn(4) ? date() : nil
    return rule
  }

  private mutating func gate() -> ResolvedSMTPEgress {
    var gate = ResolvedSMTPEgress(keySpan: span(7))
    gate.governsForward = !oneIn(4)
    gate.governsOwn = !oneIn(3)
    gate.clientZones = zones()
    gate.clientNetworks = addresses()
    gate.users = pick([[], [89], [0, 89]])
    gate.relays = oneIn(4) ? ResolvedEndpoint(parts: []) : endpoint(hasInterface: true)
    gate.action = pick([.reject, .deny])
    gate.log = oneIn(2) ? log("gate") : nil
    gate.counts = oneIn(2)
    for index in 0..<number(upTo: 6) {
      var allow = ResolvedSMTPEgress.Allow(
        from: .joining(
          (0..<number(upTo: 2) + 1).map { _ in WrittenAddresses(addresses()) }),
        to: oneIn(2) ? PolicyAnalysisTests.endpoint() : endpoint(hasInterface: true),
        span: span(100 + index))
      allow.expires = oneIn(2) ? date() : nil
      gate.allow.append(allow)
    }
    if oneIn(2) {
      gate.countsPerSubnet = oneIn(2)
      gate.subnetsSpan = span(8)
      for index in 0..<number(upTo: 9) {
        var row = subnet(
          pick([
            "192.0.2.0/24", "192.0.2.0/28", "192.0.2.4/30", "192.0.2.7", "198.51.100.0/25",
            "198.51.100.0/24", "203.0.113.7", "2001:db8::/32", "2001:db8:1::/48", "2001:db8::25",
          ]), pick(SubnetAnswer.allCases), "row-\(index)", span: span(200 + index))
        row.expires = oneIn(2) ? date() : nil
        gate.subnets.append(row)
      }
    }
    return gate
  }

  // MARK: Parts

  /// A part or two with zones of their own; every zone where the side has no interface.
  private mutating func endpoint(hasInterface: Bool) -> ResolvedEndpoint {
    if !hasInterface || oneIn(3) {
      return PolicyAnalysisTests.endpoint(oneIn(2) ? .any : addresses(), zones: all.zones)
    }
    let first = zones()
    let rest = ZoneSet(
      zones: all.zones.filter { !first.contains($0) }, others: !first.others)
    var parts = [ResolvedEndpoint.Part(zones: first, addresses: addresses())]
    if oneIn(2) { parts.append(.init(zones: rest, addresses: addresses())) }
    return ResolvedEndpoint(parts: parts)
  }

  private var all: ZoneSet { ZoneSet(zones: Array(policy.zones.indices), others: true) }

  private mutating func zones() -> ZoneSet {
    var zones: [Int] = []
    for zone in all.zones where oneIn(2) { zones.append(zone) }
    return ZoneSet(zones: zones, others: oneIn(2))
  }

  private mutating func addresses() -> AddressSet {
    if oneIn(8) { return .any }
    var set = AddressSet()
    for _ in 0...number(upTo: 2) {
      set = set.union(
        PolicyAnalysisTests.addresses(
          pick([
            "192.0.2.0/24", "192.0.2.0/28", "192.0.2.7", "198.51.100.0/25", "198.51.100.0/24",
            "203.0.113.7", "2001:db8::/32", "2001:db8:1::/48", "2001:db8::25", "fe80::/10", "::/0",
          ])))
    }
    return oneIn(6) ? set.complement() : set
  }

  private mutating func service() -> ServiceSet {
    var set = ServiceSet()
    for _ in 0...number(upTo: 1) {
      set = set.union(
        pick([
          .any, .port(.tcp, 25), .port(.tcp, 80), .port(.udp, 53),
          ServiceSet(ports: [
            .tcp: IntervalSet([.init(20, 30)]), .udp: IntervalSet([.init(67, 69)]),
          ]),
          ServiceSet(icmp: IntervalSet([.init(8 << 8, 8 << 8 | 255)])),
          ServiceSet(icmpv6: IntervalSet([.init(128 << 8, 128 << 8 | 255)])),
          ServiceSet(protocols: IntervalSet([.init(1, 6), .init(47, 58)])),
        ]))
    }
    return set
  }

  private mutating func date() -> Timestamp { Timestamp(seconds: pick([1, 1000, 2000])) }

  // MARK: Chance

  private mutating func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &generator) == 0 }

  private mutating func number(upTo last: Int) -> Int {
    Int.random(in: 0...last, using: &generator)
  }

  private mutating func pick<Value>(_ choices: [Value]) -> Value {
    choices[Int.random(in: choices.indices, using: &generator)]
  }
}
