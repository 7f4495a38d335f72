import Compiler
import Diagnostics
import Evidence
import NetworkTypes
import PolicyLanguage
import TestSupport
import Testing

/// A policy and packets that it has logged.
struct WatchFixture {
  static let text = """
    fwpolicy: 1
    name: edge
    role: router
    defaults: { log: { to: group 5 } }
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [pool] }
    networks:
      pool: [198.51.100.0/24, "2001:db8:b::/48"]
      office: [198.51.100.64/28]
      same: [198.51.100.64/28]
    inbound:
      - { name: ssh, allow: ssh, from: clients, limit: 10/minute per source, owner: noc, ticket: N-1 }
      - { name: probe, deny: telnet, log: true }
    forward:
      - { name: out, allow: any, from: clients, to: internet, log: { to: group 9, prefix: "out: " } }
    smtp-egress:
      clients: clients
      allow:
        - { from: 198.51.100.16/28, owner: acme, ticket: NET-4211, expires: 2030-01-01 }
        - { from: 198.51.100.20, owner: acme's branch, expires: 2030-01-01 }
        - { from: "2001:db8:b:1::/64", owner: beta, expires: 2030-01-01 }
    """

  let policy: ResolvedPolicy
  var join: WatchJoin

  init(_ text: String = WatchFixture.text) throws {
    let compilation = compile("policy.yaml", provider: MemoryProvider(["policy.yaml": text]))
    policy = try #require(compilation.policy, "\(compilation.diagnostics.map(\.message))")
    let sources = compilation.sources
    join = WatchJoin(of: policy) { span in
      let file = sources[span.file]
      return Place(file: file.name, line: file.line(at: Int(span.start)))
    }
  }

  /// A TCP packet, forwarded from a client unless the prefix is of inbound.
  static func packet(
    _ prefix: String, from source: String = "198.51.100.7", to destination: String = "203.0.113.9",
    port: UInt16 = 25, at seconds: Int64 = 1_764_087_062
  ) -> WatchedPacket {
    var bytes: [UInt8] = [0x45, 0, 0, 60, 0, 0, 0, 0, 63, 6, 0, 0]
    if let source = IPv4Address(source), let destination = IPv4Address(destination) {
      bytes += network(source.bits) + network(destination.bits)
    } else if let source = IPv6Address(source), let destination = IPv6Address(destination) {
      bytes = [0x60, 0, 0, 0, 0, 20, 6, 63] + network(source.bits) + network(destination.bits)
    }
    bytes += [0x9c, 0x40] + network(port) + [0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2]
    var packet = WatchedPacket(
      microseconds: seconds * 1_000_000 + 1234, group: 5, prefix: prefix,
      headers: PacketHeaders(bytes))
    let isInbound = prefix.contains("/inbound/")
    packet.hook = isInbound ? .input : .forward
    packet.inputInterface = isInbound ? "eth0" : "bng1"
    packet.outputInterface = isInbound ? nil : "eth0"
    return packet
  }

  private static func network(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  mutating func event(_ packet: WatchedPacket) -> WatchEvent { join.event(of: packet) }
}
