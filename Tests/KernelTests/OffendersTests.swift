import Foundation
import NetworkTypes
import TestSupport
import Testing

/// The kernel records whom the gate has stopped, and stops them whether or not it can.
@Suite(.serialized) struct OffendersTests {
  private static let wiring = LabWiring(
    interfaces: ["eth0", "bng1"],
    routes: [("198.51.100.0/24", "bng1"), ("2001:db8:b::/48", "bng1")])

  private static func policy(capacity: Int) -> String {
    """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
    forward:
      - { allow: any, from: clients, to: internet }
    smtp-egress:
      clients: clients
      allow: [{ from: 198.51.100.16/28, owner: acme }]
      log: { to: group 5, rate: 1000/second, burst: 1000 }
      offenders: { keep: 1h, capacity: \(capacity) }
    """
  }

  /// Packets by element, as `nft` lists them.
  private static func elements(of set: String, in lab: PacketLab) throws -> [String: Int] {
    let listing = try lab.machine.run(["nft", "list", "set", "inet", "fwpolicy", set])
    var found: [String: Int] = [:]
    for match in listing.matches(of: /([0-9a-f.:]+) counter packets (\d+) bytes \d+ expires/) {
      found[String(match.1)] = Int(match.2)
    }
    return found
  }

  @Test func blockedSourcesAndTheirPacketsAreThere() throws {
    let lab = try PacketLab(Self.wiring)
    try lab.load(PolicyUnderTest(Self.policy(capacity: 64)).ruleset)
    let mx4 = try lab.serveTCP(at: .world("203.0.113.7", by: "eth0"), port: 25, family: .ipv4)
    let mx6 = try lab.serveTCP(at: .world("2001:db8:77::7", by: "eth0"), port: 25, family: .ipv6)
    func connect(_ client: String, to server: String, _ mx: LabServer) throws -> LabOutcome {
      try lab.connect(from: .world(client, by: "bng1"), to: server, port: 25, server: mx)
    }
    #expect(try Self.elements(of: "offenders-4", in: lab) == [:])
    for _ in 0..<3 {
      #expect(try connect("198.51.100.77", to: "203.0.113.7", mx4) == .refused)
    }
    #expect(try connect("198.51.100.78", to: "203.0.113.7", mx4) == .refused)
    // Who may is no offender.
    #expect(try connect("198.51.100.17", to: "203.0.113.7", mx4) == .answered)
    #expect(
      try Self.elements(of: "offenders-4", in: lab)
        == ["198.51.100.77": 3, "198.51.100.78": 1])
    // Two addresses of one /64, and one of another.
    #expect(try connect("2001:db8:b::7", to: "2001:db8:77::7", mx6) == .refused)
    #expect(try connect("2001:db8:b::1:8", to: "2001:db8:77::7", mx6) == .refused)
    #expect(try connect("2001:db8:b:1::7", to: "2001:db8:77::7", mx6) == .refused)
    #expect(
      try Self.elements(of: "offenders-6", in: lab) == ["2001:db8:b::": 2, "2001:db8:b:1::": 1])
  }

  @Test func withTheSetFullTheNextOneIsRefusedCountedAndLogged() throws {
    let lab = try PacketLab(Self.wiring)
    try lab.load(PolicyUnderTest(Self.policy(capacity: 2)).ruleset)
    let listener = try LogListener(group: 5, in: lab.machine)
    let mx = try lab.serveTCP(at: .world("203.0.113.7", by: "eth0"), port: 25, family: .ipv4)
    for host in 70..<80 {
      #expect(
        try lab.connect(
          from: .world("198.51.100.\(host)", by: "bng1"), to: "203.0.113.7", port: 25, server: mx)
          == .refused)
    }
    #expect(try Self.elements(of: "offenders-4", in: lab).count == 2)
    let counter = try lab.machine.run(["nft", "list", "counters", "table", "inet", "fwpolicy"])
    let counted = try #require(
      counter.firstMatch(of: /counter [a-z-]*smtp-egress[a-z-]* \{[^}]*packets (\d+)/))
    #expect(counted.1 == "10")
    #expect(listener.messages().count == 10)
  }
}
