import NetworkTypes

/// The prefixes of several sets, overlaps resolved: for each stretch of addresses, the values of all
/// prefixes that hold it, the longest first.
///
/// A set's prefixes are the fewest that make it up. O(n log n).
func longestPrefixStacks<Bound>(
  _ sets: [(set: IntervalSet<Bound>, value: Int)]
) -> [MappedInterval<Bound, [Int]>] {
  var prefixes: [ValuedPrefix<Bound>] = []
  for (set, value) in sets {
    for interval in set.intervals {
      forEachPrefix(interval.lower, interval.upper) {
        prefixes.append(ValuedPrefix(lower: $0, upper: $1, value: value))
      }
    }
  }
  // Parents before children; prefixes either nest or are disjoint.
  prefixes.sort { ($0.lower, $1.upper, $0.value) < ($1.lower, $0.upper, $1.value) }
  var result: [MappedInterval<Bound, [Int]>] = []
  var open: [ValuedPrefix<Bound>] = []
  var position = Bound.min

  func emit(upTo upper: Bound) {
    guard !open.isEmpty, position <= upper else { return }
    var values: [Int] = []
    for prefix in open.reversed() where values.last != prefix.value { values.append(prefix.value) }
    if let last = result.last, last.upper != .max, last.upper + 1 == position, last.value == values
    {
      result[result.count - 1].upper = upper
    } else {
      result.append(MappedInterval(lower: position, upper: upper, value: values))
    }
  }
  /// Ends every open prefix that ends before `lower`; all of them where it is nil.
  func close(before lower: Bound?) {
    while let top = open.last, lower.map({ top.upper < $0 }) ?? true {
      emit(upTo: top.upper)
      open.removeLast()
      if top.upper == .max {
        // Nothing lies behind: whatever is open ends here as well.
        open.removeAll()
        return
      }
      position = max(position, top.upper + 1)
    }
  }
  for prefix in prefixes {
    close(before: prefix.lower)
    if !open.isEmpty, prefix.lower > position { emit(upTo: prefix.lower - 1) }
    position = prefix.lower
    open.append(prefix)
  }
  close(before: nil)
  return result
}

/// The fewest prefixes that make up a range, in order, as closed ranges.
private func forEachPrefix<Bound: FixedWidthInteger & UnsignedInteger>(
  _ lower: Bound, _ upper: Bound, _ body: (Bound, Bound) -> Void
) {
  var start = lower
  while true {
    // The largest aligned block that begins here and ends within.
    var mask: Bound = start == 0 ? .max : (start & (0 &- start)) - 1
    while upper - start < mask { mask >>= 1 }
    body(start, start + mask)
    if start + mask == upper { return }
    start += mask + 1
  }
}

private struct ValuedPrefix<Bound: FixedWidthInteger & UnsignedInteger & Sendable> {
  let lower: Bound
  let upper: Bound
  let value: Int
}
