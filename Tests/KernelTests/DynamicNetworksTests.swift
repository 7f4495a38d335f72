import Compiler
import Deployment
import Foundation
import Kernel
import NetworkTypes
import PolicyAnalysis
import TestSupport
import Testing

/// What is put into a network at run time counts from then on.
@Suite(.serialized) struct DynamicNetworksTests {
  private static let wiring = LabWiring(
    interfaces: ["eth0", "bng1"],
    routes: [("198.51.100.0/24", "bng1"), ("2001:db8:b::/48", "bng1")])

  private static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
    networks:
      quarantine: { dynamic: { keep: 7d, capacity: 4096 } }
      trusted: { dynamic: { keep: 1h } }
    inbound:
      - { allow: ssh, from: trusted }
    forward:
      - { deny: smtp, from: quarantine }
      - { allow: [smtp, https], from: clients, to: { zone: internet, except: quarantine } }
    smtp-egress:
      clients: clients
      allow: [{ from: [198.51.100.16/28, "2001:db8:b:1::/64"], owner: acme }]
      log: none
    """

  private static func change(_ verb: String, _ set: String, _ element: String, in lab: PacketLab)
    throws
  {
    try lab.machine.run(["nft", verb, "element", "inet", "fwpolicy", set, "{ \(element) }"])
  }

  @Test(arguments: [
    (AddressFamily.ipv4, "198.51.100.17", "203.0.113.7", "198.51.100.16/29", "net-quarantine-4"),
    (.ipv6, "2001:db8:b:1::17", "2001:db8:77::7", "2001:db8:b:1::/64", "net-quarantine-6"),
  ])
  func aQuarantinedExemptClientIsRefusedUntilItIsRemoved(
    _ family: AddressFamily, _ exempt: String, _ stranger: String, _ prefix: String, _ set: String
  ) throws {
    let lab = try PacketLab(Self.wiring)
    try lab.load(PolicyUnderTest(Self.policy).ruleset)
    let client = LabEnd.world(exempt, by: "bng1")
    let mx = try lab.serveTCP(at: .world(stranger, by: "eth0"), port: 25, family: family)
    let web = try lab.serveTCP(at: .world(stranger, by: "eth0"), port: 443, family: family)
    func mail() throws -> LabOutcome {
      try lab.connect(from: client, to: stranger, port: 25, server: mx)
    }
    let first = try lab.dial(from: client, to: stranger, port: 25, server: mx)
    #expect(first.outcome == .answered)
    // An address, then a prefix that holds it.
    for element in [exempt, prefix] {
      try Self.change("add", set, element, in: lab)
      #expect(try mail() == .silence)
      #expect(try lab.connect(from: client, to: stranger, port: 443, server: web) == .answered)
      // New connections are stopped, not those that live.
      #expect(first.connection?.exchange() == .answered)
      try Self.change("delete", set, element, in: lab)
      #expect(try mail() == .answered)
    }
    // An entry with a time of its own is gone after it.
    try Self.change("add", set, "\(exempt) timeout 2s", in: lab)
    #expect(try mail() == .silence)
    let deadline = ContinuousClock.now + .seconds(10)
    var outcome = LabOutcome.silence
    while outcome == .silence, ContinuousClock.now < deadline {
      Thread.sleep(forTimeInterval: 0.05)
      outcome = try mail()
    }
    #expect(outcome == .answered)
    // As a destination.
    try Self.change("add", set, stranger, in: lab)
    #expect(try lab.connect(from: client, to: stranger, port: 443, server: web) == .silence)
  }

  @Test func whoIsLetInByHandIsLetIn() throws {
    let lab = try PacketLab(Self.wiring)
    try lab.load(PolicyUnderTest(Self.policy).ruleset)
    let friend = LabEnd.world("203.0.113.9", by: "eth0")
    let shell = try lab.serveTCP(at: .machine(), port: 22, family: .ipv4)
    func connect() throws -> LabOutcome {
      try lab.connect(from: friend, to: "192.0.2.254", port: 22, server: shell)
    }
    #expect(try connect() == .silence)
    try Self.change("add", "net-trusted-4", "203.0.113.8/30", in: lab)
    #expect(try connect() == .answered)
  }

  @Test func contentIsNoDifferenceFromThePolicy() throws {
    let compiled = try CompiledPolicy(Self.policy)
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: compiled.product(.nft))
    try namespace.run(
      [
        "nft", "add", "element", "inet", "fwpolicy", "net-quarantine-4",
        "{ 198.51.100.0/28, 198.51.100.99 timeout 1h comment \"NET-1\" }",
      ])
    func difference(_ policy: CompiledPolicy) throws -> TrafficDifference {
      try namespace.enter {
        try LiveRuleset(tableNamed: "fwpolicy", transport: NetlinkSocket())
      }.difference(from: policy.policy, lowered: policy.lowered)
    }
    let same = try difference(compiled)
    #expect(same.changes.isEmpty)
    #expect(same.effects == [])
    // A policy that stops more of them says whom.
    let wider = try CompiledPolicy(
      Self.policy.replacing(
        "{ deny: smtp, from: quarantine }", with: "{ deny: any, from: quarantine }"))
    let closed = try difference(wider)
    #expect(closed.changes.map(\.kind) == [.closed])
    #expect(
      closed.changes.flatMap(\.words).map(\.description).allSatisfy {
        $0.contains("from an address in quarantine")
      })
    // One that does not know the network compares all the same.
    let without = try CompiledPolicy(
      Self.policy.replacing("  - { deny: smtp, from: quarantine }\n", with: "")
        .replacing("  quarantine: { dynamic: { keep: 7d, capacity: 4096 } }\n", with: "")
        .replacing("{ zone: internet, except: quarantine }", with: "internet"))
    let opened = try difference(without)
    // Members of either end.
    #expect(opened.changes.map(\.kind) == [.opened, .opened])
  }
}
