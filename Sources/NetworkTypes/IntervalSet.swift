/// A set of unsigned integers as sorted, disjoint, non-adjacent closed intervals.
///
/// Canonical: two equal sets have equal `intervals`. Set algebra is one merge, linear in both
/// inputs.
public struct IntervalSet<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable,
  Sendable
{
  /// A closed interval, `lower <= upper`.
  public struct Interval: Hashable, Sendable {
    public var lower: Bound
    public var upper: Bound

    @inlinable
    public init(_ lower: Bound, _ upper: Bound) {
      self.lower = lower
      self.upper = upper
    }
  }

  public var storage: [Interval]

  @inlinable
  public var intervals: [Interval] { storage }

  @inlinable
  public init() { storage = [] }

  @inlinable
  public static var all: IntervalSet { IntervalSet(canonical: [Interval(.min, .max)]) }

  /// For intervals that are already sorted, disjoint and non-adjacent.
  @inlinable
  public init(canonical: [Interval]) { storage = canonical }

  /// From any intervals: sorts and merges.
  ///
  /// O(n log n); O(n) when they are sorted.
  @inlinable
  public init(_ intervals: [Interval]) {
    var sorted = intervals
    var isSorted = true
    for index in sorted.indices.dropFirst() where sorted[index - 1].lower > sorted[index].lower {
      isSorted = false
      break
    }
    if !isSorted { sorted.sort { $0.lower < $1.lower } }
    storage = []
    storage.reserveCapacity(sorted.count)
    for interval in sorted {
      guard let last = storage.last else {
        storage.append(interval)
        continue
      }
      if last.upper == .max || interval.lower <= last.upper + 1 {
        if interval.upper > last.upper { storage[storage.count - 1].upper = interval.upper }
      } else {
        storage.append(interval)
      }
    }
  }

  @inlinable
  public init(_ value: Bound) { storage = [Interval(value, value)] }

  /// Of a large set the hash reads only some intervals, as many as are enough to tell sets apart that
  /// occur: equality reads all.
  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(storage.count)
    let step = max(1, storage.count / 64)
    for index in stride(from: 0, to: storage.count, by: step) { hasher.combine(storage[index]) }
    if let last = storage.last { hasher.combine(last) }
  }

  @inlinable
  public var isEmpty: Bool { storage.isEmpty }

  @inlinable
  public var isAll: Bool {
    storage.count == 1 && storage[0].lower == .min && storage[0].upper == .max
  }

  /// O(log n).
  @inlinable
  public func contains(_ value: Bound) -> Bool {
    var low = 0
    var high = storage.count
    while low < high {
      let middle = (low + high) / 2
      if storage[middle].upper < value { low = middle + 1 } else { high = middle }
    }
    return low < storage.count && storage[low].lower <= value
  }

  @inlinable
  public func complement() -> IntervalSet {
    var result: [Interval] = []
    result.reserveCapacity(storage.count + 1)
    var next = Bound.min
    for interval in storage {
      if interval.lower > next { result.append(Interval(next, interval.lower - 1)) }
      if interval.upper == .max { return IntervalSet(canonical: result) }
      next = interval.upper + 1
    }
    result.append(Interval(next, .max))
    return IntervalSet(canonical: result)
  }

  @inlinable
  public func intersection(_ other: IntervalSet) -> IntervalSet {
    var result: [Interval] = []
    var i = 0
    var j = 0
    while i < storage.count, j < other.storage.count {
      let a = storage[i]
      let b = other.storage[j]
      let lower = Swift.max(a.lower, b.lower)
      let upper = Swift.min(a.upper, b.upper)
      if lower <= upper { result.append(Interval(lower, upper)) }
      if a.upper < b.upper { i += 1 } else { j += 1 }
    }
    return IntervalSet(canonical: result)
  }

  @inlinable
  public func union(_ other: IntervalSet) -> IntervalSet {
    if other.isEmpty { return self }
    if isEmpty { return other }
    var merged: [Interval] = []
    merged.reserveCapacity(storage.count + other.storage.count)
    var i = 0
    var j = 0
    while i < storage.count || j < other.storage.count {
      if j == other.storage.count
        || (i < storage.count && storage[i].lower <= other.storage[j].lower)
      {
        merged.append(storage[i])
        i += 1
      } else {
        merged.append(other.storage[j])
        j += 1
      }
    }
    return IntervalSet(merged)
  }

  @inlinable
  public func subtracting(_ other: IntervalSet) -> IntervalSet {
    if other.isEmpty || isEmpty { return self }
    return intersection(other.complement())
  }

  @inlinable
  public func isSubset(of other: IntervalSet) -> Bool { subtracting(other).isEmpty }
}
