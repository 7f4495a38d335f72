/// Prefixes of one family, each with a number that says what stands behind it.
///
/// Of the entries that hold an address the one with the longest written length decides. The order in
/// which they were given never matters. A sorted array without an object per entry: 12 bytes each
/// for IPv4 and 32 for IPv6.
public struct LongestPrefixTable<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  public struct Entry: Hashable, Sendable {
    public let prefix: WrittenPrefix<Bound>
    public let value: UInt32

    @inlinable
    public init(_ prefix: WrittenPrefix<Bound>, _ value: UInt32) {
      self.prefix = prefix
      self.value = value
    }
  }

  /// A containing block before those in it, of equal blocks the shorter prefix first, of equal
  /// prefixes the smaller value.
  ///
  /// Blocks either nest or are disjoint.
  public let entries: [Entry]

  /// From entries in any order.
  ///
  /// O(n log n); O(n) when they are sorted.
  @_specialize(where Bound == UInt32)
  @_specialize(where Bound == UInt128)
  public init(_ entries: [Entry]) {
    func isOrdered(_ a: Entry, _ b: Entry) -> Bool {
      a.prefix == b.prefix ? a.value < b.value : a.prefix.precedes(b.prefix)
    }
    for index in entries.indices.dropFirst() where !isOrdered(entries[index - 1], entries[index]) {
      self.entries = entries.sorted(by: isOrdered)
      return
    }
    self.entries = entries
  }

  /// The prefixes of several lists; the value is the index of the list.
  @inlinable
  public init(_ lists: [WrittenPrefixes<Bound>]) {
    var entries: [Entry] = []
    entries.reserveCapacity(lists.reduce(0) { $0 + $1.prefixes.count })
    for (index, list) in lists.enumerated() {
      for prefix in list.prefixes {
        entries.append(Entry(prefix, UInt32(truncatingIfNeeded: index)))
      }
    }
    self.init(entries)
  }

  /// A prefix that stands behind two values.
  public struct Repeat: Hashable, Sendable {
    /// As written.
    public let prefix: Prefix<Bound>
    /// The smaller value and the larger.
    public let first: UInt32
    public let second: UInt32

    fileprivate init(_ prefix: Prefix<Bound>, _ a: UInt32, _ b: UInt32) {
      self.prefix = prefix
      first = min(a, b)
      second = max(a, b)
    }
  }

  /// Prefixes of equal length that hold a common address for two values, so that neither is the
  /// longest.
  ///
  /// Each pair of values once, by its first prefix; of several values at one prefix, each with the
  /// first of them. In ascending order of the prefixes. Linear in the entries.
  @_specialize(where Bound == UInt32)
  @_specialize(where Bound == UInt128)
  public func repeats() -> [Repeat] {
    var known: Set<UInt64> = []
    var result: [Repeat] = []
    var open: [(upper: Bound, entry: Entry)] = []
    for entry in entries {
      while let top = open.last, top.upper < entry.prefix.base { open.removeLast() }
      // Blocks of one length that overlap are of one written prefix. Two values of it suffice to find
      // another one for any value, however many there are.
      var values = 0
      var isKnown = false
      var other: UInt32?
      for candidate in open where candidate.entry.prefix.length == entry.prefix.length {
        values += 1
        if candidate.entry.value == entry.value {
          isKnown = true
        } else if other == nil {
          other = candidate.entry.value
        }
      }
      if let other {
        let found = Repeat(entry.prefix.whole, other, entry.value)
        let pair = UInt64(found.first) << 32 | UInt64(found.second)
        if known.insert(pair).inserted { result.append(found) }
      }
      if !isKnown, values < 2 { open.append((entry.prefix.block.upper, entry)) }
    }
    return result
  }
}
