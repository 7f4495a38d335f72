/// Turns offsets into lines and columns, remembering the last answer of each file.
///
/// Diagnostics come in the order of their offsets, so that many of them on one endless line cost
/// one pass over it and not one each.
struct PositionReader {
  struct Position: Hashable {
    /// From 1.
    var line: Int
    /// From 1, in Unicode scalars; a byte order mark is not counted.
    var column: Int
    /// UTF-8 bytes from the start of the file.
    var offset: Int
  }

  private let sources: SourceMap
  private var last: [SourceFileID: Position] = [:]

  init(_ sources: SourceMap) { self.sources = sources }

  mutating func position(at offset: Int, in id: SourceFileID) -> Position {
    let file = sources[id]
    let offset = min(offset, file.bytes.count)
    let line = file.line(at: offset)
    var found: Position
    if let known = last[id], known.line == line, known.offset <= offset {
      found = known
    } else {
      found = Position(line: line, column: 1, offset: file.lineStarts[line - 1])
    }
    found.column += SourceFile.columns(in: file.bytes[found.offset..<offset])
    found.offset = offset
    last[id] = found
    return found
  }

  mutating func start(of span: SourceSpan) -> Position {
    position(at: Int(span.start), in: span.file)
  }

  mutating func end(of span: SourceSpan) -> Position {
    position(at: Int(span.end), in: span.file)
  }
}
