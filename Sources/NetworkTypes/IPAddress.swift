/// An IPv4 address, in host byte order.
///
/// RFC 791.
@frozen
package struct IPv4Address: Hashable, Comparable, Sendable {
  package let bits: UInt32

  @inlinable
  package init(bits: UInt32) { self.bits = bits }

  @inlinable
  package static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.bits < b.bits }
}

/// An IPv6 address, in host byte order.
///
/// RFC 4291.
@frozen
package struct IPv6Address: Hashable, Comparable, Sendable {
  package let bits: UInt128

  @inlinable
  package init(bits: UInt128) { self.bits = bits }

  @inlinable
  package static func < (a: IPv6Address, b: IPv6Address) -> Bool { a.bits < b.bits }
}

/// The two address families.
///
/// Raw values are `NFPROTO_IPV4` and `NFPROTO_IPV6`.
public enum AddressFamily: UInt8, Hashable, Sendable, CaseIterable {
  case ipv4 = 2
  case ipv6 = 10
}
