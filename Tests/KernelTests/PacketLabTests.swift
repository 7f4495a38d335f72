import Foundation
import NetworkTypes
import PolicyAnalysis
import TestSupport
import Testing

/// The laboratory measures what a ruleset written by hand is known to do.
@Suite(.serialized) struct PacketLabTests {
  private static let wiring = LabWiring(
    interfaces: ["eth0", "bng1", "eth2"], routes: [("198.51.100.0/24", "bng1")])

  private static let ruleset = """
    table inet fwpolicy {
      chain early {
        type filter hook prerouting priority raw; policy accept;
        iifname "bng1" ip saddr 192.0.2.66 drop
      }
      chain input {
        type filter hook input priority filter; policy drop;
        ct state invalid drop
        iifname "lo" accept
        tcp dport 22 accept
        udp dport 53 accept
        icmp type echo-request accept
        icmpv6 type { echo-request, nd-neighbor-solicit } accept
        ip protocol { 47, 50, 58 } accept
        tcp dport 23 reject with tcp reset
        udp dport 69 reject with icmpx admin-prohibited
      }
      chain forward {
        type filter hook forward priority filter; policy drop;
        iifname "bng1" oifname "eth0" accept
        iifname "bng1" oifname "bng1" ip ttl 7 accept
        iifname "eth0" tcp dport 25 reject with tcp reset
        iifname "eth0" oifname "eth2" reject with icmpx admin-prohibited
        fib saddr . iif oif missing drop
        accept
      }
      chain output {
        type filter hook output priority filter; policy accept;
        oifname "eth2" meta skuid 1000 drop
        oifname "bng1" tcp dport 25 meta skuid != 89 reject with tcp reset
        oifname "bng1" udp dport 25 reject with icmpx admin-prohibited
      }
    }
    """

  private static let v4 = ("203.0.113.9", "192.0.2.1")
  private static let v6 = ("2001:db8:9::9", "2001:db8::1")

  private static func packet(
    _ path: Packet.Path, _ input: String?, _ output: String?, _ ipProtocol: IPProtocol,
    _ ends: (String, String) = v4, port: UInt16? = nil, icmp: UInt8? = nil,
    _ change: (inout Packet) -> Void = { _ in }
  ) throws -> Packet {
    let addresses: Packet.Addresses
    if let source = IPv4Address(ends.0), let destination = IPv4Address(ends.1) {
      addresses = .ipv4(source: source, destination: destination)
    } else {
      addresses = .ipv6(
        source: try #require(IPv6Address(ends.0)), destination: try #require(IPv6Address(ends.1)))
    }
    var packet = Packet(
      path: path, inputInterface: input, outputInterface: output, addresses: addresses,
      ipProtocol: ipProtocol)
    packet.sourcePort = port.map { _ in 40000 }
    packet.destinationPort = port
    packet.icmpType = icmp
    packet.icmpCode = icmp.map { _ in 0 }
    change(&packet)
    return packet
  }

  @Test func seesWhatTheRulesetDoes() throws {
    let lab = try PacketLab(Self.wiring)
    try lab.load(Self.ruleset)
    typealias Fate = ObservedVerdict.Fate
    let own4 = "192.0.2.254"
    let own6 = "2001:db8:fe::fe"
    let cases: [(Packet, Fate, Packet.ConntrackState?)] = [
      (try Self.packet(.inbound, "eth0", nil, .tcp, port: 22), .accepted, .new),
      (try Self.packet(.inbound, "eth0", nil, .tcp, Self.v6, port: 22), .accepted, .new),
      (
        try Self.packet(.inbound, "eth0", nil, .tcp, port: 22) { $0.state = .untracked },
        .accepted, .untracked
      ),
      (
        try Self.packet(.inbound, "eth0", nil, .tcp, port: 22) { $0.state = .invalid }, .dropped,
        .invalid
      ),
      (
        try Self.packet(.inbound, "eth2", nil, .udp, port: 53) { $0.state = .invalid }, .dropped,
        .invalid
      ),
      (try Self.packet(.inbound, "bng1", nil, .udp, port: 53), .accepted, .new),
      (try Self.packet(.inbound, "bng1", nil, .udp, Self.v6, port: 53), .accepted, .new),
      (try Self.packet(.inbound, "bng1", nil, .udp, port: 54), .dropped, .new),
      (
        try Self.packet(.inbound, "bng1", nil, .udp, port: 53) {
          $0.isLinkBroadcastOrMulticast = true
        }, .accepted, .new
      ),
      (try Self.packet(.inbound, "eth0", nil, .icmp, icmp: 8), .accepted, .new),
      (try Self.packet(.inbound, "eth0", nil, .icmp, icmp: 0), .dropped, .invalid),
      (try Self.packet(.inbound, "eth0", nil, .icmp, icmp: 3), .dropped, .invalid),
      (try Self.packet(.inbound, "eth0", nil, .icmp, icmp: 13), .dropped, .new),
      (try Self.packet(.inbound, "eth0", nil, .icmpv6, Self.v6, icmp: 128), .accepted, .new),
      (try Self.packet(.inbound, "eth0", nil, .icmpv6, Self.v6, icmp: 2), .dropped, .invalid),
      (
        try Self.packet(.inbound, "eth0", nil, .icmpv6, ("fe80::9", "ff02::1"), icmp: 135) {
          $0.hopLimit = 255
        }, .accepted, .untracked
      ),
      (try Self.packet(.inbound, "eth0", nil, .gre), .accepted, .new),
      (try Self.packet(.inbound, "eth0", nil, .esp), .accepted, .new),
      (try Self.packet(.inbound, "eth0", nil, .icmpv6), .dropped, .invalid),
      (try Self.packet(.inbound, "eth0", nil, .igmp), .dropped, .new),
      (try Self.packet(.inbound, "eth0", nil, .tcp, port: 23), .tcpReset, .new),
      (try Self.packet(.inbound, "bng1", nil, .tcp, Self.v6, port: 23), .tcpReset, .new),
      (
        try Self.packet(.inbound, "eth0", nil, .udp, ("203.0.113.9", own4), port: 69),
        .icmpReject, .new
      ),
      (try Self.packet(.inbound, "bng1", nil, .udp, Self.v6, port: 69), .icmpReject, .new),
      (
        try Self.packet(.inbound, "lo", nil, .tcp, ("127.0.0.1", "127.0.0.1"), port: 99),
        .accepted, .new
      ),
      // Dropped before conntrack.
      (
        try Self.packet(.inbound, "bng1", nil, .tcp, ("192.0.2.66", "192.0.2.1"), port: 22),
        .dropped, nil
      ),
      (
        try Self.packet(.inbound, "eth0", nil, .tcp, ("192.0.2.66", "192.0.2.1"), port: 22),
        .accepted, .new
      ),

      (try Self.packet(.forward, "bng1", "eth0", .tcp, port: 99), .accepted, .new),
      (try Self.packet(.forward, "bng1", "eth0", .gre), .accepted, .new),
      (try Self.packet(.forward, "bng1", "eth0", .tcp, Self.v6, port: 99), .accepted, .new),
      // The hop limit is the one that the hook sees.
      (
        try Self.packet(.forward, "bng1", "bng1", .tcp, ("203.0.113.10", "203.0.113.1"), port: 99) {
          $0.hopLimit = 7
        }, .accepted, .new
      ),
      (try Self.packet(.forward, "eth0", "bng1", .tcp, Self.v6, port: 25), .tcpReset, .new),
      (try Self.packet(.forward, "eth0", "bng1", .tcp, port: 25), .tcpReset, .new),
      (try Self.packet(.forward, "eth0", "eth2", .udp, Self.v6, port: 25), .icmpReject, .new),
      (try Self.packet(.forward, "eth0", "eth2", .udp, port: 25), .icmpReject, .new),
      (try Self.packet(.forward, "eth0", "eth2", .gre, Self.v4), .icmpReject, .new),
      // The reverse path: 198.51.100.0/24 is behind bng1, all else behind eth0.
      (
        try Self.packet(.forward, "bng1", "eth2", .tcp, ("198.51.100.9", "192.0.2.1"), port: 80),
        .accepted, .new
      ),
      (
        try Self.packet(.forward, "eth0", "bng1", .tcp, ("198.51.100.9", "192.0.2.1"), port: 80),
        .dropped, .new
      ),
      (try Self.packet(.forward, "bng1", "eth2", .tcp, port: 80), .dropped, .new),
      (try Self.packet(.forward, "eth0", "bng1", .tcp, port: 80), .accepted, .new),
      (try Self.packet(.forward, "eth2", "bng1", .tcp, Self.v6, port: 80), .dropped, .new),

      (
        try Self.packet(.outbound, nil, "eth2", .tcp, (own4, "192.0.2.1"), port: 80), .accepted,
        .new
      ),
      (
        try Self.packet(.outbound, nil, "eth2", .tcp, (own4, "192.0.2.1"), port: 80) {
          $0.socketUser = 1000
        }, .dropped, .new
      ),
      (
        try Self.packet(.outbound, nil, "eth2", .tcp, (own6, "2001:db8::1"), port: 80) {
          $0.socketUser = 1000
        }, .dropped, .new
      ),
      (
        try Self.packet(.outbound, nil, "bng1", .tcp, (own6, "2001:db8::1"), port: 25) {
          $0.socketUser = 89
        }, .accepted, .new
      ),
      (
        try Self.packet(.outbound, nil, "bng1", .tcp, (own6, "2001:db8::1"), port: 25) {
          $0.socketUser = 88
        }, .tcpReset, .new
      ),
      (
        try Self.packet(.outbound, nil, "bng1", .tcp, (own4, "192.0.2.1"), port: 25), .tcpReset,
        .new
      ),
      (
        try Self.packet(.outbound, nil, "bng1", .udp, (own4, "192.0.2.1"), port: 25), .icmpReject,
        .new
      ),
      (
        try Self.packet(.outbound, nil, "bng1", .udp, (own6, "2001:db8::1"), port: 25),
        .icmpReject, .new
      ),
      (
        try Self.packet(.outbound, nil, "lo", .udp, ("127.0.0.1", "127.0.0.1"), port: 25),
        .accepted, .new
      ),
    ]
    let observed = try lab.verdicts(of: cases.map(\.0))
    for ((packet, fate, state), verdict) in zip(cases, observed) {
      #expect(verdict.fate == fate, "\(packet)")
      #expect(verdict.state == state, "\(packet)")
    }
  }

  @Test func asksTheKernelForReversePaths() throws {
    let lab = try PacketLab(Self.wiring)
    let cases = [
      (try Self.packet(.inbound, "bng1", nil, .tcp, ("198.51.100.9", "192.0.2.1")), true),
      (try Self.packet(.inbound, "eth0", nil, .tcp, ("198.51.100.9", "192.0.2.1")), false),
      (try Self.packet(.inbound, "eth0", nil, .tcp, Self.v6), true),
      (try Self.packet(.inbound, "eth2", nil, .tcp, Self.v6), false),
      // The machine's own address comes in by no cable.
      (try Self.packet(.inbound, "eth0", nil, .tcp, ("192.0.2.254", "192.0.2.1")), false),
      // A host without an address yet, asking its neighbours; anything else from `::` is wrong.
      (try Self.packet(.inbound, "eth2", nil, .icmpv6, ("::", "ff02::1")), true),
      (try Self.packet(.inbound, "eth2", nil, .icmpv6, ("::", "2001:db8::1")), false),
      (try Self.packet(.inbound, "eth2", nil, .tcp, ("::", "ff02::1")), false),
    ]
    let answered = try lab.withReversePaths(cases.map(\.0))
    for ((packet, isRight), answer) in zip(cases, answered) {
      #expect(answer.reversePathIsRight == isRight, "\(packet)")
    }
  }

  @Test func carriesThousandsOfPackets() throws {
    let lab = try PacketLab(Self.wiring)
    try lab.load(Self.ruleset)
    let packets = try (0..<5000).map { index in
      try Self.packet(.forward, "bng1", "eth0", index % 2 == 0 ? .tcp : .udp, port: 80) {
        $0.sourcePort = UInt16(1024 + index)
      }
    }
    let accepted = try lab.verdicts(of: packets).filter { $0.fate == .accepted }
    #expect(accepted.count == packets.count)
  }
}
