/// A set of IPv4 and IPv6 addresses.
package struct AddressSet: Hashable, Sendable {
  /// Addresses as integers in host byte order.
  package var ipv4: IntervalSet<UInt32>
  package var ipv6: IntervalSet<UInt128>

  @inlinable
  package init(
    ipv4: IntervalSet<UInt32> = IntervalSet(), ipv6: IntervalSet<UInt128> = IntervalSet()
  ) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// Every address of both families.
  package static let any = AddressSet(ipv4: .all, ipv6: .all)

  @inlinable
  package var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

  @inlinable
  package var isAny: Bool { ipv4.isAll && ipv6.isAll }

  package func complement() -> AddressSet {
    AddressSet(ipv4: ipv4.complement(), ipv6: ipv6.complement())
  }

  package func union(_ other: AddressSet) -> AddressSet {
    AddressSet(ipv4: ipv4.union(other.ipv4), ipv6: ipv6.union(other.ipv6))
  }

  package func intersection(_ other: AddressSet) -> AddressSet {
    AddressSet(ipv4: ipv4.intersection(other.ipv4), ipv6: ipv6.intersection(other.ipv6))
  }

  package func subtracting(_ other: AddressSet) -> AddressSet {
    AddressSet(ipv4: ipv4.subtracting(other.ipv4), ipv6: ipv6.subtracting(other.ipv6))
  }

  package func isSubset(of other: AddressSet) -> Bool { subtracting(other).isEmpty }

  package func contains(_ address: IPv4Address) -> Bool { ipv4.contains(address.bits) }
  package func contains(_ address: IPv6Address) -> Bool { ipv6.contains(address.bits) }

  package func isEmpty(in family: AddressFamily) -> Bool {
    switch family {
    case .ipv4: ipv4.isEmpty
    case .ipv6: ipv6.isEmpty
    }
  }

  package func isAll(in family: AddressFamily) -> Bool {
    switch family {
    case .ipv4: ipv4.isAll
    case .ipv6: ipv6.isAll
    }
  }
}
