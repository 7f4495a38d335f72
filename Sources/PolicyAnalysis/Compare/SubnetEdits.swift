import Diagnostics
import NetworkTypes
import PolicyLanguage

extension PolicyEdit {
  /// So many rows are told one by one; of the rest, how many.
  private static let shownRows = 100

  /// The rows of the inventory that came, went, or say something else, in the order of the new text.
  ///
  /// A row is known by its prefix. Linear in the rows.
  static func subnets(_ old: ResolvedSMTPEgress, _ new: ResolvedSMTPEgress) -> [PolicyEdit] {
    if old.subnets.isEmpty, new.subnets.isEmpty { return [] }
    var before: [IPPrefix: Subnet] = [:]
    before.reserveCapacity(old.subnets.count)
    // Of rows with one prefix the first counts.
    for row in old.subnets where before[row.prefix] == nil { before[row.prefix] = row }
    var seen: Set<IPPrefix> = []
    seen.reserveCapacity(new.subnets.count)
    var edits: [PolicyEdit] = []
    for row in new.subnets where seen.insert(row.prefix).inserted {
      guard let other = before[row.prefix] else {
        edits.append(
          .init(
            kind: .added, what: row.editWords, details: row.answer.rawValue, newSpan: row.span))
        continue
      }
      var details: [String] = []
      if row.answer != other.answer {
        details.append("smtp is `\(row.answer.rawValue)`, and was `\(other.answer.rawValue)`")
      }
      if row.expires != other.expires { details.append("expires") }
      if row.owner != other.owner { details.append("owner") }
      if row.ticket != other.ticket { details.append("ticket") }
      if row.name != other.name { details.insert("was `\(other.name)`", at: 0) }
      if details.isEmpty { continue }
      edits.append(
        .init(
          kind: row.name != other.name && details.count == 1 ? .renamed : .edited,
          what: row.editWords, details: details.joined(separator: ", "), oldSpan: other.span,
          newSpan: row.span))
    }
    for row in old.subnets where before[row.prefix]?.span == row.span {
      if !seen.contains(row.prefix) {
        edits.append(.init(kind: .removed, what: row.editWords, oldSpan: row.span))
      }
    }
    let more = edits.count - shownRows
    guard more > 0 else { return edits }
    return edits.prefix(shownRows) + [
      .init(
        kind: .edited, what: "`smtp-egress.subnets`",
        details: "\(more) more \(more == 1 ? "row differs" : "rows differ")",
        oldSpan: old.subnetsSpan, newSpan: new.subnetsSpan)
    ]
  }
}

extension Subnet {
  fileprivate var editWords: String { "inventory row `\(name)` (\(prefix))" }
}
