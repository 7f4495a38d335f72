import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// Steps 7 and 8 of the order of decision: the section's rules, and its default.
@Suite struct SectionTests {
  private static let ssh = ServiceSet.port(.tcp, 22)

  /// What an inbound section of these rules says.
  private func inbound(_ rules: ResolvedRule..., to packet: Packet) -> String {
    var policy = host()
    policy.inbound.rules = rules
    return policy.says(packet)
  }

  @Test func firstMatchWins() {
    let rules = [
      rule("not-this-one", .deny, from: endpoint(addresses("203.0.113.9"))),
      rule("ssh", .allow, Self.ssh), rule("rest", .reject),
    ]
    func says(_ packet: Packet) -> String {
      inbound(rules[0], rules[1], rules[2], to: packet)
    }
    #expect(says(packet(.inbound, from: "203.0.113.9", port: 22)) == "drop 7 not-this-one")
    #expect(says(packet(.inbound, from: "203.0.113.8", port: 22)) == "accept 7 ssh")
    #expect(says(packet(.inbound, from: "203.0.113.8", port: 23)) == "tcp reset 7 rest")
  }

  @Test(arguments: [
    (packet(.inbound, .tcp), "tcp reset"), (packet(.inbound, .udp), "icmp reject"),
    (packet(.inbound, .icmp, icmp: 8), "icmp reject"), (packet(.inbound, .gre), "icmp reject"),
    (packet(.inbound, .sctp), "icmp reject"),
    (packet(.inbound, .tcp, from: "2001:db8::1", to: "2001:db8::2"), "tcp reset"),
  ])
  func rejectAnswersInTheProtocol(packet: Packet, expected: String) {
    #expect(inbound(rule("no", .reject), to: packet) == "\(expected) 7 no")
  }

  @Test(arguments: [
    // A port of one protocol, a whole protocol, a type of each ICMP; and their neighbours.
    (packet(.inbound, .tcp, port: 22), true), (packet(.inbound, .tcp, port: 21), false),
    (packet(.inbound, .tcp, port: 23), false), (packet(.inbound, .udp, port: 22), false),
    (packet(.inbound, .tcp, port: 80) { $0.sourcePort = 22 }, false),
    (packet(.inbound, .gre), true), (packet(.inbound, .esp), false),
    (packet(.inbound, .icmp, icmp: 8), true), (packet(.inbound, .icmp, icmp: 0), false),
    (packet(.inbound, .icmp, icmp: 8) { $0.icmpCode = 1 }, false),
    (packet(.inbound, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: 128), true),
    (packet(.inbound, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: 129), false),
    // One family's ICMP is not the other's.
    (packet(.inbound, .icmp, from: "2001:db8::1", to: "2001:db8::2"), false),
    (packet(.inbound, .icmpv6), false),
  ])
  func serviceIsTheDestination(packet: Packet, matches: Bool) {
    let service = ServiceSet(
      protocols: IntervalSet(IPProtocol.gre.number), ports: [.tcp: IntervalSet(22)],
      icmp: IntervalSet(8 << 8), icmpv6: IntervalSet(128 << 8))
    #expect(inbound(rule("r", .allow, service), to: packet) == (matches ? "accept 7 r" : "drop 8"))
  }

  @Test func endpointIsZoneAndAddressTogether() {
    var policy = router(zone("internet", "eth0"), zone("clients", "bng*"))
    policy.forward?.rules = [
      rule(
        "out", .allow,
        from: ResolvedEndpoint(parts: [
          .init(
            zones: ZoneSet(zones: [1], others: false), addresses: addresses("198.51.100.0/24")),
          .init(zones: ZoneSet(zones: [], others: true), addresses: addresses("2001:db8::/32")),
        ]),
        to: endpoint(addresses("192.0.2.0/24", "2001:db8::/32"), zones: [0], others: false))
    ]
    let client = "198.51.100.7"
    func says(_ input: String, _ output: String, _ source: String, _ destination: String) -> String
    {
      policy.says(packet(.forward, in: input, out: output, from: source, to: destination))
    }
    #expect(says("bng1", "eth0", client, "192.0.2.1") == "accept 7 out")
    #expect(says("eth0", "eth0", client, "192.0.2.1") == "drop 8")
    #expect(says("bng1", "bng1", client, "192.0.2.1") == "drop 8")
    #expect(says("bng1", "eth9", client, "192.0.2.1") == "drop 8")
    #expect(says("bng1", "eth0", "198.51.101.7", "192.0.2.1") == "drop 8")
    #expect(says("bng1", "eth0", client, "192.0.3.1") == "drop 8")
    #expect(says("eth9", "eth0", "2001:db8::1", "2001:db8::2") == "accept 7 out")
    #expect(says("bng1", "eth0", "2001:db8::1", "2001:db8::2") == "drop 8")
  }

  @Test func ruleWithoutAnEndpointThatCanHoldMatchesNothing() {
    let nobody = rule("none", .allow, from: ResolvedEndpoint(parts: []))
    #expect(inbound(nobody, to: packet(.inbound)) == "drop 8")
  }

  @Test(arguments: [
    (UInt32(1000), true), (UInt32(999), false), (UInt32(0), false), (nil, false),
  ])
  func userRuleNeedsASocketOfTheUser(user: UInt32?, matches: Bool) {
    var policy = host()
    policy.outboundDefault = .deny
    policy.outbound.rules = [rule("mine", .allow) { $0.users = [1000] }]
    let sent = packet(.outbound) { $0.socketUser = user }
    #expect(policy.says(sent) == (matches ? "accept 7 mine" : "drop 8"))
  }

  @Test func expiredRuleNoLongerMatches() {
    let expiring = rule("old", .allow) { $0.expires = Timestamp(seconds: 1000) }
    let before = packet(.inbound) { $0.time = Timestamp(seconds: 999) }
    let after = packet(.inbound) { $0.time = Timestamp(seconds: 1000) }
    #expect(inbound(expiring, to: before) == "accept 7 old")
    #expect(inbound(expiring, to: after) == "drop 8")
    #expect(inbound(expiring, rule("next", .allow), to: after) == "accept 7 next")
  }

  @Test func excessIsDeniedThereAndNoLaterRuleIsTried() {
    let limited = rule("ssh", .allow, Self.ssh) {
      $0.limit = .rate(count: 10, unit: .minute, burst: 5, perSource: true)
      $0.log = log("pass")
      $0.excessLog = log("excess")
    }
    var policy = host()
    policy.inbound.rules = [limited, rule("all", .allow)]
    func decide(_ port: UInt16, over: Bool, _ state: Packet.ConntrackState = .new) -> Decision {
      PolicyMeaning(of: policy).decide(
        packet(.inbound, port: port) {
          $0.limitExceeded = over
          $0.state = state
        })
    }
    #expect(decide(22, over: false).verdict == .accept)
    #expect(decide(22, over: false).log == log("pass"))
    let excess = decide(22, over: true)
    #expect(excess.verdict == .drop)
    #expect(excess.decider?.name == "ssh")
    #expect(excess.log == log("excess"))
    #expect(excess.counter == .limitExcess(rule: "ssh"))
    #expect(decide(22, over: true, .untracked).verdict == .drop)
    // The limit is of new connections, and of this rule.
    #expect(decide(22, over: true, .established).verdict == .accept)
    #expect(decide(23, over: true).decider?.name == "all")
    policy.invalid = .continue
    #expect(decide(22, over: true, .invalid).verdict == .accept)
  }

  @Test func publishedMatchesThePortThatWasDialled() {
    var policy = host()
    policy.forward = ResolvedSection(rules: [
      rule("closed", .deny) { $0.published = .port(.tcp, 8080) }
    ])
    func dialled(_ original: UInt16?, inside: UInt16) -> Packet {
      packet(.forward, port: inside) { $0.originalDestinationPort = original }
    }
    #expect(policy.says(dialled(8080, inside: 80)) == "drop 7 closed")
    #expect(policy.says(dialled(80, inside: 8080)) == "accept 8")
    // Dialled straight at the container, and routed: conntrack's original port is the one seen.
    #expect(policy.says(dialled(8080, inside: 8080)) == "drop 7 closed")
    #expect(policy.says(dialled(80, inside: 80)) == "accept 8")
    // Not tracked: what was dialled is what is seen.
    #expect(policy.says(dialled(nil, inside: 8080)) == "drop 7 closed")
  }

  @Test func ruleLogsCountsAndAttachesItsHelper() {
    var policy = host()
    policy.inbound.rules = [
      rule("ftp", .allow, ServiceSet(ports: [.tcp: IntervalSet([.init(20, 22)])])) {
        $0.helpers = [HelperUse(helper: .ftp, service: .port(.tcp, 21))]
        $0.log = log("ftp")
        $0.counts = true
      },
      rule("no", .deny, .port(.tcp, 23)) { $0.counts = true },
    ]
    func decide(_ port: UInt16) -> Decision {
      PolicyMeaning(of: policy).decide(packet(.inbound, port: port))
    }
    #expect(decide(21).helper == .init(.ftp, over: .tcp))
    #expect(decide(21).log == log("ftp"))
    #expect(decide(21).counter == .rule("ftp"))
    #expect(decide(22).helper == nil)
    #expect(decide(23).counter == .rule("no"))
    #expect(decide(23).log == nil)
  }

  @Test(arguments: [
    (Role.host, Packet.Path.inbound, "drop 8"), (.router, .inbound, "drop 8"),
    (.host, .outbound, "accept 8"), (.router, .outbound, "accept 8"),
    // A host has no say over forwarded traffic at all; a router denies it.
    (.host, .forward, "accept 0"), (.router, .forward, "drop 8"),
  ])
  func defaultIsOfTheRoleAndThePath(role: Role, path: Packet.Path, expected: String) {
    let policy = ResolvedPolicy(name: "p", role: role, nameSpan: nowhere)
    #expect(policy.says(packet(path)) == expected)
  }

  @Test func hostWithoutContainersLeavesForwardedTrafficAloneAtEveryStep() {
    var policy = host()
    policy.zones = [
      zone("lan", "eth0", networks: addresses("192.0.2.0/24"), antiSpoofing: [.networks])
    ]
    #expect(policy.says(packet(.forward)) == "accept 0")
    #expect(policy.says(packet(.forward) { $0.state = .invalid }) == "accept 0")
    policy.forward = ResolvedSection()
    #expect(policy.says(packet(.forward)) == "drop 2 lan")
    #expect(
      policy.says(packet(.forward, from: "192.0.2.7") { $0.state = .invalid }) == "drop 5 lan")
    #expect(policy.says(packet(.forward, from: "192.0.2.7")) == "accept 8")
  }

  @Test func defaultDenyIsCountedAndLoggedButForBroadcastInbound() {
    var policy = router()
    policy.outboundDefault = .deny
    policy.inbound.defaultLog = log("in")
    policy.forward?.defaultLog = log("fwd")
    policy.outbound.defaultLog = log("out")
    func decide(_ path: Packet.Path, broadcast: Bool) -> Decision {
      PolicyMeaning(of: policy).decide(packet(path) { $0.isLinkBroadcastOrMulticast = broadcast })
    }
    #expect(decide(.inbound, broadcast: false).log == log("in"))
    #expect(decide(.inbound, broadcast: true).log == nil)
    #expect(decide(.inbound, broadcast: true).counter == .sectionDefault(.inbound))
    #expect(decide(.forward, broadcast: true).log == log("fwd"))
    #expect(decide(.outbound, broadcast: true).log == log("out"))
    policy.outboundDefault = .allow
    #expect(decide(.outbound, broadcast: false).log == nil)
    #expect(decide(.outbound, broadcast: false).counter == .sectionDefault(.outbound))
  }
}
