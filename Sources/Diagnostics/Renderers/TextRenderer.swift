/// Diagnostics for people: the message, the lines it speaks of, and what to do.
///
/// Whatever a file holds, no control character of it reaches the output.
package struct TextRenderer: Sendable {
  /// Whether to colour by ECMA-48 sequences.
  package var coloured: Bool
  /// Of a source line, at most this many columns are shown around the place in question.
  package var columns: Int

  package init(coloured: Bool = false, columns: Int = 120) {
    self.coloured = coloured
    self.columns = max(columns, 16)
  }

  /// All diagnostics in report order, a blank line between two.
  package func render(_ diagnostics: [Diagnostic], sources: SourceMap) -> String {
    var positions = PositionReader(sources)
    return diagnostics.inReportOrder()
      .map { render($0, sources: sources, positions: &positions) }
      .joined(separator: "\n")
  }

  private func render(
    _ diagnostic: Diagnostic, sources: SourceMap, positions: inout PositionReader
  ) -> String {
    var rows: [TextRow] = []
    var header = TextRow()
    header.append(
      "\(diagnostic.severity.name)[\(diagnostic.code.code)]", .severity(diagnostic.severity))
    header.append(": \(diagnostic.message.visible)", .message)
    rows.append(header)

    let excerpts = Excerpt.excerpts(of: diagnostic, sources: sources, columns: columns)
    let suggestions = diagnostic.help.map { help in
      help.replacement.map { Suggestion($0, sources: sources, columns: columns) }
    }
    let lastLine = max(
      excerpts.map(\.lastLine).max() ?? 1, suggestions.compactMap { $0?.lastLine }.max() ?? 1)
    let gutter = String(lastLine).utf8.count
    let indent = String(repeating: " ", count: gutter)

    for (index, excerpt) in excerpts.enumerated() {
      let place = positions.position(at: excerpt.focus, in: excerpt.file)
      var row = TextRow()
      row.append(index == 0 ? "\(indent)--> " : "\(indent)::: ", .frame)
      row.append("\(sources[excerpt.file].name.visible):\(place.line):\(place.column)")
      rows.append(row)
      rows += excerpt.rows(gutter: gutter)
    }
    for note in diagnostic.notes { rows += remark("note", note, indent: indent) }
    for (help, suggestion) in zip(diagnostic.help, suggestions) {
      rows += remark("help", help.text, indent: indent)
      if let suggestion { rows += suggestion.rows(gutter: gutter) }
    }
    return rows.map { $0.text(coloured: coloured) }.joined()
  }

  /// A note or a help; further lines of its text stand under the first.
  private func remark(_ kind: String, _ text: String, indent: String) -> [TextRow] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { index, line in
      var row = TextRow()
      if index == 0 {
        row.append("\(indent) = ", .frame)
        row.append("\(kind): ", .message)
      } else {
        row.append(indent + String(repeating: " ", count: kind.utf8.count + 5))
      }
      row.append(String(line).visible)
      return row
    }
  }
}
