import ArgumentParser

/// A time as an option: `90s`, `5m`, `12h`, `7d`, `2w`.
struct DurationArgument: ExpressibleByArgument {
  var seconds: UInt64

  init?(argument: String) {
    let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]
    guard let unit = argument.last.flatMap({ units[$0] }) else { return nil }
    let digits = argument.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = UInt64(digits), number > 0, number <= 10_000_000_000 / unit
    else { return nil }
    seconds = number * unit
  }
}
