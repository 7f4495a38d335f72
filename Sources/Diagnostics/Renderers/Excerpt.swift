/// What is shown of one file: the lines that labels speak of, in order, each with its marks.
///
/// A label of one line is underlined. One of several lines gets a column of its own beside the text:
/// `/` or `_` where it begins, `|` beside its lines, `_` and a mark where it ends.
struct Excerpt {
  let file: SourceFileID
  /// The offset that the excerpt's heading names.
  let focus: Int
  private let source: SourceFile
  private var marks: [LabelMark] = []
  private let columns: Int
  private let severity: Severity

  /// Of a label of many lines, this many are shown at its beginning.
  private static let shownLines = 3

  /// One excerpt per file, that of the primary label first, the others in the order of reading.
  static func excerpts(of diagnostic: Diagnostic, sources: SourceMap, columns: Int) -> [Excerpt] {
    let primary = diagnostic.primary.map { [(label: $0, isPrimary: true)] } ?? []
    let all = primary + diagnostic.secondary.map { (label: $0, isPrimary: false) }
    var files: [SourceFileID] = []
    for entry in all.prefix(1) { files.append(entry.label.span.file) }
    for id in Set(all.map(\.label.span.file)).sorted() where !files.contains(id) {
      files.append(id)
    }
    return files.map { id in
      Excerpt(
        id, all.filter { $0.label.span.file == id }, source: sources[id], columns: columns,
        severity: diagnostic.severity)
    }
  }

  private init(
    _ id: SourceFileID, _ labels: [(label: Diagnostic.Label, isPrimary: Bool)],
    source: SourceFile, columns: Int, severity: Severity
  ) {
    file = id
    self.source = source
    self.columns = columns
    self.severity = severity
    focus = Int(labels.first?.label.span.start ?? 0)
    var depth = 0
    for (label, isPrimary) in labels {
      var mark = LabelMark(label, isPrimary: isPrimary, in: source)
      if mark.lines.count > 1 {
        mark.depth = depth
        depth += 1
      }
      marks.append(mark)
    }
    depths = depth
  }

  /// Columns beside the text, one per label of several lines.
  private let depths: Int

  /// The last line (from 1) that is shown.
  var lastLine: Int { marks.map(\.lines.upperBound).max() ?? 1 }

  // MARK: Rows

  func rows(gutter: Int) -> [TextRow] {
    var rows = [frame("", gutter: gutter)]
    var previous = 0
    for line in shownLines() {
      if previous > 0, line > previous + 1,
        let open = marks.first(where: { $0.spans(previous) && $0.spans(line) })
      {
        var row = TextRow()
        row.append("...", .frame)
        row.append(String(repeating: " ", count: max(0, gutter - 1)))
        append(beside: open.lines.lowerBound + 1, only: line, to: &row)
        rows.append(row)
      }
      previous = line
      rows += self.rows(ofLine: line, gutter: gutter)
    }
    return rows
  }

  private func shownLines() -> [Int] {
    var lines: Set<Int> = []
    for mark in marks {
      lines.insert(mark.lines.lowerBound)
      lines.insert(mark.lines.upperBound)
      if mark.lines.count <= Self.shownLines + 2 {
        lines.formUnion(mark.lines)
      } else {
        lines.formUnion(mark.lines.prefix(Self.shownLines))
      }
    }
    return lines.sorted()
  }

  /// A source line, shown once for each group of marks that fits into the window.
  private func rows(ofLine line: Int, gutter: Int) -> [TextRow] {
    let bytes = source.bytes(ofLine: line)
    let here =
      marks
      .filter { $0.depth == nil ? $0.lines.lowerBound == line : $0.touches(line) }
      .sorted { $0.focus(on: line) < $1.focus(on: line) }
    var groups: [[LabelMark]] = []
    for mark in here {
      if let first = groups.last?.first,
        bytes.count <= columns
          || mark.range.upperBound - first.focus(on: line) <= columns / 2
      {
        groups[groups.count - 1].append(mark)
      } else {
        groups.append([mark])
      }
    }
    if groups.isEmpty { groups = [[]] }
    return groups.flatMap { group in
      let focus = group.first?.focus(on: line) ?? bytes.startIndex
      let shown = DisplayLine(bytes, focus: focus, columns: columns)
      return rows(of: shown, line: line, bytes: bytes, marks: group, gutter: gutter)
    }
  }

  private func rows(
    of shown: DisplayLine, line: Int, bytes: ArraySlice<UInt8>, marks: [LabelMark], gutter: Int
  ) -> [TextRow] {
    var text = frame(String(line), gutter: gutter)
    append(beside: line, to: &text)
    text.append(shown.text)
    var rows = [text]

    // Where labels of several lines begin amid a line.
    for mark in marks
    where mark.depth != nil && mark.lines.lowerBound == line && !mark.beginsLine {
      let column = shown.column(at: mark.range.lowerBound)
      rows.append(
        connector(for: mark, from: line, to: column, text: nil, gutter: gutter, opens: true))
    }
    rows += underlines(of: shown, line: line, marks: marks.filter { $0.depth == nil }, gutter)
    for mark in marks where mark.depth != nil && mark.lines.upperBound == line {
      let end = shown.columns(of: mark.range.clamped(to: bytes.startIndex..<bytes.endIndex))
      rows.append(
        connector(
          for: mark, from: line, to: max(end.lowerBound, end.upperBound - 1), text: mark.text,
          gutter: gutter, opens: false))
    }
    return rows
  }

  // MARK: Labels of one line

  private func underlines(
    of shown: DisplayLine, line: Int, marks: [LabelMark], _ gutter: Int
  ) -> [TextRow] {
    guard !marks.isEmpty else { return [] }
    let places = marks.map { (mark: $0, columns: shown.columns(of: $0.range)) }
    // The primary label is drawn last, over the others.
    var canvas: [(column: Int, mark: Character, style: TextStyle)] = []
    for place in places.filter({ !$0.mark.isPrimary }) + places.filter({ $0.mark.isPrimary }) {
      for column in place.columns {
        canvas.append((column, place.mark.sign, place.mark.style(severity)))
      }
    }
    // From right to left: the rightmost label's text stands behind the marks, the others hang.
    var hanging =
      places.filter { $0.mark.text != nil }
      .sorted {
        ($0.columns.lowerBound, $0.columns.upperBound) < (
          $1.columns.lowerBound, $1.columns.upperBound
        )
      }
    var row = frame("", gutter: gutter)
    append(beside: line, after: true, to: &row)
    row.append(marks: canvas)
    if let last = hanging.last, let text = last.mark.text,
      last.columns.upperBound == places.map(\.columns.upperBound).max()
    {
      row.append(" \(text)", last.mark.style(severity))
      hanging.removeLast()
    }
    var rows = [row]
    func bars(_ labels: some Sequence<(mark: LabelMark, columns: Range<Int>)>)
      -> [(column: Int, mark: Character, style: TextStyle)]
    {
      labels.map { ($0.columns.lowerBound, "|", $0.mark.style(severity)) }
    }
    if !hanging.isEmpty {
      var row = frame("", gutter: gutter)
      append(beside: line, after: true, to: &row)
      row.append(marks: bars(hanging))
      rows.append(row)
    }
    while let label = hanging.popLast(), let text = label.mark.text {
      var row = frame("", gutter: gutter)
      append(beside: line, after: true, to: &row)
      let left = hanging.filter { $0.columns.lowerBound < label.columns.lowerBound }
      row.append(marks: bars(left))
      let reached = left.map { $0.columns.lowerBound + 1 }.max() ?? 0
      row.append(String(repeating: " ", count: label.columns.lowerBound - reached))
      row.append(text, label.mark.style(severity))
      rows.append(row)
    }
    return rows
  }

  // MARK: Labels of several lines

  /// The row that leads from a label's column beside the text to its first or last byte.
  private func connector(
    for mark: LabelMark, from line: Int, to column: Int, text: String?, gutter: Int, opens: Bool
  ) -> TextRow {
    let depth = mark.depth ?? 0
    var row = frame("", gutter: gutter)
    var canvas: [(column: Int, mark: Character, style: TextStyle)] = []
    for other in marks {
      guard let place = other.depth, place < depth, other.isOpen(after: line) else { continue }
      canvas.append((place * 2, "|", other.style(severity)))
    }
    let style = mark.style(severity)
    if !opens { canvas.append((depth * 2, "|", style)) }
    for place in (depth * 2 + 1)..<max(depth * 2 + 1, depths * 2 + column) {
      canvas.append((place, "_", style))
    }
    canvas.append((depths * 2 + column, mark.sign, style))
    row.append(marks: canvas)
    if let text { row.append(" \(text)", style) }
    return row
  }

  /// The columns beside a line, and a blank behind each.
  ///
  /// - Parameters:
  ///   - after: Whether the row stands below the line's text.
  ///   - only: Where lines are left out, the line after them.
  private func append(
    beside line: Int, after: Bool = false, only next: Int? = nil, to row: inout TextRow
  ) {
    guard depths > 0 else { return }
    var cells = [(mark: String, style: TextStyle)](repeating: ("  ", .plain), count: depths)
    for mark in marks {
      guard let depth = mark.depth else { continue }
      let begins = mark.lines.lowerBound == line
      if let next {
        if mark.lines.lowerBound < next, mark.lines.upperBound >= next {
          cells[depth] = ("| ", mark.style(severity))
        }
      } else if begins, !after, mark.beginsLine {
        cells[depth] = ("/ ", mark.style(severity))
      } else if mark.spans(line), after ? mark.isOpen(after: line) || !begins : !begins {
        cells[depth] = ("| ", mark.style(severity))
      }
    }
    for cell in cells { row.append(cell.mark, cell.style) }
  }

  private func frame(_ number: String, gutter: Int) -> TextRow {
    var row = TextRow()
    let pad = String(repeating: " ", count: max(0, gutter - number.utf8.count))
    row.append("\(pad)\(number) | ", .frame)
    return row
  }
}
