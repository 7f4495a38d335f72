/// The part of a source line that is shown, cell by cell.
///
/// Tabs are expanded, control characters visible, bytes that are not UTF-8 shown as U+FFFD. A line
/// wider than the window is cut to it; cost is bounded by the window, whatever the line's length.
struct DisplayLine {
  /// One scalar: its form, its bytes and its column from 0.
  private struct Cell {
    var text: String
    var width: Int
    var bytes: Range<Int>
    var column: Int
  }

  private var cells: [Cell] = []
  private(set) var text = ""
  /// Columns of `text`.
  private(set) var width = 0
  /// Columns taken by the mark of a cut before the first cell.
  private var lead = 0

  /// Tabs go to the next multiple of this.
  private static let tabStop = 4
  private static let cut = "…"

  /// Shows the bytes of a line, of which the byte at `focus` matters most.
  ///
  /// `line` keeps the offsets of the text that it is a slice of. At most `columns` columns are
  /// shown, beside the marks of a cut.
  init(_ line: ArraySlice<UInt8>, focus: Int, columns: Int) {
    // A scalar has at most four bytes, and zero-width ones cannot stretch the window beyond that.
    let reach = columns * 4
    let focus = min(max(focus, line.startIndex), line.endIndex)
    var start = max(line.startIndex, focus - reach)
    let end = min(line.endIndex, focus + reach)
    while start > line.startIndex, start < focus, line[start] & 0xC0 == 0x80 { start += 1 }
    let decoded = Self.decode(line, from: start, to: end)

    var first = 0
    var last = decoded.count
    let total = decoded.reduce(0) { $0 + $1.width }
    if total > columns {
      // A third of the window stands before the focus, more if the line ends soon after it.
      let middle = decoded.firstIndex { $0.bytes.upperBound > focus } ?? decoded.count
      var before = 0
      var after = 0
      first = middle
      last = middle
      while first > 0, before + decoded[first - 1].width <= columns / 3 {
        first -= 1
        before += decoded[first].width
      }
      while last < decoded.count, before + after + decoded[last].width <= columns {
        after += decoded[last].width
        last += 1
      }
      while first > 0, before + after + decoded[first - 1].width <= columns {
        first -= 1
        before += decoded[first].width
      }
    }
    let cutBefore = first > 0 || start > line.startIndex
    let cutAfter = last < decoded.count || end < line.endIndex

    if cutBefore {
      text = Self.cut
      lead = 1
    }
    var column = lead
    for var cell in decoded[first..<last] {
      if cell.text == "\t" {
        cell.width = Self.tabStop - (column - lead) % Self.tabStop
        cell.text = String(repeating: " ", count: cell.width)
      }
      cell.column = column
      column += cell.width
      text += cell.text
      cells.append(cell)
    }
    if cutAfter { text += Self.cut }
    width = column + (cutAfter ? 1 : 0)
    contentEnd = column
  }

  /// The column after the last cell.
  private var contentEnd = 0

  /// The columns that a stretch of bytes takes, clipped to what is shown.
  ///
  /// Never empty: an empty stretch, or one that is out of sight, takes one column at its place.
  func columns(of bytes: Range<Int>) -> Range<Int> {
    let start = column(at: bytes.lowerBound)
    let end = bytes.isEmpty ? start : column(at: bytes.upperBound)
    return start..<max(start + 1, end)
  }

  /// The column of the first cell that begins at or after a byte, or holds it.
  func column(at offset: Int) -> Int {
    var low = 0
    var high = cells.count
    while low < high {
      let middle = (low + high) / 2
      if cells[middle].bytes.upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low < cells.count ? cells[low].column : contentEnd
  }

  /// The offset of the first byte that is not blank, or of the end.
  static func firstNonBlank(of line: ArraySlice<UInt8>) -> Int {
    line.firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } ?? line.endIndex
  }

  /// Scalar by scalar; a tab stays a tab of full width until its column is known.
  private static func decode(_ line: ArraySlice<UInt8>, from start: Int, to end: Int) -> [Cell] {
    var cells: [Cell] = []
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = line[start..<end].makeIterator()
    var offset = start
    while true {
      let length: Int
      var text = "\u{FFFD}"
      var width = 1
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        length = encoded.count
        let scalar = Unicode.UTF8.decode(encoded)
        if scalar == "\t" {
          (text, width) = ("\t", tabStop)
        } else if scalar == "\u{FEFF}", offset == 0 {
          // The byte order mark of a file is not part of its text.
          (text, width) = ("", 0)
        } else {
          (text, width) = VisibleScalar.form(of: scalar)
        }
      case .error(let broken):
        length = broken
      case .emptyInput:
        return cells
      }
      cells.append(Cell(text: text, width: width, bytes: offset..<offset + length, column: 0))
      offset += length
    }
  }
}
