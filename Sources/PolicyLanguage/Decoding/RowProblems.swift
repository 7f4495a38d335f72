import Diagnostics
import NetworkTypes

/// ` (row 3)`, as the end of a message: what many renderers show is the message alone, and a file of
/// one line has no other place that a person could count to.
///
/// Rows are counted from 1, a header row apart, those that cannot be read included.
func inRow(_ row: Int?) -> String { row.map { " (row \($0))" } ?? "" }

extension CSVProblem {
  /// With its row, and for a row of the wrong length the columns that it lacks.
  ///
  /// - Parameter header: the names of the header row.
  func diagnostic(_ header: [String], in file: SourceFileID) -> Diagnostic {
    var label: String?
    if case .wrongFieldCount(let expected, let found) = kind {
      let missing = header.dropFirst(found)
      label =
        found > expected
        ? "beyond the header's last, `\(header.last ?? "")`"
        : "no field for " + missing.prefix(4).map { "`\($0)`" }.joined(separator: ", ")
          + (missing.count > 4 ? " and \(missing.count - 4) more" : "")
    }
    return Diagnostic(
      .badListEntry, .error, message + inRow(row),
      at: SourceSpan(file: file, start: range.lowerBound, end: range.upperBound), label: label,
      help: help.map { [Diagnostic.Help($0)] } ?? [])
  }
}

extension JSONProblem {
  /// With its row.
  func diagnostic(in file: SourceFileID) -> Diagnostic {
    Diagnostic(
      .badListEntry, .error, message + inRow(row),
      at: SourceSpan(file: file, start: range.lowerBound, end: range.upperBound),
      help: help.map { [Diagnostic.Help($0)] } ?? [])
  }
}
