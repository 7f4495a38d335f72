import NetworkTypes
package import PolicyLanguage

/// The rows of an inventory, ready to be found by the longest prefix that holds a source.
///
/// Expired rows are rows: whose address it is does not expire with what it may do.
package struct InventoryJoin: Sendable {
  private struct Row<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    var lower: Bound
    var upper: Bound
    var index: Int
  }

  private let rows4: [Row<UInt32>]
  private let rows6: [Row<UInt128>]

  /// n log n in rows.
  package init(_ subnets: [Subnet]) {
    var rows4: [Row<UInt32>] = []
    var rows6: [Row<UInt128>] = []
    for (index, subnet) in subnets.enumerated() {
      switch subnet.prefix {
      case .ipv4(let prefix):
        let interval = prefix.interval
        rows4.append(Row(lower: interval.lower, upper: interval.upper, index: index))
      case .ipv6(let prefix):
        let interval = prefix.interval
        rows6.append(Row(lower: interval.lower, upper: interval.upper, index: index))
      }
    }
    self.rows4 = Self.sorted(rows4)
    self.rows6 = Self.sorted(rows6)
  }

  /// What holds comes before what it holds; of equal prefixes the first row is found.
  private static func sorted<Bound>(_ rows: [Row<Bound>]) -> [Row<Bound>] {
    rows.sorted {
      if $0.lower != $1.lower { return $0.lower < $1.lower }
      if $0.upper != $1.upper { return $0.upper > $1.upper }
      return $0.index > $1.index
    }
  }

  /// The row of each source, nil of one in none; sources ascend by their lower ends and do not overlap.
  ///
  /// A row must hold the whole of a source. Linear in both.
  package func rows(of sources: [(lower: UInt32, upper: UInt32)]) -> [Int?] {
    Self.merge(rows4, sources)
  }

  package func rows(of sources: [(lower: UInt128, upper: UInt128)]) -> [Int?] {
    Self.merge(rows6, sources)
  }

  private static func merge<Bound>(
    _ rows: [Row<Bound>], _ sources: [(lower: Bound, upper: Bound)]
  ) -> [Int?] {
    var found: [Int?] = []
    found.reserveCapacity(sources.count)
    // The rows that hold the place where we are, each within the one before it.
    var open: [Row<Bound>] = []
    var next = 0
    for source in sources {
      while next < rows.count, rows[next].lower <= source.lower {
        while let last = open.last, last.upper < rows[next].lower { open.removeLast() }
        open.append(rows[next])
        next += 1
      }
      while let last = open.last, last.upper < source.lower { open.removeLast() }
      found.append(open.last { $0.upper >= source.upper }?.index)
    }
    return found
  }
}
