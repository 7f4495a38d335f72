/// A text that diagnostics can point into, with the table of its line starts.
///
/// Offsets are UTF-8 bytes from the start of `bytes`; a byte order mark, where the file has one, is
/// part of them.
package struct SourceFile: Sendable {
  /// The name that reports show: relative to the policy root, never a machine's own path.
  package let name: String
  package let bytes: [UInt8]
  /// Whether it was named on the command line, so that its name does not start at the policy root.
  package let isNamedByOperator: Bool
  /// The name from which the paths in it start; `name` unless that is for display only.
  package let home: String
  /// Byte offsets at which lines begin; the first is 0.
  ///
  /// LF, CRLF and a lone CR each end a line.
  package let lineStarts: [Int]

  package init(
    name: String, bytes: [UInt8], isNamedByOperator: Bool = false, home: String? = nil
  ) {
    self.name = name
    self.bytes = bytes
    self.home = home ?? name
    self.isNamedByOperator = isNamedByOperator
    var starts = [0]
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\r"), index < bytes.count, bytes[index] == UInt8(ascii: "\n") {
        index += 1
        starts.append(index)
      } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        starts.append(index)
      }
    }
    lineStarts = starts
  }

  /// The same text under another name; nothing is copied.
  package init(name: String, sharing file: SourceFile) {
    self.name = name
    bytes = file.bytes
    isNamedByOperator = file.isNamedByOperator
    home = file.home
    lineStarts = file.lineStarts
  }

  /// The line (from 1) that holds a byte offset.
  ///
  /// O(log lines).
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while low < high {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The bytes of a line (from 1) without its line ending.
  package func bytes(ofLine line: Int) -> ArraySlice<UInt8> {
    let start = lineStarts[line - 1]
    var end = line < lineStarts.count ? lineStarts[line] : bytes.count
    while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r")
    {
      end -= 1
    }
    return bytes[start..<end]
  }

  /// Line and column, both from 1; the column counts Unicode scalars, a byte order mark not.
  ///
  /// O(length of the line).
  package func position(at offset: Int) -> (line: Int, column: Int) {
    let line = line(at: offset)
    let start = lineStarts[line - 1]
    let end = min(max(offset, start), bytes.count)
    return (line, 1 + Self.columns(in: bytes[start..<end]))
  }

  /// How many scalars begin in a slice of a file's bytes, the byte order mark at offset 0 left out.
  static func columns(in slice: ArraySlice<UInt8>) -> Int {
    var slice = slice
    if slice.startIndex == 0, slice.starts(with: [0xEF, 0xBB, 0xBF]) { slice = slice.dropFirst(3) }
    var columns = 0
    // Continuation bytes (10xxxxxx) belong to the scalar before them.
    for byte in slice where byte & 0xC0 != 0x80 { columns += 1 }
    return columns
  }
}

/// Names one file of a `SourceMap`.
package struct SourceFileID: Hashable, Comparable, Sendable {
  package let index: UInt32

  package init(index: UInt32) { self.index = index }

  package static func < (a: SourceFileID, b: SourceFileID) -> Bool { a.index < b.index }
}

/// A stretch of one file: half-open, UTF-8 byte offsets.
package struct SourceSpan: Hashable, Sendable {
  package let file: SourceFileID
  package let start: UInt32
  package let end: UInt32

  package init(file: SourceFileID, start: Int, end: Int) {
    self.file = file
    self.start = UInt32(clamping: start)
    self.end = UInt32(clamping: max(start, end))
  }

  package var range: Range<Int> { Int(start)..<Int(end) }
}

/// Every file that a run has read, in the order of reading, and every instance of a template.
package struct SourceMap: Sendable {
  package private(set) var files: [SourceFile] = []
  package private(set) var instances: [SourceInstance] = []

  package init() {}

  package mutating func add(_ file: SourceFile) -> SourceFileID {
    files.append(file)
    return SourceFileID(index: UInt32(files.count - 1))
  }

  /// The name under which spans say that they stand in one instance of a template.
  package mutating func add(_ instance: SourceInstance) -> SourceFileID {
    instances.append(instance)
    return SourceFileID(instance: instances.count - 1)
  }

  /// The file, or the file of the template that an instance is made of.
  package subscript(id: SourceFileID) -> SourceFile {
    if let index = id.instance { return files[Int(instances[index].file.index)] }
    return files[Int(id.index)]
  }

  /// The instance of a template that a span stands in.
  package func instance(of span: SourceSpan) -> SourceInstance? {
    span.file.instance.map { instances[$0] }
  }

  /// The text itself, whatever instance of it a span speaks of.
  package func written(_ span: SourceSpan) -> SourceSpan {
    guard let instance = instance(of: span) else { return span }
    return SourceSpan(file: instance.file, start: Int(span.start), end: Int(span.end))
  }

  /// The text under a span; bytes that are not UTF-8 become U+FFFD.
  package func text(of span: SourceSpan) -> String {
    let bytes = self[span.file].bytes
    return String(decoding: bytes[span.range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  /// `file:line`, as compiled comments cite it; in an instance of a template with its row's behind.
  package func citation(of span: SourceSpan) -> String {
    let file = self[span.file]
    let place = "\(file.name):\(file.line(at: Int(span.start)))"
    guard let instance = instance(of: span) else { return place }
    return "\(place) for \(citation(of: instance.row))"
  }
}
