/// A replacement, shown as the lines before and after it.
struct Suggestion {
  private var removed: [String] = []
  private var added: [String] = []
  private var firstLine = 1
  /// Of each side, no more lines than this.
  private static let shownLines = 8

  init(_ replacement: Diagnostic.Replacement, sources: SourceMap, columns: Int) {
    let file = sources[replacement.span.file]
    let range = replacement.span.range.clamped(to: 0..<file.bytes.count)
    let first = file.line(at: range.lowerBound)
    let last = file.line(at: range.upperBound)
    // What stands around the span in its lines; of an endless line, no more than can be shown.
    let reach = columns * 4
    let head = file.bytes(ofLine: first)
    let tail = file.bytes(ofLine: last)
    let before = head[..<min(range.lowerBound, head.endIndex)].suffix(reach)
    let after = tail[max(tail.startIndex, min(range.upperBound, tail.endIndex))...].prefix(reach)

    let focus = before.count
    var new = Self.lines(of: Array(before) + Array(replacement.text.utf8) + Array(after))
    var old: [ArraySlice<UInt8>] = []
    for line in first...min(last, first + Self.shownLines) {
      let bytes = file.bytes(ofLine: line)
      let start = line == first ? before.startIndex : bytes.startIndex
      let end = line == last ? max(start, after.endIndex) : bytes.endIndex
      old.append(bytes[min(start, bytes.endIndex)..<min(end, bytes.endIndex)])
    }
    firstLine = first
    var focusLine = 0
    while let a = old.first, let b = new.first, a.elementsEqual(b) {
      old.removeFirst()
      new.removeFirst()
      firstLine += 1
      focusLine -= 1
    }
    if last - first <= Self.shownLines {
      while let a = old.last, let b = new.last, a.elementsEqual(b) {
        old.removeLast()
        new.removeLast()
      }
    }
    func show(_ lines: [ArraySlice<UInt8>]) -> [String] {
      lines.prefix(Self.shownLines).enumerated().map { index, line in
        // Rebased, so that offsets count from the line's own start.
        let bytes = Array(line)
        return DisplayLine(bytes[...], focus: index == focusLine ? focus : 0, columns: columns).text
      } + (lines.count > Self.shownLines ? ["…"] : [])
    }
    removed = show(old)
    added = show(new)
  }

  var lastLine: Int { firstLine + max(removed.count, added.count, 1) - 1 }

  func rows(gutter: Int) -> [TextRow] {
    guard !removed.isEmpty || !added.isEmpty else { return [] }
    var frame = TextRow()
    frame.append(String(repeating: " ", count: gutter) + " |", .frame)
    return [frame] + rows(of: removed, "-", .removed, gutter: gutter)
      + rows(of: added, "+", .added, gutter: gutter)
  }

  private func rows(of lines: [String], _ sign: String, _ style: TextStyle, gutter: Int)
    -> [TextRow]
  {
    lines.enumerated().map { index, line in
      let number = String(firstLine + index)
      var row = TextRow()
      row.append(String(repeating: " ", count: max(0, gutter - number.utf8.count)) + number, .frame)
      row.append(" \(sign) ", style)
      row.append(line, style)
      return row
    }
  }

  private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }
}
