/// Addresses, prefixes and ranges as a list names them, before overlaps are merged.
///
/// Two entries are equal when they hold the same addresses: `192.0.2.1` and `192.0.2.1/32`, or a
/// prefix and the range from its first address to its last.
package struct AddressEntries: Hashable, Sendable {
  /// Addresses as integers in host byte order.
  package var ipv4: [IntervalSet<UInt32>.Interval] = []
  package var ipv6: [IntervalSet<UInt128>.Interval] = []

  package init() {}

  /// Repetitions included.
  package var count: Int { ipv4.count + ipv6.count }

  package mutating func append(_ entry: AddressSpec) {
    switch entry {
    case .ipv4(let interval): ipv4.append(interval)
    case .ipv6(let interval): ipv6.append(interval)
    }
  }

  package mutating func append(_ other: AddressEntries) {
    ipv4.append(contentsOf: other.ipv4)
    ipv6.append(contentsOf: other.ipv6)
  }

  /// What they hold together.
  package var addresses: AddressSet {
    AddressSet(ipv4: IntervalSet(ipv4), ipv6: IntervalSet(ipv6))
  }

  /// Each entry once, sorted.
  ///
  /// O(n log n); O(n) when they are sorted.
  package func distinct() -> AddressEntries {
    var result = AddressEntries()
    result.ipv4 = Self.distinct(ipv4)
    result.ipv6 = Self.distinct(ipv6)
    return result
  }

  private static func distinct<Bound>(
    _ intervals: [IntervalSet<Bound>.Interval]
  ) -> [IntervalSet<Bound>.Interval] {
    func precedes(_ a: IntervalSet<Bound>.Interval, _ b: IntervalSet<Bound>.Interval) -> Bool {
      a.lower == b.lower ? a.upper < b.upper : a.lower < b.lower
    }
    func areStrictlySorted() -> Bool {
      for index in intervals.indices.dropFirst()
      where !precedes(intervals[index - 1], intervals[index]) {
        return false
      }
      return true
    }
    if areStrictlySorted() { return intervals }
    var result: [IntervalSet<Bound>.Interval] = []
    for interval in intervals.sorted(by: precedes) where result.last != interval {
      result.append(interval)
    }
    return result
  }
}
