import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// Steps 1 to 5 of the order of decision: those that are the same on every machine.
@Suite struct FixedStepsTests {
  /// A router that denies all it can deny.
  private var strict: ResolvedPolicy {
    var policy = router(
      zone("internet", "eth0", kind: .outside, antiSpoofing: [.networks]),
      zone(
        "clients", "bng*", kind: .clients, networks: addresses("198.51.100.0/24"),
        antiSpoofing: [.networks]),
      zone("servers", "eth2", kind: .servers, antiSpoofing: [.reversePath]),
      zone(
        "exact", "bng9", kind: .tunnel, networks: addresses("2001:db8:b::/48"),
        invalid: .continue, antiSpoofing: [.networks]))
    policy.outboundDefault = .deny
    for path in [\ResolvedPolicy.inbound, \.outbound] {
      policy[keyPath: path].rules = [rule("deny-all", .deny)]
    }
    policy.forward?.rules = [rule("deny-all", .deny)]
    policy.antiSpoofingLog = log("spoof")
    return policy
  }

  @Test(arguments: [
    // Step 1: by the interface, whatever else.
    (packet(.inbound, in: "lo"), "accept 1"),
    (packet(.outbound, out: "lo"), "accept 1"),
    (packet(.inbound, in: "lo") { $0.state = .invalid }, "accept 1"),
    (packet(.inbound, in: "lo0"), "drop 7 deny-all"),
    (packet(.inbound, in: "eth0", from: "127.0.0.1"), "drop 7 deny-all"),
  ])
  func loopbackIsAcceptedByItsInterface(packet: Packet, expected: String) {
    #expect(strict.says(packet) == expected)
  }

  @Test(arguments: [
    // Clients: outside the zone's networks.
    (packet(.forward, in: "bng1", from: "198.51.100.0"), "drop 7 deny-all"),
    (packet(.forward, in: "bng1", from: "198.51.100.255"), "drop 7 deny-all"),
    (packet(.forward, in: "bng1", from: "198.51.99.255"), "drop 2 clients"),
    (packet(.forward, in: "bng1", from: "198.51.101.0"), "drop 2 clients"),
    (packet(.inbound, in: "bng1", from: "198.51.101.0"), "drop 2 clients"),
    // Established does not excuse a spoofed source.
    (packet(.inbound, in: "bng1") { $0.state = .established }, "drop 2 clients"),
    // A family of which it lists no prefix: by reverse path.
    (packet(.forward, in: "bng1", from: "2001:db8::1", to: "2001:db8::2"), "drop 7 deny-all"),
    (
      packet(.forward, in: "bng1", from: "2001:db8::1", to: "2001:db8::2") {
        $0.reversePathIsRight = false
      }, "drop 2 clients"
    ),
    // A listed family is not asked for its reverse path.
    (
      packet(.forward, in: "bng1", from: "198.51.100.7") { $0.reversePathIsRight = false },
      "drop 7 deny-all"
    ),
    // The most exact pattern owns the interface: bng9 is not of the clients.
    (packet(.forward, in: "bng9", from: "2001:db8:b::1", to: "2001:db8::2"), "drop 7 deny-all"),
    (packet(.forward, in: "bng9", from: "2001:db8:c::1", to: "2001:db8::2"), "drop 2 exact"),
    (packet(.forward, in: "bng9", from: "203.0.113.1"), "drop 7 deny-all"),
    // Outside: what lives behind another zone.
    (packet(.forward, in: "eth0", from: "198.51.100.7"), "drop 2 internet"),
    (packet(.forward, in: "eth0", from: "2001:db8:b::7", to: "2001:db8::2"), "drop 2 internet"),
    (packet(.forward, in: "eth0", from: "203.0.113.1"), "drop 7 deny-all"),
    (
      packet(.forward, in: "eth0", from: "203.0.113.1") { $0.reversePathIsRight = false },
      "drop 7 deny-all"
    ),
    // Reverse path.
    (packet(.forward, in: "eth2", from: "198.51.100.7"), "drop 7 deny-all"),
    (
      packet(.forward, in: "eth2", from: "198.51.100.7") { $0.reversePathIsRight = false },
      "drop 2 servers"
    ),
    // No zone, no check; and what goes out has no input interface.
    (
      packet(.forward, in: "eth7", from: "198.51.100.7") { $0.reversePathIsRight = false },
      "drop 7 deny-all"
    ),
    (packet(.outbound, out: "bng1", from: "203.0.113.1"), "drop 7 deny-all"),
  ])
  func antiSpoofingDropsASourceThatDoesNotBelong(packet: Packet, expected: String) {
    #expect(strict.says(packet) == expected)
  }

  @Test(arguments: [
    // DHCP and IGMP from 0.0.0.0.
    (
      packet(.inbound, in: "bng1", .udp, from: "0.0.0.0", to: "255.255.255.255", port: 67) {
        $0.sourcePort = 68
      }, "drop 7 deny-all"
    ),
    (
      packet(.inbound, in: "bng1", .udp, from: "0.0.0.0", to: "255.255.255.255", port: 67),
      "drop 2 clients"
    ),
    (
      packet(.inbound, in: "bng1", .udp, from: "0.0.0.1", to: "255.255.255.255", port: 67) {
        $0.sourcePort = 68
      }, "drop 2 clients"
    ),
    (packet(.inbound, in: "bng1", .igmp, from: "0.0.0.0", to: "224.0.0.22"), "drop 7 deny-all"),
    (packet(.inbound, in: "bng1", .igmp, from: "203.0.113.1", to: "224.0.0.22"), "drop 2 clients"),
    // Neighbour discovery and MLD from ::.
    (
      packet(.inbound, in: "bng9", .icmpv6, from: "::", to: "ff02::1", icmp: 135) {
        $0.hopLimit = 255
      }, "accept 4"
    ),
    (
      packet(.inbound, in: "bng9", .icmpv6, from: "::", to: "ff02::1", icmp: 135) {
        $0.hopLimit = 254
      }, "drop 2 exact"
    ),
    (
      packet(.inbound, in: "bng9", .icmpv6, from: "::", to: "ff02::16", icmp: 143),
      "drop 7 deny-all"
    ),
    (packet(.inbound, in: "bng9", .icmpv6, from: "::", to: "ff02::1", icmp: 128), "drop 2 exact"),
    // fe80::/10, to its edges.
    (packet(.inbound, in: "bng9", .udp, from: "fe80::", to: "ff02::2"), "drop 7 deny-all"),
    (packet(.inbound, in: "bng9", .udp, from: "febf:ffff::1", to: "ff02::2"), "drop 7 deny-all"),
    (packet(.inbound, in: "bng9", .udp, from: "fec0::1", to: "ff02::2"), "drop 2 exact"),
    (packet(.inbound, in: "bng9", .udp, from: "fe7f:ffff::1", to: "ff02::2"), "drop 2 exact"),
  ])
  func antiSpoofingExemptsWhatHasNoAddressYet(packet: Packet, expected: String) {
    #expect(strict.says(packet) == expected)
  }

  @Test func outsideZoneThatListsNetworksChecksBoth() {
    var policy = router(
      zone(
        "peer", "eth0", kind: .outside, networks: addresses("203.0.113.0/24", "198.51.100.0/24"),
        antiSpoofing: [.networks]),
      zone("clients", "bng1", networks: addresses("198.51.100.0/25")))
    policy.forward?.rules = [rule("all", .allow)]
    #expect(policy.says(packet(.forward, from: "203.0.113.1")) == "accept 7 all")
    #expect(policy.says(packet(.forward, from: "198.51.100.128")) == "accept 7 all")
    #expect(policy.says(packet(.forward, from: "198.51.100.127")) == "drop 2 peer")
    #expect(policy.says(packet(.forward, from: "192.0.2.9")) == "drop 2 peer")
  }

  @Test func spoofedPacketIsLoggedAndCountedByItsZone() {
    let decision = PolicyMeaning(of: strict).decide(packet(.inbound, in: "bng1"))
    #expect(decision.log == log("spoof"))
    #expect(decision.counter == .antiSpoofing(zone: "clients"))
  }

  @Test(arguments: [Packet.Path.inbound, .forward, .outbound])
  func establishedAndRelatedAreAcceptedOnEveryPath(path: Packet.Path) {
    #expect(strict.says(packet(path) { $0.state = .established }) == "accept 3")
    #expect(strict.says(packet(path) { $0.state = .related }) == "accept 3")
    #expect(strict.says(packet(path) { $0.state = .new }) == "drop 7 deny-all")
    #expect(strict.says(packet(path) { $0.state = .untracked }) == "drop 7 deny-all")
  }

  @Test(arguments: Packet.Path.allCases, Packet.ConntrackState.allCases)
  func icmpErrorsPassInAnyState(path: Packet.Path, state: Packet.ConntrackState) {
    for type: UInt8 in [3, 11, 12] {
      let verdict = strict.says(packet(path, .icmp, icmp: type) { $0.state = state })
      #expect(verdict.hasPrefix("accept"), "ICMP \(type)")
    }
    for type: UInt8 in [1, 2, 3, 4] {
      let verdict = strict.says(
        packet(path, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: type) {
          $0.state = state
        })
      #expect(verdict.hasPrefix("accept"), "ICMPv6 \(type)")
    }
  }

  @Test(arguments: [
    // Not essential: redirect, echo, timestamp; and the other family's numbers.
    packet(.inbound, .icmp, icmp: 5), packet(.inbound, .icmp, icmp: 8),
    packet(.inbound, .icmp, icmp: 13), packet(.inbound, .icmp, icmp: 4),
    packet(.inbound, .icmp, icmp: 135) { $0.hopLimit = 255 },
    packet(.inbound, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: 5),
    packet(.inbound, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: 128),
    packet(.inbound, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: 11),
    // Protocol 58 over IPv4 is nothing.
    packet(.inbound, .icmpv6, icmp: nil),
    // Discovery from afar, from beside its range, through this machine.
    packet(.inbound, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: 135) {
      $0.hopLimit = 254
    },
    packet(.inbound, .icmpv6, from: "fe80::1", to: "2001:db8::2", icmp: 137) {
      $0.hopLimit = 255
    },
    packet(.forward, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: 135) {
      $0.hopLimit = 255
    },
    // MLD from an address that is not link-local, and through this machine.
    packet(.inbound, .icmpv6, from: "2001:db8::1", to: "ff02::16", icmp: 143),
    packet(.inbound, .icmpv6, from: "fe80::1", to: "ff02::16", icmp: 129),
    packet(.forward, .icmpv6, from: "fe80::1", to: "ff02::16", icmp: 143),
  ])
  func otherICMPIsAnOrdinaryService(packet: Packet) {
    #expect(strict.says(packet) == "drop 7 deny-all")
  }

  @Test(arguments: [Packet.Path.inbound, .outbound])
  func discoveryAndMLDPassToAndFromThisMachine(path: Packet.Path) {
    for type: UInt8 in 133...136 {
      for state in [Packet.ConntrackState.new, .untracked, .invalid] {
        let discovery = packet(
          path, .icmpv6, from: "2001:db8::1", to: "2001:db8::2", icmp: type
        ) {
          $0.hopLimit = 255
          $0.state = state
        }
        #expect(strict.says(discovery) == "accept 4")
      }
    }
    for type: UInt8 in [130, 131, 132, 143] {
      let report = packet(path, .icmpv6, from: "fe80::1", to: "ff02::16", icmp: type) {
        $0.hopLimit = 1
        $0.state = .untracked
      }
      #expect(strict.says(report) == "accept 4")
    }
  }

  @Test func invalidIsDroppedInboundAndForwardCountedOnly() {
    for path in [Packet.Path.inbound, .forward] {
      #expect(strict.says(packet(path, in: "eth7") { $0.state = .invalid }) == "drop 5")
      #expect(strict.says(packet(path, in: "eth0") { $0.state = .invalid }) == "drop 5 internet")
    }
    let decision = PolicyMeaning(of: strict).decide(packet(.inbound) { $0.state = .invalid })
    #expect(decision.counter == .invalid(.inbound))
    #expect(decision.log == nil)
  }

  @Test func invalidGoesOnOutboundAndWhereThePolicySaysSo() {
    #expect(strict.says(packet(.outbound) { $0.state = .invalid }) == "drop 7 deny-all")
    // By the zone, against the default.
    let fromExact = packet(.forward, in: "bng9", from: "203.0.113.9") { $0.state = .invalid }
    #expect(strict.says(fromExact) == "drop 7 deny-all")
    // By the default, for the interfaces of no zone.
    var lax = strict
    lax.invalid = .continue
    #expect(lax.says(packet(.forward, in: "eth7") { $0.state = .invalid }) == "drop 7 deny-all")
    #expect(lax.says(packet(.forward, in: "eth0") { $0.state = .invalid }) == "drop 5 internet")
  }
}
