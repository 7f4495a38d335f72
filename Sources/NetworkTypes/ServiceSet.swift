/// A set of packet destinations above the network layer: protocols, ports, ICMP types and codes.
///
/// Canonical: a protocol that is wholly in `protocols` has no entry elsewhere, and no entry of
/// `ports` is empty or full, so equal sets compare equal.
package struct ServiceSet: Hashable, Sendable {
  /// Protocols that are in the set whatever their ports or types, in both families.
  package private(set) var protocols: IntervalSet<UInt8>
  /// Destination ports of protocols that are in the set in part; only protocols that have ports.
  package private(set) var ports: [IPProtocol: IntervalSet<UInt16>]
  /// `type << 8 | code` of protocol 1 over IPv4.
  package private(set) var icmp: IntervalSet<UInt16>
  /// `type << 8 | code` of protocol 58 over IPv6.
  package private(set) var icmpv6: IntervalSet<UInt16>

  package init(
    protocols: IntervalSet<UInt8> = IntervalSet(),
    ports: [IPProtocol: IntervalSet<UInt16>] = [:],
    icmp: IntervalSet<UInt16> = IntervalSet(), icmpv6: IntervalSet<UInt16> = IntervalSet()
  ) {
    self.protocols = protocols
    self.ports = [:]
    self.icmp = icmp
    self.icmpv6 = icmpv6
    for (ipProtocol, set) in ports where !set.isEmpty {
      precondition(ipProtocol.hasPorts, "a protocol without ports has a port set")
      if set.isAll {
        self.protocols = self.protocols.union(IntervalSet(ipProtocol.number))
      } else {
        self.ports[ipProtocol] = set
      }
    }
    for ipProtocol in self.ports.keys where self.protocols.contains(ipProtocol.number) {
      self.ports[ipProtocol] = nil
    }
    if self.protocols.contains(IPProtocol.icmp.number) { self.icmp = IntervalSet() }
    if self.protocols.contains(IPProtocol.icmpv6.number) { self.icmpv6 = IntervalSet() }
  }

  /// Every packet.
  package static let any = ServiceSet(protocols: .all)

  package static func port(_ ipProtocol: IPProtocol, _ port: UInt16) -> ServiceSet {
    ServiceSet(ports: [ipProtocol: IntervalSet(port)])
  }

  package var isAny: Bool { protocols.isAll }

  package var isEmpty: Bool {
    protocols.isEmpty && ports.isEmpty && icmp.isEmpty && icmpv6.isEmpty
  }

  package func union(_ other: ServiceSet) -> ServiceSet {
    var ports = self.ports
    for (ipProtocol, set) in other.ports {
      ports[ipProtocol] = ports[ipProtocol]?.union(set) ?? set
    }
    return ServiceSet(
      protocols: protocols.union(other.protocols), ports: ports, icmp: icmp.union(other.icmp),
      icmpv6: icmpv6.union(other.icmpv6))
  }

  /// Whether a packet of this protocol, family and destination is in the set.
  ///
  /// `port` is the destination port of a protocol that has ports; `icmp` is `type << 8 | code`.
  package func contains(
    _ ipProtocol: IPProtocol, family: AddressFamily, port: UInt16?, icmp type: UInt16?
  ) -> Bool {
    if protocols.contains(ipProtocol.number) { return true }
    if let port, let set = ports[ipProtocol] { return set.contains(port) }
    guard let type else { return false }
    switch (ipProtocol, family) {
    case (.icmp, .ipv4): return icmp.contains(type)
    case (.icmpv6, .ipv6): return icmpv6.contains(type)
    default: return false
    }
  }
}
