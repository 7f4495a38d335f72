package import NetworkTypes
package import PolicyLanguage

/// For which row of the gate's inventory each source counts, where what the gate stops is counted per
/// subnet: language reference §5.
///
/// "What the gate stops counts for the row of the longest prefix that holds its source", whatever the
/// row answers and expired or not: a function of the source alone. Of rows with one prefix the first
/// counts. Written from the reference, beside what Lowering makes of the same rows.
package struct CountingSubnets: Sendable {
  /// Sources of one family, both ends included, and the index of their row.
  package struct Run: Hashable, Sendable {
    package let lower: UInt128
    package let upper: UInt128
    package let row: Int
  }

  /// Ascending; sources in no row are in no run.
  package let ipv4: [Run]
  package let ipv6: [Run]

  /// O(n log n).
  package init(of subnets: [Subnet]) {
    var ipv4: [Held<UInt32>] = []
    var ipv6: [Held<UInt128>] = []
    ipv4.reserveCapacity(subnets.count)
    for (index, subnet) in subnets.enumerated() {
      switch subnet.prefix {
      case .ipv4(let prefix):
        ipv4.append(Held(prefix.interval.lower, prefix.interval.upper, row: index))
      case .ipv6(let prefix):
        ipv6.append(Held(prefix.interval.lower, prefix.interval.upper, row: index))
      }
    }
    self.ipv4 = Self.runs(ipv4)
    self.ipv6 = Self.runs(ipv6)
  }

  package func runs(of family: AddressFamily) -> [Run] { family == .ipv4 ? ipv4 : ipv6 }

  private struct Held<Bound: FixedWidthInteger & UnsignedInteger> {
    let lower: Bound
    let upper: Bound
    let row: Int

    init(_ lower: Bound, _ upper: Bound, row: Int) {
      self.lower = lower
      self.upper = upper
      self.row = row
    }
  }

  /// Prefixes nest or lie apart, so that of those around an address the one that began last is the
  /// longest.
  private static func runs<Bound>(_ prefixes: [Held<Bound>]) -> [Run] {
    let sorted = prefixes.sorted {
      $0.lower != $1.lower
        ? $0.lower < $1.lower : $0.upper != $1.upper ? $0.upper > $1.upper : $0.row < $1.row
    }
    var runs: [Run] = []
    runs.reserveCapacity(2 * sorted.count)
    var around: [Held<Bound>] = []
    /// The first address that has no run yet, of those in the prefixes around.
    var start: Bound = 0
    func add(upTo upper: Bound) {
      if let inner = around.last, start <= upper {
        runs.append(Run(lower: UInt128(start), upper: UInt128(upper), row: inner.row))
      }
    }
    func leave(before address: Bound?) {
      while let inner = around.last, address.map({ inner.upper < $0 }) ?? true {
        add(upTo: inner.upper)
        // Behind the last address there is none: what is around ends there as well.
        if inner.upper == .max { return around.removeAll() }
        start = max(start, inner.upper + 1)
        around.removeLast()
      }
    }
    for prefix in sorted {
      leave(before: prefix.lower)
      if let inner = around.last, inner.lower == prefix.lower, inner.upper == prefix.upper {
        continue
      }
      if prefix.lower > 0 { add(upTo: prefix.lower - 1) }
      start = prefix.lower
      around.append(prefix)
    }
    leave(before: nil)
    return runs
  }
}
