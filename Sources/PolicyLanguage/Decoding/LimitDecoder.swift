import Diagnostics

extension DecodingContext {
  /// Beyond these the kernel's token arithmetic (64-bit nanoseconds times burst) overflows.
  private static let rates = 1...1_000_000
  private static let bursts = 1...65_535
  /// A source may be given no more connections than there are entries in its table.
  private static let connections = 1...1_000_000
  private static let defaultBurst: UInt32 = 5

  /// `RATE/second|minute|hour|day [burst N] [per source]`, or `N connections per source`.
  mutating func limit(_ node: SyntaxNode) -> Located<Limit>? {
    guard let found = text(node, "`limit`") else { return nil }
    var words = found.value.split(separator: " ")[...]
    guard let first = words.popFirst() else { return refuseLimit(node) }
    if !first.utf8.contains(UInt8(ascii: "/")) {
      guard words == ["connections", "per", "source"] || words == ["connection", "per", "source"]
      else { return refuseLimit(node) }
      guard let count = limitNumber(first, node, "connections per source", in: Self.connections)
      else { return nil }
      return found.map { _ in .connectionsPerSource(count) }
    }
    guard let rate = rate(first, node, "`limit`") else { return nil }
    var burst = Self.defaultBurst
    if words.first == "burst" {
      words.removeFirst()
      guard let word = words.popFirst() else { return refuseLimit(node) }
      guard let number = limitNumber(word, node, "`burst`", in: Self.bursts) else { return nil }
      burst = number
    }
    let perSource = words == ["per", "source"]
    guard perSource || words.isEmpty else { return refuseLimit(node) }
    return found.map { _ in
      .rate(count: rate.count, unit: rate.unit, burst: burst, perSource: perSource)
    }
  }

  /// `10/second`; long and short units.
  mutating func rate(_ text: some StringProtocol, _ node: SyntaxNode, _ what: String) -> LogRate? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 2, let count = limitNumber(parts[0], node, "the rate", in: Self.rates)
    else {
      if parts.count != 2 { _ = refuseLimit(node) }
      return nil
    }
    guard let unit = RateUnit.allCases.first(where: { $0.name == parts[1] }) else {
      let meant = RateUnit.allCases.first { unit in
        !parts[1].isEmpty && (unit.name.hasPrefix(parts[1]) || parts[1] == unit.name + "s")
      }
      let fixed = meant.flatMap { unit in
        node.text.map { replaceUnit(in: $0, parts[1], with: unit.name) }
      }
      report(
        .invalidLimit, "\(what) is per `second`, `minute`, `hour` or `day`", at: node,
        help: fixed.map { [.init("write `\($0)`", replacing: node.writtenSpan, with: $0)] } ?? [])
      return nil
    }
    return LogRate(count: count, unit: unit)
  }

  mutating func burst(_ node: SyntaxNode) -> Located<UInt32>? {
    integer(node, "`burst`", in: Self.bursts).map { found in found.map { UInt32($0) } }
  }

  private func replaceUnit(in text: String, _ old: String, with new: String) -> String {
    guard let slash = text.firstIndex(of: "/") else { return text }
    let rest = text[slash...].dropFirst(1 + old.count)
    return text[...slash] + new + rest
  }

  private mutating func limitNumber(
    _ text: some StringProtocol, _ node: SyntaxNode, _ what: String, in range: ClosedRange<Int>
  ) -> UInt32? {
    guard let value = Self.decimal(text) else {
      _ = refuseLimit(node)
      return nil
    }
    guard range.contains(value) else {
      report(
        .invalidLimit, "\(what) is a number from \(range.lowerBound) to \(range.upperBound)",
        at: node)
      return nil
    }
    return UInt32(value)
  }

  private mutating func refuseLimit(_ node: SyntaxNode) -> Located<Limit>? {
    report(
      .invalidLimit, "a limit is a rate or a number of connections per source", at: node,
      help: [
        .init("write for example `10/minute`, `30/minute burst 10 per source`"),
        .init("or `20 connections per source`"),
      ])
    return nil
  }
}
