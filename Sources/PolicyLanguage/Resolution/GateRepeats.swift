import Diagnostics
import NetworkTypes

/// The longest prefix decides, so equal ones must agree.
extension Resolver {
  /// How many repeats are shown; of the rest, how many.
  private static let shownRepeats = 20
  /// How many entries of one prefix are shown beside two.
  private static let shownEntries = 6

  /// Entries of one prefix.
  private struct Repeat {
    let prefix: String
    let first: UInt32
    /// In the order of the text.
    var others: [UInt32]

    var entries: [UInt32] { [first] + others }
  }

  /// Each prefix with all of its entries.
  private func repeats(of table: GateTable) -> [Repeat] {
    let pairs =
      table.ipv4.repeats().map {
        Repeat(
          prefix: $0.prefix.interval.addressDescription, first: $0.first, others: [$0.second])
      }
      + table.ipv6.repeats().map {
        Repeat(
          prefix: $0.prefix.interval.addressDescription, first: $0.first, others: [$0.second])
      }
    var places: [String: Int] = [:]
    var result: [Repeat] = []
    var known: [Set<UInt32>] = []
    for pair in pairs {
      if let place = places[pair.prefix] {
        // Of blocks that an `except` has left of a prefix, one may begin with another entry.
        for entry in pair.entries where known[place].insert(entry).inserted {
          result[place].others.append(entry)
        }
      } else {
        places[pair.prefix] = result.count
        result.append(pair)
        known.append(Set(pair.entries))
      }
    }
    return result
  }

  /// One diagnostic for each prefix, as far as they are shown.
  mutating func checkRepeats(
    in gate: ResolvedSMTPEgress, _ exceptions: [SMTPEgressDeclaration.Allow]
  ) {
    let table = GateTable(gate.allow, gate.subnets)
    let repeats = repeats(of: table)
    var known: Set<[UInt32]> = []
    var shown: [DiagnosticCode: Int] = [:]
    var last: [DiagnosticCode: Diagnostic] = [:]
    // In the order of the text; of entries in both families the IPv4 prefix is shown.
    let ordered = repeats.enumerated().sorted {
      ($0.element.others.first ?? 0, $0.element.first, $0.offset)
        < ($1.element.others.first ?? 0, $1.element.first, $1.offset)
    }
    for (_, found) in ordered where known.insert(found.entries).inserted {
      let (diagnostic, entry) = diagnostic(of: found, table, gate, exceptions)
      waivers = waivers(of: entry, gate, exceptions)
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

  /// Of two entries that disagree, if any do, with all others beside them.
  private func diagnostic(
    of found: Repeat, _ table: GateTable, _ gate: ResolvedSMTPEgress,
    _ exceptions: [SMTPEgressDeclaration.Allow]
  ) -> (Diagnostic, GateEntry) {
    let first = table.entry(found.first)
    var chosen: (diagnostic: Diagnostic, entry: UInt32)?
    for other in found.others {
      let diagnostic = diagnostic(of: found.prefix, table.entry(other), first, gate, exceptions)
      if chosen == nil || diagnostic.severity == .error { chosen = (diagnostic, other) }
      if diagnostic.severity == .error { break }
    }
    guard let chosen else { preconditionFailure("what repeats a prefix has a second entry") }
    let entry = chosen.entry
    var diagnostic = chosen.diagnostic
    let rest = found.others.filter { $0 != entry }
    for other in rest.prefix(Self.shownEntries) {
      switch table.entry(other) {
      case .allow(let index):
        diagnostic.secondary.append(.init(gate.allow[index].span, "`\(found.prefix)` is here too"))
      case .subnet(let index):
        let row = gate.subnets[index]
        diagnostic.secondary.append(.init(row.span, label(of: row, until: row.expires != nil)))
      }
    }
    if !rest.isEmpty {
      let more = rest.count - Self.shownEntries
      diagnostic.help = [Diagnostic.Help("leave one of them, or correct the others")]
      diagnostic.notes.append(
        "\(found.entries.count) entries are for `\(found.prefix)`"
          + (more > 0 ? "; \(more) of them are not shown" : ""))
    }
    return (diagnostic, table.entry(entry))
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
    let differsInTime = subnet.expires != other.expires
    let secondary = [Diagnostic.Label(other.span, label(of: other, until: differsInTime))]
    if subnet.answer != other.answer || differsInTime {
      let (one, two) = (place(of: other, beside: subnet), place(of: subnet, beside: other))
      let what =
        subnet.answer != other.answer
        ? "has two, `\(other.answer.rawValue)`\(one) and `\(subnet.answer.rawValue)`\(two)"
        : "has two that differ in `expires`" + (one.isEmpty ? "" : ",\(one) and\(two)")
      return Diagnostic(
        .contradictorySubnet, .error, "equal prefixes have one answer: `\(prefix)` \(what)",
        at: subnet.span, label: label(of: subnet, until: differsInTime),
        secondary: secondary, help: [Diagnostic.Help("correct or remove one of the two rows")])
    }
    let notes =
      subnet.name == other.name
      ? [] : ["the first row counts: what is stopped is `\(other.name)`'s"]
    let (one, two) = (place(of: other, beside: subnet), place(of: subnet, beside: other))
    return Diagnostic(
      .repeatedSubnet, .warning,
      "a prefix should stand in one row: `\(prefix)` stands"
        + (one.isEmpty ? " in two" : "\(one) and\(two)"),
      at: subnet.span, label: label(of: subnet, until: differsInTime), secondary: secondary,
      notes: notes, help: [Diagnostic.Help("remove one of the two rows")])
  }

  private func label(of row: Subnet, until: Bool) -> String {
    (row.row.map { "row \($0), `\(row.name)`," } ?? "row `\(row.name)`")
      + " says `\(row.answer.rawValue)`"
      + (until ? row.expires.map { " until \($0)" } ?? " for good" : "")
  }

  /// ` in row 3`, with the file where the other row is in another one; empty where both stand in the
  /// policy, which the places of the diagnostic show.
  private func place(of row: Subnet, beside other: Subnet) -> String {
    guard let number = row.row else { return other.row == nil ? "" : " in the policy" }
    return " in row \(number)"
      + (row.span.file == other.span.file ? "" : " of `\(sources[row.span.file].name)`")
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
      at: subnet.span, label: subnet.row.map { "row \($0)" }, secondary: secondary,
      help: [Diagnostic.Help("remove the entry or the row, or make them agree")])
  }
}
