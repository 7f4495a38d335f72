/// What one address literal means: a non-empty interval of one family.
package enum AddressSpec: Hashable, Sendable {
  case ipv4(IntervalSet<UInt32>.Interval)
  case ipv6(IntervalSet<UInt128>.Interval)

  package var family: AddressFamily {
    switch self {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }

  /// The same addresses as a set.
  package var addresses: AddressSet {
    switch self {
    case .ipv4(let interval): AddressSet(ipv4: IntervalSet(canonical: [interval]))
    case .ipv6(let interval): AddressSet(ipv6: IntervalSet(canonical: [interval]))
    }
  }

  /// The length of the one prefix that it is, or nil for any other range.
  ///
  /// A single address has length 32 or 128.
  package var prefixLength: Int? {
    switch self {
    case .ipv4(let interval): interval.prefixLength
    case .ipv6(let interval): interval.prefixLength
    }
  }
}

extension AddressSpec: CustomStringConvertible {
  package var description: String {
    switch self {
    case .ipv4(let interval): interval.addressDescription
    case .ipv6(let interval): interval.addressDescription
    }
  }
}
