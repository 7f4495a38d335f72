import Diagnostics

/// Columns of text, aligned by what they take on a terminal.
struct TextTable {
  var heading: [String]
  var rows: [[String]]

  /// A line for each row, without blanks at its end.
  var text: String {
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
      return result + "\n"
    }.joined()
  }
}
