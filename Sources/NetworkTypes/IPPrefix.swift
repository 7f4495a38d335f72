/// One prefix of either family.
package enum IPPrefix: Hashable, Sendable {
  case ipv4(Prefix<UInt32>)
  case ipv6(Prefix<UInt128>)

  /// Nil for a range that is no prefix; a single address has length 32 or 128.
  package init?(_ literal: AddressSpec) {
    switch literal {
    case .ipv4(let interval):
      guard let length = interval.prefixLength else { return nil }
      self = .ipv4(Prefix(holding: interval.lower, length: length))
    case .ipv6(let interval):
      guard let length = interval.prefixLength else { return nil }
      self = .ipv6(Prefix(holding: interval.lower, length: length))
    }
  }

  package var family: AddressFamily {
    switch self {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }

  package var length: Int {
    switch self {
    case .ipv4(let prefix): prefix.length
    case .ipv6(let prefix): prefix.length
    }
  }

  /// The addresses that it holds.
  package var addresses: AddressSet {
    switch self {
    case .ipv4(let prefix): AddressSet(ipv4: IntervalSet(canonical: [prefix.interval]))
    case .ipv6(let prefix): AddressSet(ipv6: IntervalSet(canonical: [prefix.interval]))
    }
  }
}

extension IPPrefix: CustomStringConvertible {
  /// `192.0.2.0/28`; a single address without its length.
  package var description: String {
    switch self {
    case .ipv4(let prefix): prefix.interval.addressDescription
    case .ipv6(let prefix): prefix.interval.addressDescription
    }
  }
}
