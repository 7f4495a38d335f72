/// Seconds since the epoch, UTC.
package struct Timestamp: Hashable, Comparable, Sendable {
  package var seconds: Int64

  package init(seconds: Int64) { self.seconds = seconds }

  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.seconds < b.seconds }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC; a day alone where it is its beginning, as policies write dates.
  ///
  /// What no calendar holds is a number.
  package var description: String {
    guard (-62_135_596_800...253_402_300_799).contains(seconds) else { return "\(seconds) s" }
    let day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    let rest = seconds - day * 86400
    // Days to year, month and day of the proleptic Gregorian calendar, in eras of 400 years that
    // begin in March.
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * ofYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func padded(_ number: Int64, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let date =
      "\(padded(year, 4))-\(padded(month, 2))-\(padded(ofYear - (153 * part + 2) / 5 + 1, 2))"
    if rest == 0 { return date }
    return date + "T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))Z"
  }
}

extension Timestamp {
  /// RFC 3339 in UTC, with the time of day at midnight, too: what a clock has read.
  package var moment: String {
    let text = description
    return text.utf8.count == 10 && text.utf8.contains(UInt8(ascii: "-"))
      ? text + "T00:00:00Z" : text
  }
}
