/// A message type of ICMP (over IPv4) or ICMPv6.
///
/// RFC 792, RFC 4443; the names are nft's: `nft describe icmp type`, `nft describe icmpv6 type`.
package struct ICMPType: Hashable, Sendable {
  /// `.ipv4` for ICMP, `.ipv6` for ICMPv6.
  package let family: AddressFamily
  package let number: UInt8

  package init(_ number: UInt8, family: AddressFamily) {
    self.number = number
    self.family = family
  }

  /// The type of one of nft's names.
  package init?(name: String, family: AddressFamily) {
    guard let entry = ICMPType.names(family).first(where: { $0.name == name }) else { return nil }
    self.init(entry.number, family: family)
  }

  /// nft's name for it, or nil.
  package var name: String? { ICMPType.names(family).first { $0.number == number }?.name }

  /// `type << 8 | code` of all its codes: the shape of `ServiceSet.icmp` and `ServiceSet.icmpv6`.
  package var allCodes: IntervalSet<UInt16>.Interval {
    IntervalSet.Interval(UInt16(number) << 8, UInt16(number) << 8 | 0xff)
  }

  /// The number of one of nft's code names, which speak of the unreachable types alone.
  package func code(named name: String) -> UInt8? {
    codeNames.first { $0.name == name }?.number
  }

  /// nft's name for a code of this type, or nil.
  package func codeName(_ code: UInt8) -> String? {
    codeNames.first { $0.number == code }?.name
  }

  /// Every name that `init(name:family:)` knows.
  package static func knownNames(_ family: AddressFamily) -> [String] { names(family).map(\.name) }

  /// Every name that `code(named:)` knows for this type.
  package var knownCodeNames: [String] { codeNames.map(\.name) }

  private typealias Names = [(name: String, number: UInt8)]

  private static func names(_ family: AddressFamily) -> Names {
    switch family {
    case .ipv4: ipv4Names
    case .ipv6: ipv6Names
    }
  }

  private var codeNames: Names {
    switch (family, number) {
    case (.ipv4, 3): ICMPType.ipv4UnreachableCodes
    case (.ipv6, 1): ICMPType.ipv6UnreachableCodes
    default: []
    }
  }

  private static let ipv4Names: Names = [
    ("echo-reply", 0), ("destination-unreachable", 3), ("source-quench", 4), ("redirect", 5),
    ("echo-request", 8), ("router-advertisement", 9), ("router-solicitation", 10),
    ("time-exceeded", 11), ("parameter-problem", 12), ("timestamp-request", 13),
    ("timestamp-reply", 14), ("info-request", 15), ("info-reply", 16),
    ("address-mask-request", 17), ("address-mask-reply", 18),
  ]

  private static let ipv6Names: Names = [
    ("destination-unreachable", 1), ("packet-too-big", 2), ("time-exceeded", 3),
    ("parameter-problem", 4), ("echo-request", 128), ("echo-reply", 129),
    ("mld-listener-query", 130), ("mld-listener-report", 131), ("mld-listener-done", 132),
    ("mld-listener-reduction", 132), ("nd-router-solicit", 133), ("nd-router-advert", 134),
    ("nd-neighbor-solicit", 135), ("nd-neighbor-advert", 136), ("nd-redirect", 137),
    ("router-renumbering", 138), ("ind-neighbor-solicit", 141), ("ind-neighbor-advert", 142),
    ("mld2-listener-report", 143),
  ]

  private static let ipv4UnreachableCodes: Names = [
    ("net-unreachable", 0), ("host-unreachable", 1), ("prot-unreachable", 2),
    ("port-unreachable", 3), ("frag-needed", 4), ("net-prohibited", 9), ("host-prohibited", 10),
    ("admin-prohibited", 13),
  ]

  private static let ipv6UnreachableCodes: Names = [
    ("no-route", 0), ("admin-prohibited", 1), ("addr-unreachable", 3), ("port-unreachable", 4),
    ("policy-fail", 5), ("reject-route", 6),
  ]
}

extension ICMPType: CustomStringConvertible {
  /// Its name, or its number in decimal.
  package var description: String { name ?? String(number) }
}
