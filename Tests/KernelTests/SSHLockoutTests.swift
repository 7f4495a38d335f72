import Compiler
import Deployment
import Diagnostics
import TestSupport
import Testing

/// An operator who applies a policy over SSH can come in again, or is told before.
@Suite struct SSHLockoutTests {
  static let policy = """
    fwpolicy: 1
    name: mx1
    zones:
      office: { interfaces: [eth0] }
      internet: { kind: outside, interfaces: [eth1] }
    networks:
      noc: [192.0.2.0/28, 2001:db8:10::/64]
    inbound:
      - { name: no-guests, deny: ssh, from: 192.0.2.14 }
      - { allow: ssh, from: { zone: office, network: noc } }
      - { allow: tcp/2222, from: internet }

    """

  /// A machine with an interface in each zone; the operator's packets come in by the one that leads
  /// back to them.
  private static func machine() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["ip", "-batch", "-"],
      input: """
        link add eth0 type veth peer name far0
        link add eth1 type veth peer name far1
        link set far0 up
        link set far1 up
        link set eth0 up
        link set eth1 up
        addr add 192.0.2.7/24 dev eth0
        addr add 203.0.113.7/24 dev eth1
        addr add 2001:db8:10::7/64 dev eth0 nodad
        addr add 2001:db8:99::7/64 dev eth1 nodad

        """)
    return namespace
  }

  struct Peer: Sendable, CustomTestStringConvertible {
    let connection: String
    let isLetIn: Bool
    var testDescription: String { connection }
  }

  static let peers = [
    // Of the zone and of its network.
    Peer(connection: "192.0.2.9 50000 192.0.2.7 22", isLetIn: true),
    Peer(connection: "2001:db8:10::9 50000 2001:db8:10::7 22", isLetIn: true),
    // Of the zone, past the network's end.
    Peer(connection: "192.0.2.16 50000 192.0.2.7 22", isLetIn: false),
    // Of both, met by an earlier rule.
    Peer(connection: "192.0.2.14 50000 192.0.2.7 22", isLetIn: false),
    // By the other zone.
    Peer(connection: "203.0.113.9 50000 203.0.113.7 22", isLetIn: false),
    Peer(connection: "2001:db8:99::9 50000 2001:db8:99::7 22", isLetIn: false),
    // A daemon on another port.
    Peer(connection: "203.0.113.9 50000 203.0.113.7 2222", isLetIn: true),
    Peer(connection: "2001:db8:99::9 50000 2001:db8:99::7 2222", isLetIn: true),
    Peer(connection: "192.0.2.9 50000 192.0.2.7 2222", isLetIn: false),
    // By no zone: loopback is always accepted.
    Peer(connection: "192.0.2.7 50000 192.0.2.7 22", isLetIn: true),
  ]

  @Test(arguments: peers)
  func applyRefusesWhoeverWouldNotBeLetInAgain(_ peer: Peer) throws {
    let namespace = try Self.machine()
    let compiled = try CompiledPolicy(Self.policy)
    let session = try #require(SSHSession(environment: peer.connection))
    for isDryRun in [true, false] {
      let result = try ForeignTablesTests.apply(compiled, in: namespace, session: session) {
        $0.isDryRun = isDryRun
      }
      #expect((result.value != nil) == peer.isLetIn)
      #expect(result.diagnostics.map(\.code) == (peer.isLetIn ? [] : [.sshLockout]))
      #expect(result.diagnostics.allSatisfy { $0.severity == .error && $0.primary != nil })
    }
    let listing = try ForeignTablesTests.listing(namespace)
    #expect(listing.contains("table inet fwpolicy") == peer.isLetIn)
  }

  @Test(arguments: peers.filter { !$0.isLetIn })
  func forceAppliesAndWarns(_ peer: Peer) throws {
    let namespace = try Self.machine()
    let session = try #require(SSHSession(environment: peer.connection))
    let result = try ForeignTablesTests.apply(
      try CompiledPolicy(Self.policy), in: namespace, session: session
    ) { $0.force = true }
    #expect(result.value != nil)
    #expect(result.diagnostics.map(\.code) == [.sshLockout])
    #expect(result.diagnostics.map(\.severity) == [.warning])
    #expect(try ForeignTablesTests.listing(namespace).contains("table inet fwpolicy"))
  }

  @Test func theRefusalShowsTheRuleThatWouldTurnTheOperatorAway() throws {
    let namespace = try Self.machine()
    let compiled = try CompiledPolicy(Self.policy)
    let session = try #require(SSHSession(environment: "192.0.2.14 50000 192.0.2.7 22"))
    let result = try ForeignTablesTests.apply(compiled, in: namespace, session: session)
    let span = try #require(result.diagnostics.first?.primary?.span)
    #expect(compiled.compilation.sources.text(of: span).contains("no-guests"))
  }
}
