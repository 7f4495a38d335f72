import NetworkTypes
import PolicyLanguage

/// Which sources do not belong behind a zone's interfaces: language reference §3 Zone, §4 step 2.
struct AntiSpoofingCheck {
  let policy: ResolvedPolicy
  /// Index in `policy.zones`.
  let zone: Int

  func refuses(_ packet: Packet) -> Bool {
    let zone = policy.zones[zone]
    return zone.antiSpoofing.contains { check in
      switch check {
      case .off: false
      case .reversePath: !packet.reversePathIsRight
      case .networks:
        isOutsideOwnNetworks(packet) || (zone.kind == .outside && livesBehindAnotherZone(packet))
      }
    }
  }

  /// "a source outside the zone's networks (a family of which it lists no prefix is checked by
  /// reverse path instead)".
  ///
  /// An outside zone that lists no networks at all is the rest of the world: only what lives
  /// behind another zone is refused there.
  private func isOutsideOwnNetworks(_ packet: Packet) -> Bool {
    let zone = policy.zones[zone]
    if zone.kind == .outside, zone.networks == nil { return false }
    guard let networks = zone.networks, !networks.isEmpty(in: packet.family) else {
      return !packet.reversePathIsRight
    }
    return !packet.sourceIsIn(networks)
  }

  private func livesBehindAnotherZone(_ packet: Packet) -> Bool {
    policy.zones.indices.contains { other in
      other != zone && policy.zones[other].networks.map { packet.sourceIsIn($0) } ?? false
    }
  }

  /// "DHCP and IGMP from 0.0.0.0, neighbour discovery and MLD from `::`, and fe80::/10 skip this
  /// step and are decided as usual".
  static func exempts(_ packet: Packet) -> Bool {
    switch packet.addresses {
    case .ipv4(let source, _):
      guard source.bits == 0 else { return false }
      // RFC 2131 §4.1: a client without an address sends from 68 to 67.
      return packet.ipProtocol == .igmp
        || (packet.ipProtocol == .udp && packet.sourcePort == 68 && packet.destinationPort == 67)
    case .ipv6(let source, _):
      if source.isLinkLocal { return true }
      guard source.bits == 0 else { return false }
      return EssentialICMP.isNeighbourDiscovery(packet) || EssentialICMP.isMLD(packet)
    }
  }
}
