import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// Step 6 of the order of decision: the gate for outbound TCP 25.
@Suite struct SMTPGateTests {
  /// A router whose section lets everything through, so that only the gate can stop anything.
  private var edge: ResolvedPolicy {
    var policy = router(
      zone("internet", "eth0", kind: .outside), zone("clients", "bng*", kind: .clients),
      zone("servers", "eth2", kind: .servers))
    for path in [\ResolvedPolicy.inbound, \.outbound] {
      policy[keyPath: path].rules = [rule("all", .allow)]
    }
    policy.forward?.rules = [rule("all", .allow)]
    var gate = ResolvedSMTPEgress(keySpan: span(1))
    gate.governsForward = true
    gate.clientZones = ZoneSet(zones: [1], others: false)
    gate.clientNetworks = addresses("198.51.100.0/24", "2001:db8:b::/48")
    gate.relays = endpoint(addresses("192.0.2.25", "2001:db8:25::25"))
    gate.log = log("gate")
    policy.smtpEgress = gate
    return policy
  }

  private static func allow(
    _ from: String..., to: ResolvedEndpoint = endpoint(), expires: Int64? = nil
  ) -> ResolvedSMTPEgress.Allow {
    var entry = ResolvedSMTPEgress.Allow(
      from: .joining(from.map { written($0) }), to: to, span: nowhere)
    entry.expires = expires.map { Timestamp(seconds: $0) }
    return entry
  }

  @Test(arguments: [
    // (a) by the zone, whatever the source; (b) by the source, whatever the zone.
    (packet(.forward, in: "bng1", from: "203.0.113.9", port: 25), "tcp reset 6 smtp-egress"),
    (packet(.forward, in: "eth2", from: "198.51.100.7", port: 25), "tcp reset 6 smtp-egress"),
    (packet(.forward, in: "eth7", from: "198.51.100.255", port: 25), "tcp reset 6 smtp-egress"),
    (
      packet(.forward, in: "eth2", from: "2001:db8:b:ffff::", to: "2001:db8::1", port: 25),
      "tcp reset 6 smtp-egress"
    ),
    (packet(.forward, in: "eth2", from: "198.51.101.0", port: 25), "accept 7 all"),
    (packet(.forward, in: "eth0", out: "bng1", port: 25), "accept 7 all"),
    // Only TCP 25.
    (packet(.forward, in: "bng1", port: 24), "accept 7 all"),
    (packet(.forward, in: "bng1", port: 26), "accept 7 all"),
    (packet(.forward, in: "bng1", port: 587) { $0.sourcePort = 25 }, "accept 7 all"),
    (packet(.forward, in: "bng1", .udp, port: 25), "accept 7 all"),
    // To this machine and from it: not forward's business.
    (packet(.inbound, in: "bng1", port: 25), "accept 7 all"),
    (packet(.outbound, from: "198.51.100.7", port: 25), "accept 7 all"),
    // In every state but established.
    (packet(.forward, in: "bng1", port: 25) { $0.state = .established }, "accept 3"),
    (packet(.forward, in: "bng1", port: 25) { $0.state = .related }, "tcp reset 6 smtp-egress"),
    (packet(.forward, in: "bng1", port: 25) { $0.state = .untracked }, "tcp reset 6 smtp-egress"),
    (packet(.forward, in: "bng1", port: 25) { $0.state = .invalid }, "drop 5 clients"),
    (packet(.forward, in: "eth2", port: 25) { $0.state = .related }, "accept 3"),
    // The relays.
    (packet(.forward, in: "bng1", to: "192.0.2.25", port: 25), "accept 7 all"),
    (packet(.forward, in: "bng1", to: "192.0.2.24", port: 25), "tcp reset 6 smtp-egress"),
    (packet(.forward, in: "bng1", to: "192.0.2.26", port: 25), "tcp reset 6 smtp-egress"),
  ])
  func forwardedClientsReachOnlyTheRelays(packet: Packet, expected: String) {
    #expect(edge.says(packet) == expected)
  }

  @Test func onlyTakesAwayAndNeverAllows() {
    var policy = edge
    policy.forward?.rules = []
    policy.smtpEgress?.allow = [Self.allow("198.51.100.7")]
    let exempt = packet(.forward, in: "bng1", from: "198.51.100.7", port: 25)
    let decision = PolicyMeaning(of: policy).decide(exempt)
    #expect(decision.verdict == .drop)
    #expect(decision.step == .sectionDefault)
    #expect(decision.gatePass?.kind == .entry)
  }

  @Test func actionDenyDropsAndBothAreLoggedAndCounted() {
    var policy = edge
    policy.smtpEgress?.action = .deny
    var decision = PolicyMeaning(of: policy).decide(packet(.forward, in: "bng1", port: 25))
    #expect(decision.verdict == .drop)
    #expect(decision.log == log("gate"))
    #expect(decision.counter == .smtpEgress)
    #expect(decision.decider?.span == span(1))
    policy.smtpEgress?.counts = false
    decision = PolicyMeaning(of: policy).decide(packet(.forward, in: "bng1", port: 25))
    #expect(decision.counter == nil)
  }

  @Test(
    arguments: [
      // In no entry: the relays only.
      ("198.51.100.200", "203.0.113.1", 0, false), ("198.51.100.200", "192.0.2.25", 0, true),
      // /24 to anywhere, to its edges.
      ("203.0.113.0", "192.0.2.1", 0, true), ("203.0.113.255", "192.0.2.1", 0, true),
      ("203.0.112.255", "192.0.2.1", 0, false), ("203.0.114.0", "192.0.2.1", 0, false),
      // The /28 in it is longer and goes to one place only, or to the relays.
      ("203.0.113.16", "192.0.2.1", 0, false), ("203.0.113.31", "192.0.2.1", 0, false),
      ("203.0.113.16", "192.0.2.99", 0, true), ("203.0.113.31", "192.0.2.25", 0, true),
      ("203.0.113.15", "192.0.2.1", 0, true), ("203.0.113.32", "192.0.2.1", 0, true),
      // The /32 in that is longer still, until it expires; then the /28 decides again.
      ("203.0.113.17", "192.0.2.1", 99, true), ("203.0.113.17", "192.0.2.1", 100, false),
      ("203.0.113.17", "192.0.2.99", 100, true), ("203.0.113.18", "192.0.2.1", 99, false),
    ] as [(String, String, Int64, Bool)])
  func longestLivingPrefixDecides(
    source: String, destination: String, time: Int64, passes: Bool
  ) {
    let entries = [
      Self.allow("203.0.113.16/28", to: endpoint(addresses("192.0.2.99"))),
      Self.allow("203.0.113.0/24"), Self.allow("203.0.113.17", expires: 100),
    ]
    let probe = packet(.forward, in: "bng1", from: source, to: destination, port: 25) {
      $0.time = Timestamp(seconds: time)
    }
    // The order of the entries never matters.
    for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [2, 0, 1]] {
      var policy = edge
      policy.smtpEgress?.allow = order.map { entries[$0] }
      #expect(policy.says(probe) == (passes ? "accept 7 all" : "tcp reset 6 smtp-egress"))
    }
  }

  @Test(
    arguments: [
      // Two /25s are longer than the /24 that they make up, until they expire.
      ("203.0.113.0", 99, true), ("203.0.113.127", 99, true), ("203.0.113.128", 99, true),
      ("203.0.113.255", 99, true), ("203.0.113.127", 100, false), ("203.0.113.128", 100, false),
      // A /28 out of which a /30 is cut: no longer for it, and no prefix at all in the hole.
      ("198.51.100.16", 0, false), ("198.51.100.19", 0, false), ("198.51.100.20", 0, true),
      ("198.51.100.23", 0, true), ("198.51.100.24", 0, true), ("198.51.100.31", 0, true),
      ("198.51.100.28", 0, false), ("198.51.100.29", 0, false), ("198.51.100.32", 0, false),
    ] as [(String, Int64, Bool)])
  func prefixesCountAsTheyAreWritten(source: String, time: Int64, passes: Bool) {
    var cut = Self.allow("198.51.100.16/28")
    cut.from = cut.from.subtracting(addresses("198.51.100.16/30"))
    let relaysOnly = ResolvedEndpoint(parts: [])
    let entries = [
      Self.allow("203.0.113.0/24", to: relaysOnly),
      Self.allow("203.0.113.0/25", "203.0.113.128/25", expires: 100), cut,
      Self.allow("198.51.100.0/27", "198.51.100.28/31", to: relaysOnly),
    ]
    let probe = packet(.forward, in: "bng1", from: source, port: 25) {
      $0.time = Timestamp(seconds: time)
    }
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
      var policy = edge
      policy.smtpEgress?.allow = order.map { entries[$0] }
      #expect(policy.says(probe) == (passes ? "accept 7 all" : "tcp reset 6 smtp-egress"))
    }
  }

  @Test func entryCountsZonesByOutputInterface() {
    var policy = edge
    policy.smtpEgress?.allow = [
      Self.allow("198.51.100.7", to: endpoint(.any, zones: [0], others: false))
    ]
    let source = "198.51.100.7"
    #expect(
      policy.says(packet(.forward, in: "bng1", out: "eth0", from: source, port: 25))
        == "accept 7 all")
    #expect(
      policy.says(packet(.forward, in: "bng1", out: "eth2", from: source, port: 25))
        == "tcp reset 6 smtp-egress")
  }

  // MARK: This machine's own traffic

  private var mx: ResolvedPolicy {
    var policy = host()
    var gate = ResolvedSMTPEgress(keySpan: span(1))
    gate.governsOwn = true
    gate.users = [89, 1000]
    gate.relays = endpoint(addresses("192.0.2.25"))
    policy.smtpEgress = gate
    return policy
  }

  private static func own(
    _ user: UInt32?, to destination: String = "203.0.113.1", from source: String = "192.0.2.7",
    _ state: Packet.ConntrackState = .new
  ) -> Packet {
    packet(.outbound, from: source, to: destination, port: 25) {
      $0.socketUser = user
      $0.state = state
    }
  }

  @Test(arguments: [
    (own(89), "accept 8"), (own(1000), "accept 8"), (own(88), "tcp reset 6 smtp-egress"),
    (own(nil), "tcp reset 6 smtp-egress"), (own(0), "tcp reset 6 smtp-egress"),
    (own(88, to: "192.0.2.25"), "accept 8"), (own(nil, to: "192.0.2.25"), "accept 8"),
    (own(88, .established), "accept 3"), (own(88, .related), "tcp reset 6 smtp-egress"),
    (own(88, .invalid), "tcp reset 6 smtp-egress"),
    (packet(.outbound, port: 587), "accept 8"),
    (packet(.inbound, port: 25), "drop 8"),
  ])
  func onlyTheListedUsersGoAnywhere(packet: Packet, expected: String) {
    #expect(mx.says(packet) == expected)
  }

  @Test func ownTrafficGoesByDestinationWithinTheLongestPrefix() {
    var policy = mx
    policy.smtpEgress?.allow = [
      Self.allow("0.0.0.0/0", to: endpoint(addresses("203.0.113.1"))),
      Self.allow("0.0.0.0/0", to: endpoint(addresses("203.0.113.2"))),
      Self.allow("198.51.100.0/24", to: endpoint(addresses("203.0.113.3"))),
      Self.allow("0.0.0.0/0", to: endpoint(addresses("203.0.113.4")), expires: 0),
    ]
    func says(_ destination: String, _ source: String = "192.0.2.7") -> String {
      policy.says(Self.own(88, to: destination, from: source))
    }
    // Equal prefixes: each where it leads.
    #expect(says("203.0.113.1") == "accept 8")
    #expect(says("203.0.113.2") == "accept 8")
    #expect(says("203.0.113.3") == "tcp reset 6 smtp-egress")
    #expect(says("203.0.113.4") == "tcp reset 6 smtp-egress")
    // A longer one for another of the machine's addresses.
    #expect(says("203.0.113.3", "198.51.100.1") == "accept 8")
    #expect(says("203.0.113.1", "198.51.100.1") == "tcp reset 6 smtp-egress")
  }

  @Test func anotherPathIsNotGovernedUnlessAsked() {
    #expect(edge.says(Self.own(88)) == "accept 7 all")
    var policy = edge
    policy.smtpEgress?.governsForward = false
    #expect(policy.says(packet(.forward, in: "bng1", port: 25)) == "accept 7 all")
  }
}
