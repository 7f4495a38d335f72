/// A label with its place among the lines of its file.
struct LabelMark {
  /// The label's bytes, inside the file.
  let range: Range<Int>
  /// Lines from 1; a line ending at the end of the span adds no line.
  let lines: ClosedRange<Int>
  let text: String?
  let isPrimary: Bool
  /// Whether nothing but blanks stands before it on its first line.
  let beginsLine: Bool
  /// The column beside the text of a label of several lines.
  var depth: Int?

  init(_ label: Diagnostic.Label, isPrimary: Bool, in source: SourceFile) {
    range = label.span.range.clamped(to: 0..<source.bytes.count)
    let first = source.line(at: range.lowerBound)
    let last = source.line(at: max(range.lowerBound, range.upperBound - 1))
    lines = first...max(first, last)
    text = label.text.flatMap { $0.isEmpty ? nil : $0.visible }
    self.isPrimary = isPrimary
    beginsLine = DisplayLine.firstNonBlank(of: source.bytes(ofLine: first)) >= range.lowerBound
  }

  var sign: Character { isPrimary ? "^" : "-" }

  func style(_ severity: Severity) -> TextStyle { isPrimary ? .severity(severity) : .secondary }

  /// Whether it begins or ends on a line.
  func touches(_ line: Int) -> Bool { line == lines.lowerBound || line == lines.upperBound }

  func spans(_ line: Int) -> Bool { lines.contains(line) }

  /// Whether it goes on below a line, having begun on it or above.
  func isOpen(after line: Int) -> Bool { lines.lowerBound <= line && line < lines.upperBound }

  /// The byte of a line that must be seen: where the label begins, or where it ends.
  func focus(on line: Int) -> Int {
    line == lines.lowerBound ? range.lowerBound : max(range.lowerBound, range.upperBound - 1)
  }
}
