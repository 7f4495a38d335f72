import NetworkTypes

/// The ICMP that no rule can take away: language reference §4 step 4.
enum EssentialICMP {
  /// "IPv4 3, 11, 12; ICMPv6 1–4 everywhere; neighbour and router discovery 133–136 with hop limit
  /// 255, and MLD 130–132, 143 from link-local, to this machine".
  ///
  /// The last two hold for what this machine sends as well: under `outbound: deny` it would
  /// otherwise find no neighbour.
  static func holds(_ packet: Packet) -> Bool {
    if isError(packet) { return true }
    guard packet.path != .forward else { return false }
    if isNeighbourDiscovery(packet) { return true }
    guard case .ipv6(let source, _) = packet.addresses else { return false }
    return isMLD(packet) && source.isLinkLocal
  }

  private static func isError(_ packet: Packet) -> Bool {
    guard let type = packet.icmpType else { return false }
    switch (packet.ipProtocol, packet.family) {
    case (.icmp, .ipv4): return [3, 11, 12].contains(type)
    case (.icmpv6, .ipv6): return (1...4).contains(type)
    default: return false
    }
  }

  /// Neighbour and router discovery that never crossed a router, as its hop limit proves (RFC 4861
  /// §6.1 and §7.1).
  static func isNeighbourDiscovery(_ packet: Packet) -> Bool {
    guard let type = icmpv6Type(of: packet) else { return false }
    return (133...136).contains(type) && packet.hopLimit == 255
  }

  /// Multicast listener discovery (RFC 2710, RFC 9777).
  static func isMLD(_ packet: Packet) -> Bool {
    guard let type = icmpv6Type(of: packet) else { return false }
    return (130...132).contains(type) || type == 143
  }

  private static func icmpv6Type(of packet: Packet) -> UInt8? {
    packet.ipProtocol == .icmpv6 && packet.family == .ipv6 ? packet.icmpType : nil
  }
}

extension IPv6Address {
  /// Whether it is in fe80::/10 (RFC 4291 §2.5.6).
  var isLinkLocal: Bool { bits >> 118 == 0xfe80 >> 6 }
}
