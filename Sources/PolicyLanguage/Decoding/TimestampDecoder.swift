import Diagnostics

extension DecodingContext {
  /// `2027-06-30`, 00:00 UTC of that day, or an RFC 3339 time.
  ///
  /// `mayBeLeftOut` says whether a date too far away to matter means the same as none.
  mutating func timestamp(_ node: SyntaxNode, _ what: String, mayBeLeftOut: Bool = true)
    -> Located<Timestamp>?
  {
    guard let found = text(node, what) else { return nil }
    guard let value = Timestamp(parsing: found.value) else {
      report(
        .invalidDate, "\(what) is a day of the calendar or an RFC 3339 time", at: node,
        help: [.init("write `2027-06-30` (00:00 UTC) or `2027-06-30T18:00:00+02:00`")])
      return nil
    }
    guard value <= .latest else {
      report(
        .invalidDate, "\(what) is a time before the year 2554", at: node,
        notes: ["the kernel counts nanoseconds since 1970 in 64 bits"],
        help: mayBeLeftOut ? [.init("leave it out: what has no end does not expire")] : [])
      return nil
    }
    return found.map { _ in value }
  }
}

extension Timestamp {
  /// The last second of 2553, the last whole year of 64-bit nanoseconds.
  static let latest = Timestamp(seconds: 18_429_292_799)

  /// Reads a full date, or a date and time with its offset (RFC 3339 §5.6).
  ///
  /// Fractions of a second are cut off. A leap second is refused, as the kernel's clock has none.
  package init?(parsing text: String) {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int? {
      guard range.upperBound <= bytes.count, bytes[range].allSatisfy(Identifier.isDigit) else {
        return nil
      }
      return bytes[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
    func isAt(_ index: Int, _ characters: String) -> Bool {
      index < bytes.count && characters.utf8.contains(bytes[index])
    }
    guard let year = number(0..<4), isAt(4, "-"), let month = number(5..<7), isAt(7, "-"),
      let day = number(8..<10), (1...12).contains(month), (1970...9999).contains(year),
      (1...Self.days(in: month, of: year)).contains(day)
    else { return nil }
    var total = Self.daysSinceEpoch(year, month, day) * 86400
    if bytes.count > 10 {
      guard isAt(10, "Tt "), let hour = number(11..<13), isAt(13, ":"),
        let minute = number(14..<16), isAt(16, ":"), let second = number(17..<19), hour < 24,
        minute < 60, second < 60
      else { return nil }
      total += hour * 3600 + minute * 60 + second
      var index = 19
      if isAt(index, ".") {
        index += 1
        let start = index
        while index < bytes.count, Identifier.isDigit(bytes[index]) { index += 1 }
        guard index > start else { return nil }
      }
      if isAt(index, "Zz") {
        index += 1
      } else {
        guard isAt(index, "+-"), let hours = number(index + 1..<index + 3), isAt(index + 3, ":"),
          let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
        else { return nil }
        total -= (hours * 3600 + minutes * 60) * (bytes[index] == UInt8(ascii: "-") ? -1 : 1)
        index += 6
      }
      guard index == bytes.count else { return nil }
    }
    guard total >= 0 else { return nil }
    self.init(seconds: Int64(total))
  }

  /// The day, or the day and time where it is not midnight, UTC: `2027-06-30T18:00:00Z`.
  package var text: String {
    let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86400)
    // Nothing that was read lies before 1970 or after 9999.
    var left = Int(max(0, days))
    var year = 1970 + left / 366
    while Self.daysSinceEpoch(year + 1, 1, 1) <= left { year += 1 }
    left -= Self.daysSinceEpoch(year, 1, 1)
    var month = 1
    while left >= Self.days(in: month, of: year) {
      left -= Self.days(in: month, of: year)
      month += 1
    }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(year)-\(two(month))-\(two(left + 1))"
    if rest <= 0 { return day }
    let second = Int(rest)
    return "\(day)T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
    // Leap days before 1 January of a year, from the Gregorian rule.
    func leaps(before year: Int) -> Int {
      let last = year - 1
      return last / 4 - last / 100 + last / 400
    }
    let months = (1..<month).reduce(0) { $0 + days(in: $1, of: year) }
    return (year - 1970) * 365 + leaps(before: year) - leaps(before: 1970) + months + day - 1
  }
}
