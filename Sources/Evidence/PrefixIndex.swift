package import NetworkTypes
package import PolicyLanguage

/// Prefixes of one family, ready to be found by what they hold.
package struct PrefixIndex<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  package typealias Entry = LongestPrefixTable<Bound>.Entry

  /// In the table's order, each prefix once.
  private var entries: [Entry] = []
  /// Of each entry the smallest block around it, -1 for none.
  private var parents: [Int32] = []

  /// Linear in the entries; of equal prefixes the smallest value is found.
  package init(_ table: LongestPrefixTable<Bound>) {
    entries.reserveCapacity(table.entries.count)
    parents.reserveCapacity(table.entries.count)
    // The blocks around the place where we are, each within the one before it.
    var open: [Int32] = []
    for entry in table.entries {
      if entries.last?.prefix == entry.prefix { continue }
      while let last = open.last, entries[Int(last)].prefix.block.upper < entry.prefix.base {
        open.removeLast()
      }
      parents.append(open.last ?? -1)
      open.append(Int32(truncatingIfNeeded: entries.count))
      entries.append(entry)
    }
  }

  /// The entry with the longest prefix that holds all addresses from one to another; nil where none does.
  ///
  /// Logarithmic in the entries.
  package func longest(holding lower: Bound, through upper: Bound) -> Entry? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].prefix.base <= lower { low = middle + 1 } else { high = middle }
    }
    // Whatever holds the address begins no later, so it is this one or around it.
    var found: Entry?
    var place = low - 1
    while place >= 0 {
      let entry = entries[place]
      if entry.prefix.block.upper >= upper, found.map({ Self.isLonger(entry, $0) }) ?? true {
        found = entry
      }
      place = Int(parents[place])
    }
    return found
  }

  /// Whether an entry holds a part of the block from one address to another, and not all of it.
  ///
  /// Logarithmic in the entries.
  package func divides(_ lower: Bound, through upper: Bound) -> Bool {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].prefix.base < lower { low = middle + 1 } else { high = middle }
    }
    // Of those that begin at one place the largest stands first, so a later one is smaller still.
    while low < entries.count, entries[low].prefix.base <= upper {
      if entries[low].prefix.base > lower || entries[low].prefix.block.upper < upper { return true }
      low += 1
    }
    return false
  }

  private static func isLonger(_ entry: Entry, _ other: Entry) -> Bool {
    (entry.prefix.length, other.value) > (other.prefix.length, entry.value)
  }
}

extension PrefixIndex<UInt32> {
  /// The rows of an inventory, expired ones too: whose address it is does not expire with what it may do.
  package init(_ rows: [Subnet]) {
    self.init(
      LongestPrefixTable(
        rows.enumerated().compactMap { index, row in
          guard case .ipv4(let prefix) = row.prefix else { return nil }
          return Entry(WrittenPrefix(prefix), UInt32(truncatingIfNeeded: index))
        }))
  }
}

extension PrefixIndex<UInt128> {
  package init(_ rows: [Subnet]) {
    self.init(
      LongestPrefixTable(
        rows.enumerated().compactMap { index, row in
          guard case .ipv6(let prefix) = row.prefix else { return nil }
          return Entry(WrittenPrefix(prefix), UInt32(truncatingIfNeeded: index))
        }))
  }
}
