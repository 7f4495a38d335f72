import ArgumentParser

/// `90s`, `5m`, `12h`, `7d`, `2w`: as in a policy, and several one after the other.
struct DurationArgument: ExpressibleByArgument, Hashable {
  var seconds: UInt64

  /// As help shows it.
  var defaultValueDescription: String { Self.words(seconds) }

  init(seconds: UInt64) { self.seconds = seconds }

  init?(argument: String) {
    var total: UInt64 = 0
    var number: UInt64?
    for byte in argument.utf8 {
      if let digit = UInt64(exactly: Int(byte) - 48), digit < 10 {
        let (tens, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
        guard !overflow, tens < UInt64.max / 2 else { return nil }
        number = tens + digit
      } else {
        guard let count = number, let unit = Self.units.first(where: { $0.letter == byte }) else {
          return nil
        }
        let (part, overflow) = count.multipliedReportingOverflow(by: unit.seconds)
        guard !overflow, part <= Self.limit, total + part <= Self.limit else { return nil }
        total += part
        number = nil
      }
    }
    guard number == nil, total > 0 else { return nil }
    seconds = total
  }

  /// 213503 days: a set's element stays for at most 2^64 nanoseconds (nf_msecs_to_jiffies64,
  /// net/netfilter/nf_tables_api.c).
  private static let limit: UInt64 = 213_503 * 86_400

  private static let units: [(letter: UInt8, seconds: UInt64)] = [
    (UInt8(ascii: "w"), 604_800), (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3600),
    (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1),
  ]

  /// The two greatest units: `1d6h`.
  static func words(_ seconds: UInt64) -> String {
    var rest = seconds
    var parts: [String] = []
    for unit in units where unit.seconds < 604_800 {
      let count = rest / unit.seconds
      rest %= unit.seconds
      if count > 0 { parts.append("\(count)\(Character(Unicode.Scalar(unit.letter)))") }
      if parts.count == 2 { break }
    }
    return parts.isEmpty ? "0s" : parts.joined()
  }
}
