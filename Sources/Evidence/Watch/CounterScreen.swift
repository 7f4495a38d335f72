import Diagnostics

/// A reading of counters as a screen of a terminal: the rows that fit, and how many more there are.
///
/// Nothing in it can drive a terminal, and no line is wider than the screen.
package struct CounterScreen {
  private let notices: [String]
  private let heading: [String]
  private let rows: [[String]]

  /// Columns that a narrow screen goes without, the first of them first.
  private static let lesser = ["where", "owner", "prefix", "bytes/s", "bytes"]

  /// - Parameter notices: what stands above the table, a line each.
  package init(notices: [String] = [], _ table: (heading: [String], rows: [[String]])) {
    self.notices = notices
    heading = table.heading
    rows = table.rows
  }

  /// At most as many lines as there are rows of the screen, the last of which counts what is left out.
  package func lines(_ size: WatchScreen.Size) -> [WatchScreen.Line] {
    let head = notices.count + 1
    // What does not fit takes a line to be counted on.
    let shown = head + rows.count <= size.rows ? rows.count : max(0, size.rows - head - 1)
    var lines = notices.map { WatchScreen.Line(text: $0.visible) }
    for (index, text) in table(rows.prefix(shown), columns: size.columns).enumerated() {
      lines.append(WatchScreen.Line(text: text, isHeading: index == 0))
    }
    if shown < rows.count {
      lines = lines.prefix(max(0, size.rows - 1)) + [.init(text: "\(rows.count - shown) more")]
    }
    return lines.prefix(max(0, size.rows)).map {
      WatchScreen.Line(text: $0.text.fitted(to: size.columns), isHeading: $0.isHeading)
    }
  }

  /// The heading and rows as lines, without as many columns as it takes to fit.
  private func table(_ rows: ArraySlice<[String]>, columns: Int) -> [String] {
    var kept = Array(heading.indices)
    for name in [""] + Self.lesser {
      kept.removeAll { heading[$0] == name }
      let table = TextTable(
        heading: kept.map { heading[$0].uppercased() },
        rows: rows.map { row in kept.map { row[$0] } })
      let lines = table.lines
      if name == Self.lesser.last || lines.allSatisfy({ $0.visibleWidth <= columns }) {
        return lines
      }
    }
    return []
  }
}
