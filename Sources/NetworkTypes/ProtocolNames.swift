extension IPProtocol: CustomStringConvertible {
  /// Names and numbers, the preferred name of a number first.
  ///
  /// IANA protocol-numbers, in lower case and with the names that nft reads from
  /// `/etc/protocols`.
  private static let names: [(name: String, number: UInt8)] = [
    ("icmp", 1), ("igmp", 2), ("ipencap", 4), ("tcp", 6), ("egp", 8), ("udp", 17), ("dccp", 33),
    ("ipv6", 41), ("rsvp", 46), ("gre", 47), ("esp", 50), ("ah", 51), ("icmpv6", 58),
    ("ipv6-icmp", 58), ("eigrp", 88), ("ospf", 89), ("pim", 103), ("ipcomp", 108), ("vrrp", 112),
    ("l2tp", 115), ("sctp", 132), ("udplite", 136), ("mpls-in-ip", 137),
  ]

  /// Every name that `init(name:)` knows.
  package static var knownNames: [String] { names.map(\.name) }

  /// The protocol of an assigned name, in lower case.
  package init?(name: String) {
    guard let entry = IPProtocol.names.first(where: { $0.name == name }) else { return nil }
    self.init(number: entry.number)
  }

  /// Its preferred name, or nil when it has none here.
  package var name: String? { IPProtocol.names.first { $0.number == number }?.name }

  /// Its name, or its number in decimal.
  package var description: String { name ?? String(number) }
}
