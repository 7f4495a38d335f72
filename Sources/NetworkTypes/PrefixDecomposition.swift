/// A block of `2^(width - length)` addresses that share their first `length` bits.
///
/// RFC 4632 §3.1: the bits after the prefix are zero in `base`.
public struct Prefix<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  /// The first address, in host byte order.
  public let base: Bound
  /// 0 to 32 for IPv4, 0 to 128 for IPv6.
  public let length: Int

  /// The prefix of this length that holds `address`: host bits are cleared.
  ///
  /// `length` is within 0 and the width of the address.
  @inlinable
  public init(holding address: Bound, length: Int) {
    precondition(length >= 0 && length <= Bound.bitWidth, "a prefix length within the address")
    base = address & ~Prefix.hostMask(length: length)
    self.length = length
  }

  /// The bits after the prefix, as ones.
  @inlinable
  public static func hostMask(length: Int) -> Bound {
    // The smart shift by the whole width gives 0, where `/0` needs all ones and `/width` none.
    length == 0 ? .max : (1 << (Bound.bitWidth - length)) &- 1
  }

  /// Its first and last address.
  @inlinable
  public var interval: IntervalSet<Bound>.Interval {
    IntervalSet<Bound>.Interval(base, base | Prefix.hostMask(length: length))
  }
}

extension IntervalSet.Interval {
  /// The length of the one prefix that the interval is, or nil.
  @inlinable
  public var prefixLength: Int? {
    let difference = lower ^ upper
    // Below the shared bits, `lower` must be all zeros and `upper` all ones.
    guard difference & (difference &+ 1) == 0, lower & difference == 0 else { return nil }
    return difference.leadingZeroBitCount
  }

  /// The fewest prefixes that together are the interval, in ascending order.
  ///
  /// At most `2 * width - 2` of them: 62 for IPv4, 254 for IPv6.
  @inlinable
  public var prefixes: [Prefix<Bound>] {
    var result: [Prefix<Bound>] = []
    appendPrefixes(to: &result)
    return result
  }

  /// Appends the fewest prefixes that together are the interval, in ascending order.
  @inlinable
  public func appendPrefixes(to result: inout [Prefix<Bound>]) {
    var next = lower
    while true {
      // The largest block that begins at `next` and does not end after `upper`.
      var hostBits = Swift.min(next.trailingZeroBitCount, Bound.bitWidth)
      let remaining = upper - next
      if remaining != .max {
        // A block of 2^n addresses needs `remaining >= 2^n - 1`: n is the log of remaining + 1.
        hostBits = Swift.min(
          hostBits, Bound.bitWidth - 1 - (remaining + 1).leadingZeroBitCount)
      }
      let prefix = Prefix<Bound>(holding: next, length: Bound.bitWidth - hostBits)
      result.append(prefix)
      let last = prefix.interval.upper
      if last >= upper { return }
      next = last + 1
    }
  }
}

extension IntervalSet {
  /// The fewest prefixes that together are the set, in ascending order.
  @inlinable
  public var prefixes: [Prefix<Bound>] {
    var result: [Prefix<Bound>] = []
    result.reserveCapacity(storage.count)
    for interval in storage { interval.appendPrefixes(to: &result) }
    return result
  }
}
