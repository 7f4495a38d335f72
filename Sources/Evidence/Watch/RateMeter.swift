/// How many things happened in each of the last ten seconds.
package struct RateMeter: Hashable, Sendable {
  /// Seconds that are looked back upon.
  package static let span = 10

  private var buckets = [UInt32](repeating: 0, count: span)
  /// The second of the newest bucket, on the caller's clock.
  private var newest: Int64?
  private var first: Int64?

  package init() {}

  package mutating func add(_ count: UInt32 = 1, at second: Int64) {
    if first == nil { first = second }
    advance(to: second)
    // A clock that goes back counts in the newest bucket.
    let bucket = Self.bucket(of: max(second, newest ?? second))
    buckets[bucket] = buckets[bucket].addingReportingOverflow(count).partialValue
  }

  /// Things a second, in tenths, over the time that was looked at and at most ten seconds.
  package func tenths(at second: Int64) -> UInt64 {
    guard let newest, let first, second - newest < Int64(Self.span) else { return 0 }
    var sum: UInt64 = 0
    for age in 0..<Int64(Self.span) where second - age <= newest && second - age >= first {
      sum += UInt64(buckets[Self.bucket(of: second - age)])
    }
    let watched = min(Int64(Self.span), max(1, second - first + 1))
    return sum * 10 / UInt64(watched)
  }

  private mutating func advance(to second: Int64) {
    guard let last = newest else {
      newest = second
      return
    }
    if second <= last { return }
    for step in 1...min(second - last, Int64(Self.span)) {
      buckets[Self.bucket(of: last + step)] = 0
    }
    newest = second
  }

  private static func bucket(of second: Int64) -> Int {
    let rest = Int(second % Int64(span))
    return rest < 0 ? rest + span : rest
  }
}
