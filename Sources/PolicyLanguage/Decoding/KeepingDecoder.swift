import Diagnostics

extension KeepingDeclaration {
  /// How long an offender stays where the policy does not say: a day.
  package static let offendersKeep: UInt64 = 86_400
  /// How much a set holds where the policy does not say.
  package static let defaultCapacity: UInt32 = 65_536

  /// From a minute to a year: what goes sooner nobody can look at, what stays longer is no evidence.
  static let keeps: ClosedRange<UInt64> = 60...366 * 86_400
  /// Each entry takes some 100 bytes of the kernel's memory.
  static let capacities = 1...1_048_576
}

extension DecodingContext {
  private static let keepingKeys = KeyTable(
    what: "a set that is filled while the policy is in force", known: ["keep", "capacity"],
    synonyms: ["timeout": "keep", "for": "keep", "size": "capacity", "limit": "capacity"],
    shape: "{ keep: 1d, capacity: 65536 }")

  /// `{ keep: DURATION, capacity: N }`.
  mutating func keeping(_ node: SyntaxNode, _ what: String) -> KeepingDeclaration? {
    guard let entries = entries(node, Self.keepingKeys) else { return nil }
    var keeping = KeepingDeclaration(span: node.span)
    keeping.keep = entries["keep"].flatMap {
      duration($0, "`keep` of \(what)", in: KeepingDeclaration.keeps)
    }
    keeping.capacity = entries["capacity"].flatMap {
      integer($0, "`capacity` of \(what)", in: KeepingDeclaration.capacities)
    }.map { $0.map { UInt32(clamping: $0) } }
    return keeping
  }

  private static let units: KeyValuePairs<Character, UInt64> = [
    "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800,
  ]

  /// `90s`, `5m`, `12h`, `7d`, `2w`, as seconds.
  mutating func duration(
    _ node: SyntaxNode, _ what: String, in range: ClosedRange<UInt64>
  ) -> Located<UInt64>? {
    guard let found = text(node, what) else { return nil }
    let digits = found.value.dropLast()
    let unit = found.value.last.flatMap { last in Self.units.first { $0.key == last }?.value }
    let isDecimal =
      !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
    guard let unit, isDecimal, digits == "0" || digits.first != "0" else {
      report(
        .invalidDuration, "\(what) is a duration such as `90s`, `5m`, `12h`, `7d` or `2w`",
        at: node)
      return nil
    }
    let seconds = UInt64(digits).map { $0.multipliedReportingOverflow(by: unit) }
    guard let seconds, !seconds.overflow, range.contains(seconds.partialValue) else {
      report(
        .invalidDuration,
        "\(what) is from \(Self.words(range.lowerBound)) to \(Self.words(range.upperBound))",
        at: node)
      return nil
    }
    return found.map { _ in seconds.partialValue }
  }

  /// Seconds as they would be written.
  private static func words(_ seconds: UInt64) -> String {
    let unit = units.reversed().first { seconds % $0.value == 0 && $0.key != "w" }
    return unit.map { "\(seconds / $0.value)\($0.key)" } ?? "\(seconds)s"
  }
}
