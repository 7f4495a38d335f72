import Diagnostics
import NetworkTypes

/// What is said of rows that cannot be read: each names its row, by number and by place, and the column.
extension Resolver {
  func diagnostic(
    of problem: InventoryRows.Problem, _ inventory: InventoryFile, _ rows: InventoryRows
  ) -> Diagnostic {
    let span = SourceSpan(
      file: rows.file, start: problem.span.lowerBound, end: problem.span.upperBound)
    let column = problem.fault.column
    func said(_ message: String, _ help: String...) -> Diagnostic {
      Diagnostic(
        .badListEntry, .error, message, at: span, help: help.map { Diagnostic.Help($0) })
    }
    var diagnostic: Diagnostic
    switch problem.fault {
    case .address(let error):
      diagnostic = addressDiagnostic(error, Located(sources.text(of: span), span))
      diagnostic.code = .badListEntry
    case .notAPrefix:
      diagnostic = said(
        "a row of an inventory holds one prefix, not a range", "write a row for each prefix")
    case .mapped(let address):
      diagnostic = Self.mappedDiagnostic(address, at: span, writing: span)
      diagnostic.code = .badListEntry
    case .missing(let column):
      diagnostic =
        column == .smtp
        ? withoutAnswer(said) : said("a row of an inventory has a `\(column.rawValue)`", "fill it")
    case .nested(let column):
      diagnostic = said("`\(column.rawValue)` of an inventory is a text or a number")
    case .text(let column, let problem):
      diagnostic = said("`\(column.rawValue)` of an inventory \(problem.rule)", problem.help)
    case .word(let word):
      diagnostic = self.diagnostic(of: word, at: span, inventory, said)
    case .date:
      diagnostic = said(
        "`expires` of an inventory is a day of the calendar or an RFC 3339 time",
        "write `2027-06-30` (00:00 UTC) or `2027-06-30T18:00:00+02:00`")
    case .lateDate:
      diagnostic = said(
        "`expires` of an inventory is a time before the year 2554",
        "leave it empty: what has no end does not expire")
    }
    diagnostic.message += inRow(problem.row)
    if let place = InventoryRows.logical.firstIndex(of: column) {
      diagnostic.primary?.text = "column `\(rows.columns[place])`"
    }
    return diagnostic
  }

  /// What a row says that stands for IPv4 addresses in the form of IPv6 ones.
  static func mappedDiagnostic(
    _ address: AddressSpec, at span: SourceSpan, writing place: SourceSpan?,
    secondary: [Diagnostic.Label] = []
  ) -> Diagnostic {
    Diagnostic(
      .badAddress, .error,
      "an IPv4 subnet is written as one: no packet has an IPv4-mapped address", at: span,
      secondary: secondary,
      help: [Diagnostic.Help("write `\(address)`", replacing: place, with: "\(address)")])
  }

  /// Said of an answer that is missing.
  private func withoutAnswer(_ said: (String, String...) -> Diagnostic) -> Diagnostic {
    said(
      "`smtp` of an inventory is one of \(Self.answers)",
      "fill it, or say what an empty one means: `values: { \"\": relays-only }`")
  }

  private static var answers: String {
    SubnetAnswer.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
  }

  private func diagnostic(
    of word: String, at span: SourceSpan, _ inventory: InventoryFile,
    _ said: (String, String...) -> Diagnostic
  ) -> Diagnostic {
    if word.isEmpty { return withoutAnswer(said) }
    var diagnostic = said("`smtp` of an inventory is one of \(Self.answers)")
    let own = inventory.words.map(\.text.value) + SubnetAnswer.allCases.map(\.rawValue)
    if let near = nearestName(to: word, in: own) {
      diagnostic.help.append(
        Diagnostic.Help("did you mean `\(near)`?", replacing: span, with: near))
    }
    let meaning = "say what the file's word means: `values: { \(scalarText(word)): blocked }`"
    diagnostic.help.append(Diagnostic.Help((diagnostic.help.isEmpty ? "" : "or ") + meaning))
    return diagnostic
  }
}
