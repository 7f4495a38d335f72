import NetworkTypes
import TestSupport
import Testing

/// The laboratory's clients and servers see what a ruleset written by hand is known to do.
@Suite(.serialized) struct RealConnectionsTests {
  private static let wiring = LabWiring(
    interfaces: ["eth0", "bng1"],
    routes: [("198.51.100.0/24", "bng1"), ("2001:db8:b::/48", "bng1")])

  private static let ruleset = """
    table inet fwpolicy {
      chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iifname "lo" accept
        tcp dport { 22, 80 } accept
        udp dport 53 accept
        icmp type echo-request accept
        icmpv6 type echo-request accept
        tcp dport 23 reject with tcp reset
        udp dport 69 reject with icmpx admin-prohibited
        log prefix "denied: " group 5
      }
      chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established accept
        iifname "bng1" oifname "eth0" tcp dport 587 accept
        iifname "bng1" oifname "eth0" tcp dport 25 reject with tcp reset
        iifname "bng1" oifname "eth0" udp dport 53 accept
      }
      chain output {
        type filter hook output priority filter; policy accept;
        tcp dport 25 meta skuid != 89 reject with tcp reset
        tcp dport 26 drop
      }
    }
    """

  private static let families: [(AddressFamily, own: String, client: String, remote: String)] = [
    (.ipv4, "192.0.2.254", "198.51.100.7", "203.0.113.1"),
    (.ipv6, "2001:db8:fe::fe", "2001:db8:b::7", "2001:db8:9::1"),
  ]

  private func lab() throws -> PacketLab {
    let lab = try PacketLab(Self.wiring)
    try lab.load(Self.ruleset)
    return lab
  }

  @Test(arguments: families)
  func worldReachesTheMachine(
    family: AddressFamily, own: String, client: String, remote: String
  ) throws {
    let lab = try lab()
    let client = LabEnd.world(client, by: "bng1")
    let server = try lab.serveTCP(at: .machine(), port: 22, family: family)
    #expect(try lab.connect(from: client, to: own, port: 22, server: server) == .answered)
    #expect(try lab.connect(from: client, to: own, port: 80, server: nil) == .refused)
    #expect(try lab.connect(from: client, to: own, port: 81, server: nil) == .silence)
    #expect(try lab.connect(from: client, to: own, port: 23, server: nil) == .refused)
    let names = try lab.serveUDP(at: .machine(), port: 53, family: family)
    #expect(try lab.exchangeUDP(from: client, to: own, port: 53, server: names) == .answered)
    #expect(try lab.exchangeUDP(from: client, to: own, port: 54, server: nil) == .silence)
    #expect(try lab.exchangeUDP(from: client, to: own, port: 69, server: nil) == .unreachable)
    #expect(try lab.ping(from: client, to: own) == .answered)
  }

  @Test(arguments: families)
  func worldReachesTheWorldThroughTheMachine(
    family: AddressFamily, own: String, client: String, remote: String
  ) throws {
    let lab = try lab()
    let client = LabEnd.world(client, by: "bng1")
    let outside = LabEnd.world(remote, by: "eth0")
    for (port, expected) in [(UInt16(587), LabOutcome.answered), (25, .refused), (99, .silence)] {
      let server = try lab.serveTCP(at: outside, port: port, family: family)
      #expect(try lab.connect(from: client, to: remote, port: port, server: server) == expected)
    }
    let names = try lab.serveUDP(at: outside, port: 53, family: family)
    #expect(try lab.exchangeUDP(from: client, to: remote, port: 53, server: names) == .answered)
  }

  @Test(arguments: families)
  func machineReachesTheWorldAsAUser(
    family: AddressFamily, own: String, client: String, remote: String
  ) throws {
    let lab = try lab()
    let server = try lab.serveTCP(at: .world(remote, by: "eth0"), port: 25, family: family)
    #expect(
      try lab.connect(from: .machine(user: 89), to: remote, port: 25, server: server) == .answered)
    #expect(
      try lab.connect(from: .machine(user: 88), to: remote, port: 25, server: server) == .refused)
    #expect(
      try lab.connect(from: .machine(), to: remote, port: 26, server: nil) == .silence)
    #expect(try lab.ping(from: .machine(), to: remote) == .answered)
  }

  @Test func connectionOutlivesTheRuleThatLetItIn() throws {
    let lab = try lab()
    let server = try lab.serveTCP(at: .machine(), port: 22)
    let client = LabEnd.world("203.0.113.1", by: "eth0")
    let first = try lab.dial(from: client, to: "192.0.2.254", port: 22, server: server)
    #expect(first.outcome == .answered)
    try lab.load("flush chain inet fwpolicy input")
    #expect(first.connection?.exchange(within: 200) == .silence)
    try lab.load("add rule inet fwpolicy input ct state established accept")
    #expect(first.connection?.exchange() == .answered)
    #expect(
      try lab.connect(from: client, to: "192.0.2.254", port: 22, server: server) == .silence)
  }

  @Test func listenerHearsThePrefixes() throws {
    let lab = try lab()
    let listener = try LogListener(group: 5, in: lab.machine)
    #expect(listener.prefixes(within: 0) == [])
    let client = LabEnd.world("203.0.113.1", by: "eth0")
    _ = try lab.exchangeUDP(from: client, to: "192.0.2.254", port: 99, server: nil)
    let messages = listener.messages()
    #expect(messages.map(\.prefix) == ["denied: "])
    #expect(messages.first?.packet.first == 0x45)
    // Another group hears nothing of it.
    let deaf = try LogListener(group: 6, in: lab.machine)
    _ = try lab.exchangeUDP(from: client, to: "192.0.2.254", port: 99, server: nil)
    #expect(deaf.prefixes(within: 0) == [])
  }
}
