import Diagnostics

/// Columns of text, aligned by what they take on a terminal.
package struct TextTable {
  package var heading: [String]
  package var rows: [[String]]

  package init(heading: [String], rows: [[String]]) {
    self.heading = heading
    self.rows = rows
  }

  /// A line for each row, without blanks at its end.
  package var text: String { lines.map { $0 + "\n" }.joined() }

  /// The heading and the rows, without blanks at their ends.
  package var lines: [String] {
    let lines = ([heading] + rows).map { $0.map(\.visible) }
    let widths = heading.indices.map { column in
      lines.map { $0[column].visibleWidth }.max() ?? 0
    }
    var starts = [0]
    for width in widths { starts.append((starts.last ?? 0) + width + 2) }
    return lines.map { line in
      var result = ""
      var width = 0
      for (column, cell) in line.enumerated() where !cell.isEmpty || column == 0 {
        result += String(repeating: " ", count: column == 0 ? 0 : starts[column] - width) + cell
        width = starts[column] + cell.visibleWidth
      }
      return result
    }
  }
}
