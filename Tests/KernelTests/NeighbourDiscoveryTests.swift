import Foundation
import NetworkTypes
import TestSupport
import Testing

/// Two machines on a real link, with nothing known in advance: IPv6 lives only if neighbour discovery
/// passes the strictest of policies, in both directions.
@Suite(.serialized) struct NeighbourDiscoveryTests {
  private static let policy = """
    fwpolicy: 1
    name: strict
    defaults: { outbound: deny }
    inbound:
      - { allow: http }
    outbound:
      - { allow: http }
    """

  /// What the machine asks for, and what it answers.
  @Test(arguments: [true, false])
  func neighboursFindEachOtherThroughDefaultDeny(machineDials: Bool) throws {
    let machine = try NetworkNamespace()
    let peer = try NetworkNamespace()
    for namespace in [machine, peer] {
      try namespace.enter {
        try Data("0".utf8).write(to: URL(filePath: "/proc/sys/net/ipv6/conf/default/accept_dad"))
      }
    }
    try machine.run([
      "ip", "link", "add", "name", "link0", "type", "veth", "peer", "name", "link0", "netns",
      peer.name,
    ])
    for (namespace, address) in [(machine, "2001:db8::1"), (peer, "2001:db8::2")] {
      try namespace.run(["ip", "addr", "add", "\(address)/64", "dev", "link0"])
      try namespace.run(["ip", "link", "set", "dev", "link0", "up"])
    }
    try machine.run(["nft", "-f", "-"], input: try PolicyUnderTest(Self.policy).ruleset)

    let (dialler, answerer) = machineDials ? (machine, peer) : (peer, machine)
    let target = machineDials ? "2001:db8::2" : "2001:db8::1"
    let address = try #require(IPv6Address(target))
    let stream = Int32(SOCK_STREAM.rawValue)
    let server = try answerer.enter { try LabSocket(AF_INET6, stream, 0) }
    try server.set(SOL_SOCKET, SO_REUSEADDR, to: 1)
    try server.bind(to: SocketAddress(IPv6Address(bits: 0), port: 80))
    #expect(listen(server.descriptor, 4) == 0)
    // SOCK_NONBLOCK
    let client = try dialler.enter { try LabSocket(AF_INET6, stream | 0o4000, 0) }
    client.connect(to: SocketAddress(address, port: 80))
    #expect(client.waitFor(Int16(POLLOUT), milliseconds: 3000) && client.pendingError == 0)
    let neighbours = try machine.run(["ip", "-6", "neighbour", "show", "dev", "link0"])
    #expect(neighbours.contains("lladdr"), "\(neighbours)")

    // The test can fail: without the rules for neighbours nobody answers.
    try machine.run(["ip", "-6", "neighbour", "flush", "dev", "link0"])
    try peer.run(["ip", "-6", "neighbour", "flush", "dev", "link0"])
    try machine.run(["nft", "flush", "chain", "inet", "fwpolicy", "essential-icmp-link"])
    let second = try dialler.enter { try LabSocket(AF_INET6, stream | 0o4000, 0) }
    second.connect(to: SocketAddress(address, port: 80))
    #expect(!(second.waitFor(Int16(POLLOUT), milliseconds: 600) && second.pendingError == 0))
  }
}
