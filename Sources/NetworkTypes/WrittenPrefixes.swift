/// A prefix as somebody wrote it, or a block that is left of one.
///
/// Where the longest prefix decides, it counts by the length that was written: a prefix out of which
/// something is cut loses addresses and gains no precedence.
public struct WrittenPrefix<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable,
  Sendable
{
  /// The first address of the block, in host byte order.
  public let base: Bound
  /// The length of the block itself, 0 to 32 or 128.
  public let blockLength: UInt8
  /// The length that was written; at most `blockLength`.
  public let length: UInt8

  /// What is left of a written prefix in one block inside it.
  @inlinable
  public init(_ block: Prefix<Bound>, ofLength length: UInt8) {
    base = block.base
    blockLength = UInt8(block.length)
    self.length = length
  }

  @inlinable
  public init(_ prefix: Prefix<Bound>) { self.init(prefix, ofLength: UInt8(prefix.length)) }

  /// The addresses that it holds.
  @inlinable
  public var block: IntervalSet<Bound>.Interval {
    Prefix(holding: base, length: Int(blockLength)).interval
  }

  /// The prefix as it was written.
  @inlinable
  public var whole: Prefix<Bound> { Prefix(holding: base, length: Int(length)) }

  /// A containing block before those in it; of equal blocks the shorter prefix first.
  @inlinable
  public func precedes(_ other: WrittenPrefix) -> Bool {
    if base != other.base { return base < other.base }
    if blockLength != other.blockLength { return blockLength < other.blockLength }
    return length < other.length
  }
}

/// Prefixes of one family, each once: those inside one another and side by side stay apart.
///
/// A sorted array without an object per prefix: 8 bytes each for IPv4 and 32 for IPv6.
public struct WrittenPrefixes<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable,
  Sendable
{
  public var storage: [WrittenPrefix<Bound>]

  /// In the order of `WrittenPrefix.precedes`, each once.
  @inlinable
  public var prefixes: [WrittenPrefix<Bound>] { storage }

  @inlinable
  public init() { storage = [] }

  /// From any prefixes.
  ///
  /// O(n log n); O(n) when they are sorted.
  @inlinable
  public init(_ prefixes: [WrittenPrefix<Bound>]) {
    storage = prefixes
    var isOrdered = true
    for index in storage.indices.dropFirst() where !storage[index - 1].precedes(storage[index]) {
      isOrdered = false
      break
    }
    if isOrdered { return }
    storage.sort { $0.precedes($1) }
    var count = 1
    for index in storage.indices.dropFirst() where storage[index] != storage[count - 1] {
      storage[count] = storage[index]
      count += 1
    }
    storage.removeSubrange(count...)
  }

  /// From addresses, prefixes and ranges in any order; a range counts as the fewest prefixes that
  /// make it up.
  @inlinable
  public init(_ intervals: [IntervalSet<Bound>.Interval]) {
    var prefixes: [WrittenPrefix<Bound>] = []
    prefixes.reserveCapacity(intervals.count)
    var ofRange: [Prefix<Bound>] = []
    for interval in intervals {
      if let length = interval.prefixLength {
        prefixes.append(WrittenPrefix(Prefix(holding: interval.lower, length: length)))
      } else {
        ofRange.removeAll(keepingCapacity: true)
        interval.appendPrefixes(to: &ofRange)
        for prefix in ofRange { prefixes.append(WrittenPrefix(prefix)) }
      }
    }
    self.init(prefixes)
  }

  /// The prefix of length 0.
  @inlinable
  public static var all: WrittenPrefixes {
    WrittenPrefixes([IntervalSet<Bound>.Interval(.min, .max)])
  }

  @inlinable
  public var isEmpty: Bool { storage.isEmpty }

  /// The addresses that some prefix holds.
  @inlinable
  public var addresses: IntervalSet<Bound> { IntervalSet(storage.map(\.block)) }

  /// What is left of each prefix; it keeps the length of that prefix.
  ///
  /// O(n log m) and the size of the result.
  @inlinable
  public func subtracting(_ removed: IntervalSet<Bound>) -> WrittenPrefixes {
    let holes = removed.intervals
    if holes.isEmpty { return self }
    var result: [WrittenPrefix<Bound>] = []
    result.reserveCapacity(storage.count)
    var pieces: [Prefix<Bound>] = []
    for prefix in storage {
      let block = prefix.block
      // The first hole that does not end before the block.
      var low = 0
      var high = holes.count
      while low < high {
        let middle = (low + high) / 2
        if holes[middle].upper < block.lower { low = middle + 1 } else { high = middle }
      }
      guard low < holes.count, holes[low].lower <= block.upper else {
        result.append(prefix)
        continue
      }
      pieces.removeAll(keepingCapacity: true)
      var start = block.lower
      var reachesEnd = false
      while low < holes.count, holes[low].lower <= block.upper {
        if holes[low].lower > start {
          IntervalSet.Interval(start, holes[low].lower - 1).appendPrefixes(to: &pieces)
        }
        if holes[low].upper >= block.upper {
          reachesEnd = true
          break
        }
        start = holes[low].upper + 1
        low += 1
      }
      if !reachesEnd { IntervalSet.Interval(start, block.upper).appendPrefixes(to: &pieces) }
      for piece in pieces { result.append(WrittenPrefix(piece, ofLength: prefix.length)) }
    }
    return WrittenPrefixes(result)
  }
}

/// Prefixes of both families as they were written: an `AddressSet` that was not merged.
package struct WrittenAddresses: Hashable, Sendable {
  package var ipv4: WrittenPrefixes<UInt32>
  package var ipv6: WrittenPrefixes<UInt128>

  package init(
    ipv4: WrittenPrefixes<UInt32> = WrittenPrefixes(),
    ipv6: WrittenPrefixes<UInt128> = WrittenPrefixes()
  ) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// From addresses, prefixes and ranges in any order.
  package init(
    ipv4: [IntervalSet<UInt32>.Interval], ipv6: [IntervalSet<UInt128>.Interval] = []
  ) {
    self.init(ipv4: WrittenPrefixes(ipv4), ipv6: WrittenPrefixes(ipv6))
  }

  /// The fewest prefixes that make up a set of which nobody knows how it was written.
  package init(_ addresses: AddressSet) {
    self.init(ipv4: addresses.ipv4.intervals, ipv6: addresses.ipv6.intervals)
  }

  /// `0.0.0.0/0` and `::/0`.
  package static let any = WrittenAddresses(ipv4: .all, ipv6: .all)

  package var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

  /// The addresses that some prefix holds.
  package var addresses: AddressSet {
    AddressSet(ipv4: ipv4.addresses, ipv6: ipv6.addresses)
  }

  /// Every prefix of several.
  package static func joining(_ parts: [WrittenAddresses]) -> WrittenAddresses {
    if parts.count == 1 { return parts[0] }
    return WrittenAddresses(
      ipv4: WrittenPrefixes(parts.flatMap(\.ipv4.prefixes)),
      ipv6: WrittenPrefixes(parts.flatMap(\.ipv6.prefixes)))
  }

  /// What is left of each prefix; it keeps the length of that prefix.
  package func subtracting(_ removed: AddressSet) -> WrittenAddresses {
    WrittenAddresses(
      ipv4: ipv4.subtracting(removed.ipv4), ipv6: ipv6.subtracting(removed.ipv6))
  }
}
