import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// The rows of the gate's inventory, with `allow` in one longest-prefix table.
@Suite struct SMTPGateSubnetsTests {
  /// A router whose section lets everything through; `pool` holds `business`, which holds others.
  private func edge(_ rows: [Subnet], counts: Bool = false) -> ResolvedPolicy {
    var policy = router(
      zone("internet", "eth0", kind: .outside), zone("clients", "bng*", kind: .clients))
    policy.forward?.rules = [rule("all", .allow)]
    policy.outbound.rules = [rule("all", .allow)]
    var gate = ResolvedSMTPEgress(keySpan: span(1))
    gate.governsForward = true
    gate.governsOwn = true
    gate.clientZones = ZoneSet(zones: [1], others: false)
    gate.clientNetworks = rows.addresses
    gate.relays = endpoint(addresses("192.0.2.25", "2001:db8:25::25"))
    gate.subnets = rows
    gate.subnetsSpan = span(2)
    gate.countsPerSubnet = counts
    policy.smtpEgress = gate
    return policy
  }

  private static let rows = [
    subnet("198.51.100.0/24", .relaysOnly, "pool", span: span(10)),
    subnet("198.51.100.16/28", .allowed, "business", span: span(11)),
    subnet("198.51.100.20", .blocked, "infected", span: span(12)),
    subnet("198.51.100.128/25", .blocked, "shut", span: span(13)),
    subnet("198.51.100.130", .allowed, "trial", expires: 100, span: span(14)),
    subnet("2001:db8:b::/48", .relaysOnly, "pool", span: span(15)),
    subnet("2001:db8:b:7::/64", .allowed, "business", span: span(16)),
  ]

  @Test(
    arguments: [
      // In no row: the relays only, decided by the gate.
      ("203.0.113.9", "203.0.113.1", 0, "tcp reset 6 smtp-egress"),
      ("203.0.113.9", "192.0.2.25", 0, "accept 7 all"),
      ("198.51.100.0", "203.0.113.1", 0, "tcp reset 6 pool"),
      ("198.51.100.0", "192.0.2.25", 0, "accept 7 all"),
      // Allowed: anywhere, to its edges.
      ("198.51.100.16", "203.0.113.1", 0, "accept 7 all"),
      ("198.51.100.31", "203.0.113.1", 0, "accept 7 all"),
      ("198.51.100.15", "203.0.113.1", 0, "tcp reset 6 pool"),
      ("198.51.100.32", "203.0.113.1", 0, "tcp reset 6 pool"),
      // Blocked inside it: not even the relays.
      ("198.51.100.20", "203.0.113.1", 0, "tcp reset 6 infected"),
      ("198.51.100.20", "192.0.2.25", 0, "tcp reset 6 infected"),
      ("198.51.100.19", "203.0.113.1", 0, "accept 7 all"),
      ("198.51.100.21", "203.0.113.1", 0, "accept 7 all"),
      ("198.51.100.128", "192.0.2.25", 0, "tcp reset 6 shut"),
      ("198.51.100.255", "192.0.2.25", 0, "tcp reset 6 shut"),
      ("198.51.100.127", "192.0.2.25", 0, "accept 7 all"),
      // Until it expires; then the next longest that lives.
      ("198.51.100.130", "203.0.113.1", 99, "accept 7 all"),
      ("198.51.100.130", "203.0.113.1", 100, "tcp reset 6 shut"),
      ("2001:db8:b::1", "2001:db8:25::25", 0, "accept 7 all"),
      ("2001:db8:b::1", "2001:db8:77::1", 0, "tcp reset 6 pool"),
      ("2001:db8:b:7::1", "2001:db8:77::1", 0, "accept 7 all"),
      ("2001:db8:c::1", "2001:db8:77::1", 0, "tcp reset 6 smtp-egress"),
    ] as [(String, String, Int64, String)])
  func theLongestLivingRowDecides(
    source: String, destination: String, time: Int64, expected: String
  ) {
    let probe = packet(.forward, in: "bng1", from: source, to: destination, port: 25) {
      $0.time = Timestamp(seconds: time)
    }
    // The order of the rows never matters.
    for rows in [Self.rows, Self.rows.reversed()] {
      #expect(edge(rows).says(probe) == expected)
    }
  }

  @Test func aRowAndAnExceptionAreOfOneTable() {
    var policy = edge([subnet("198.51.100.16/28", .blocked)])
    func says(_ source: String) -> String {
      policy.says(packet(.forward, in: "bng1", from: source, port: 25))
    }
    func allow(_ prefix: String) -> ResolvedSMTPEgress.Allow {
      .init(from: written(prefix), to: endpoint(), span: nowhere)
    }
    policy.smtpEgress?.allow = [allow("198.51.100.0/24")]
    #expect(says("198.51.100.15") == "accept 7 all")
    #expect(says("198.51.100.16") == "tcp reset 6 acme")
    policy.smtpEgress?.allow = [allow("198.51.100.17")]
    #expect(says("198.51.100.16") == "tcp reset 6 acme")
    #expect(says("198.51.100.17") == "accept 7 all")
  }

  @Test func aRowNamesItselfWhereItLetsPass() {
    let decision = PolicyMeaning(of: edge(Self.rows)).decide(
      packet(.forward, in: "bng1", from: "198.51.100.17", port: 25))
    #expect(decision.gatePass == Decision.Decider(.subnet, "business", span(11)))
  }

  /// Rows are clients': an address of this machine that lies in one gains and loses nothing.
  @Test func ownTrafficIsNobodysSubnet() {
    func own(_ source: String, _ destination: String) -> Packet {
      packet(.outbound, from: source, to: destination, port: 25)
    }
    let policy = edge(Self.rows, counts: true)
    #expect(policy.says(own("198.51.100.17", "203.0.113.1")) == "tcp reset 6 smtp-egress")
    #expect(policy.says(own("198.51.100.20", "192.0.2.25")) == "accept 7 all")
    let decision = PolicyMeaning(of: policy).decide(own("198.51.100.17", "203.0.113.1"))
    #expect(decision.subnetCounter == nil)
  }

  @Test(
    arguments: [
      ("198.51.100.1", AddressFamily.ipv4), ("198.51.100.20", .ipv4), ("203.0.113.9", nil),
      ("198.51.100.130", .ipv4), ("2001:db8:b::1", .ipv6), ("2001:db8:c::1", nil),
    ] as [(String, AddressFamily?)])
  func whatIsStoppedCountsForTheRowOfItsSource(_ source: String, _ family: AddressFamily?) {
    let probe = packet(
      .forward, in: "bng1", from: source,
      to: source.contains(":") ? "2001:db8:77::1" : "203.0.113.1",
      port: 25
    ) { $0.time = Timestamp(seconds: 1000) }
    #expect(PolicyMeaning(of: edge(Self.rows, counts: true)).decide(probe).subnetCounter == family)
    #expect(PolicyMeaning(of: edge(Self.rows)).decide(probe).subnetCounter == nil)
  }
}
