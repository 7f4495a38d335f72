/// What a stretch of output is, for those who colour it.
enum TextStyle: Hashable {
  case plain
  case message
  case frame
  case severity(Severity)
  case secondary
  case added
  case removed

  /// The parameters of the SGR sequence, ECMA-48 §8.3.117; nil leaves the text alone.
  var graphicRendition: String? {
    switch self {
    case .plain: nil
    case .message: "1"
    case .frame: "1;34"
    case .severity(.error): "1;31"
    case .severity(.warning): "1;33"
    case .severity(.note): "1;36"
    case .secondary: "1;34"
    case .added: "32"
    case .removed: "31"
    }
  }
}

/// One row of output: pieces of text, each with its style, and a canvas of single-column marks.
struct TextRow {
  private var pieces: [(text: String, style: TextStyle)] = []

  mutating func append(_ text: String, _ style: TextStyle = .plain) {
    if !text.isEmpty { pieces.append((text, style)) }
  }

  /// Adds marks at columns of their own, blanks between.
  ///
  /// A later mark replaces an earlier one at the same column.
  mutating func append(marks: [(column: Int, mark: Character, style: TextStyle)]) {
    guard let width = marks.map({ $0.column + 1 }).max() else { return }
    var canvas = [(mark: Character, style: TextStyle)](repeating: (" ", .plain), count: width)
    for mark in marks { canvas[mark.column] = (mark.mark, mark.style) }
    var start = 0
    while start < canvas.count {
      var end = start
      while end < canvas.count, canvas[end].style == canvas[start].style { end += 1 }
      append(String(canvas[start..<end].map(\.mark)), canvas[start].style)
      start = end
    }
  }

  /// The row without blanks at its end, a newline behind it.
  func text(coloured: Bool) -> String {
    var pieces = pieces
    while let last = pieces.last {
      let trimmed = last.text.trimmingBlanks
      pieces[pieces.count - 1].text = trimmed
      if !trimmed.isEmpty { break }
      pieces.removeLast()
    }
    var result = ""
    for piece in pieces {
      if coloured, let rendition = piece.style.graphicRendition {
        result += "\u{1B}[\(rendition)m\(piece.text)\u{1B}[0m"
      } else {
        result += piece.text
      }
    }
    return result + "\n"
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    var end = utf8.endIndex
    while end > utf8.startIndex, utf8[utf8.index(before: end)] == UInt8(ascii: " ") {
      end = utf8.index(before: end)
    }
    return String(self[..<end])
  }
}
