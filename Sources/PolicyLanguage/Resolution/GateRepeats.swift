import Diagnostics
import NetworkTypes

/// The longest prefix decides, so equal ones must agree.
extension Resolver {
  /// How many repeats are shown; of the rest, how many.
  private static let shownRepeats = 20

  /// Two entries of one prefix.
  private struct Repeat {
    let first: UInt32
    let second: UInt32
    let prefix: String
  }

  /// One diagnostic for each pair of entries, as far as they are shown.
  mutating func checkRepeats(
    in gate: ResolvedSMTPEgress, _ exceptions: [SMTPEgressDeclaration.Allow]
  ) {
    let table = GateTable(gate.allow, gate.subnets)
    let repeats =
      table.ipv4.repeats().map {
        Repeat(first: $0.first, second: $0.second, prefix: $0.prefix.interval.addressDescription)
      }
      + table.ipv6.repeats().map {
        Repeat(first: $0.first, second: $0.second, prefix: $0.prefix.interval.addressDescription)
      }
    var known: Set<[UInt32]> = []
    var shown: [DiagnosticCode: Int] = [:]
    var last: [DiagnosticCode: Diagnostic] = [:]
    // In the order of the text; of a pair in both families the IPv4 prefix is shown.
    let ordered = repeats.enumerated().sorted {
      ($0.element.second, $0.element.first, $0.offset)
        < ($1.element.second, $1.element.first, $1.offset)
    }
    for (_, found) in ordered where known.insert([found.first, found.second]).inserted {
      let second = table.entry(found.second)
      let diagnostic = diagnostic(
        of: found.prefix, second, table.entry(found.first), gate, exceptions)
      waivers = waivers(of: second, gate, exceptions)
      let count = shown[diagnostic.code, default: 0] + 1
      shown[diagnostic.code] = count
      if count <= Self.shownRepeats {
        if diagnostic.severity == .error { report(diagnostic) } else { warn(diagnostic) }
      } else if last[diagnostic.code] == nil {
        last[diagnostic.code] = diagnostic
      }
    }
    waivers = []
    for (code, diagnostic) in last.sorted(by: { $0.key.code < $1.key.code }) {
      var rest = diagnostic
      let count = shown[code, default: 0]
      rest.message =
        code == .repeatedSubnet
        ? "\(count) prefixes stand in two rows; the first \(Self.shownRepeats) are shown"
        : "\(count) prefixes have two answers; the first \(Self.shownRepeats) are shown"
      rest.help = []
      if rest.severity == .error { report(rest) } else { warn(rest) }
    }
  }

  private func waivers(
    of entry: GateEntry, _ gate: ResolvedSMTPEgress, _ exceptions: [SMTPEgressDeclaration.Allow]
  ) -> [Waiver] {
    let own = policy.smtpEgress?.waivers ?? []
    switch entry {
    case .allow(let index): return exceptions[index].waivers + own
    case .subnet(let index):
      return (gate.inventories.first { $0.rows.contains(index) }?.waivers ?? []) + own
    }
  }

  private func diagnostic(
    of prefix: String, _ entry: GateEntry, _ other: GateEntry, _ gate: ResolvedSMTPEgress,
    _ exceptions: [SMTPEgressDeclaration.Allow]
  ) -> Diagnostic {
    switch (entry, other) {
    case (.allow(let index), .allow(let otherIndex)):
      return repeated(
        prefix, gate.allow[index], gate.allow[otherIndex], at: exceptions[index].from?.span)
    case (.subnet(let index), .subnet(let otherIndex)):
      return repeated(prefix, gate.subnets[index], gate.subnets[otherIndex])
    case (.subnet(let index), .allow(let otherIndex)), (.allow(let otherIndex), .subnet(let index)):
      return repeated(prefix, gate.subnets[index], gate.allow[otherIndex])
    }
  }

  private func repeated(
    _ prefix: String, _ exception: ResolvedSMTPEgress.Allow, _ other: ResolvedSMTPEgress.Allow,
    at span: SourceSpan?
  ) -> Diagnostic {
    let agrees = exception.to == other.to && exception.expires == other.expires
    let secondary = [Diagnostic.Label(other.span, "`\(prefix)` is here too")]
    if agrees {
      return Diagnostic(
        .repeatedException, .warning,
        "an exception should be made once: `\(prefix)` is allowed already",
        at: span ?? exception.span, secondary: secondary,
        help: [Diagnostic.Help("remove one of the two")])
    }
    return Diagnostic(
      .contradictoryException, .error,
      "equal prefixes have one answer: `\(prefix)` has two that differ in "
        + (exception.to == other.to ? "`expires`" : "`to`"),
      at: span ?? exception.span, secondary: secondary,
      help: [Diagnostic.Help("make them one entry, or remove one of the two")])
  }

  private func repeated(_ prefix: String, _ subnet: Subnet, _ other: Subnet) -> Diagnostic {
    func label(_ row: Subnet) -> String {
      "row `\(row.name)` says `\(row.answer.rawValue)`"
        + (subnet.expires == other.expires ? "" : row.expires.map { " until \($0)" } ?? " for good")
    }
    let secondary = [Diagnostic.Label(other.span, label(other))]
    if subnet.answer != other.answer || subnet.expires != other.expires {
      let what =
        subnet.answer != other.answer
        ? "has two, `\(other.answer.rawValue)` and `\(subnet.answer.rawValue)`"
        : "has two that differ in `expires`"
      return Diagnostic(
        .contradictorySubnet, .error, "equal prefixes have one answer: `\(prefix)` \(what)",
        at: subnet.span, label: label(subnet),
        secondary: secondary, help: [Diagnostic.Help("correct or remove one of the two rows")])
    }
    let notes =
      subnet.name == other.name
      ? [] : ["the first row counts: what is stopped is `\(other.name)`'s"]
    return Diagnostic(
      .repeatedSubnet, .warning, "a prefix should stand in one row: `\(prefix)` stands in two",
      at: subnet.span, secondary: secondary, notes: notes,
      help: [Diagnostic.Help("remove one of the two rows")])
  }

  private func repeated(
    _ prefix: String, _ subnet: Subnet, _ exception: ResolvedSMTPEgress.Allow
  ) -> Diagnostic {
    let secondary = [Diagnostic.Label(exception.span, "`\(prefix)` is here too")]
    let isSame =
      subnet.answer == .allowed && subnet.expires == exception.expires
      && exception.to == algebra.any
    if isSame {
      return Diagnostic(
        .repeatedSubnet, .warning,
        "an exception should be made once: `\(prefix)` is in `allow` already", at: subnet.span,
        secondary: secondary, help: [Diagnostic.Help("remove one of the two")])
    }
    return Diagnostic(
      .contradictorySubnet, .error,
      "equal prefixes have one answer: `\(prefix)` is `\(subnet.answer.rawValue)` in row "
        + "`\(subnet.name)` and has another one in `allow`",
      at: subnet.span, secondary: secondary,
      help: [Diagnostic.Help("remove the entry or the row, or make them agree")])
  }
}
