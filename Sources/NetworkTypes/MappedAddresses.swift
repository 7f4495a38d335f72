extension AddressSpec {
  /// The IPv4 addresses that IPv4-mapped ones stand for; nil unless all of them are mapped.
  ///
  /// RFC 4291 §2.5.5.2: `::ffff:192.0.2.1` is how programs print the IPv4 peer of an IPv6 socket. No
  /// packet has such an address, so that a list of sources which names one means another.
  package var mappedIPv4: AddressSpec? {
    guard case .ipv6(let interval) = self, interval.lower >> 32 == 0xFFFF,
      interval.upper >> 32 == 0xFFFF
    else { return nil }
    return .ipv4(
      IntervalSet<UInt32>.Interval(
        UInt32(truncatingIfNeeded: interval.lower), UInt32(truncatingIfNeeded: interval.upper)))
  }
}
