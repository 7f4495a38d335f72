/// Reads selected keys of the objects in a JSON array, row by row, without an allocation for a row.
///
/// RFC 8259, strictly: no comments, no trailing commas. A byte order mark is skipped. What stands
/// under other keys may be anything that is JSON. A row that is no object, or has a key twice that is
/// asked for, is a problem and the reading goes on; a text that is not JSON ends it. Any bytes are
/// safe to read; the time is linear in them.
package struct JSONRowReader {
  /// How many problems are described; the rest are counted.
  package static let problemLimit = 20
  /// How deep lists and objects nest, the array included.
  package static let depthLimit = 64

  /// What a reading came to.
  package struct Summary: Sendable {
    /// Rows that were handed on.
    package var rowCount = 0
    /// The keys of the first row.
    package var keys: [String] = []
    /// The first problems, in the order of the file; at most `problemLimit`.
    package var problems: [JSONProblem] = []
    /// All of them.
    package var problemCount = 0
    /// The row that is being read.
    var row: Int?

    mutating func add(_ kind: JSONProblem.Kind, _ range: Range<Int>) {
      problemCount += 1
      if problems.count < problemLimit {
        problems.append(JSONProblem(kind: kind, range: range, row: row))
      }
    }
  }

  /// A row's place in its file.
  package struct Record: Hashable, Sendable {
    /// Which element of the array it is, from 1, those that cannot be read included.
    package var row: Int
    /// From brace to brace: half-open, byte offsets.
    package var range: Range<Int>
  }

  /// Calls `row` with the place of each object and what stands under the keys, in their order; a key
  /// may be asked for more than once.
  ///
  /// The span of fields is valid within the call only.
  package static func read(
    _ bytes: Span<UInt8>, keys: [String],
    row: (_ record: Record, _ fields: Span<JSONField>) -> Void
  ) -> Summary {
    var summary = Summary()
    var scanner = JSONScanner(cursor: byteOrderMarkLength(bytes))
    do throws(JSONProblem) {
      scanner.skipSpace(bytes)
      guard scanner.isAt(Ascii.openBracket, bytes) else {
        throw JSONProblem(kind: .notAnArray, range: scanner.here(bytes))
      }
      try rows(of: bytes, keys.map { Array($0.utf8) }, &scanner, &summary, row)
      summary.row = nil
      scanner.skipSpace(bytes)
      if scanner.cursor < bytes.count {
        throw JSONProblem(kind: .textAfterEnd, range: scanner.here(bytes))
      }
    } catch {
      summary.add(error.kind, error.range)
    }
    return summary
  }

  private static func rows(
    of bytes: Span<UInt8>, _ keys: [[UInt8]], _ scanner: inout JSONScanner,
    _ summary: inout Summary, _ body: (Record, Span<JSONField>) -> Void
  ) throws(JSONProblem) {
    var fields = [JSONField](repeating: .absent, count: keys.count)
    // What is found stands at the first place of its key.
    let copies = keys.indices.compactMap { place -> (place: Int, first: Int)? in
      keys.firstIndex(of: keys[place]).flatMap { $0 < place ? (place, $0) : nil }
    }
    scanner.cursor += 1
    scanner.skipSpace(bytes)
    if scanner.isAt(Ascii.closeBracket, bytes) {
      scanner.cursor += 1
      return
    }
    var row = 0
    while true {
      row += 1
      summary.row = row
      let start = scanner.cursor
      if scanner.isAt(Ascii.openBrace, bytes) {
        for index in fields.indices { fields[index] = .absent }
        let isGood = try object(bytes, keys, &fields, &scanner, &summary)
        if isGood {
          for copy in copies { fields[copy.place] = fields[copy.first] }
          summary.rowCount += 1
          body(Record(row: row, range: start..<scanner.cursor), fields.span)
        }
      } else {
        _ = try scanner.value(bytes, depth: 1)
        summary.add(.notAnObject, start..<scanner.cursor)
      }
      scanner.skipSpace(bytes)
      let mark = scanner.cursor
      if scanner.isAt(Ascii.comma, bytes) {
        scanner.cursor += 1
        scanner.skipSpace(bytes)
        if scanner.isAt(Ascii.closeBracket, bytes) {
          throw JSONProblem(kind: .trailingComma, range: mark..<(mark + 1))
        }
      } else if scanner.isAt(Ascii.closeBracket, bytes) {
        scanner.cursor += 1
        return
      } else {
        throw JSONProblem(kind: .expected("a `,` or a `]`"), range: scanner.here(bytes))
      }
    }
  }

  /// Reads one object; false where it has a key twice that is asked for.
  private static func object(
    _ bytes: Span<UInt8>, _ keys: [[UInt8]], _ fields: inout [JSONField],
    _ scanner: inout JSONScanner, _ summary: inout Summary
  ) throws(JSONProblem) -> Bool {
    let isFirst = summary.rowCount == 0 && summary.keys.isEmpty
    var isGood = true
    try scanner.members(bytes, depth: 1) { key, value in
      if isFirst, summary.keys.count < 32 { summary.keys.append(key.text(in: bytes)) }
      guard let place = place(of: key, in: keys, bytes) else { return }
      if fields[place].kind != .absent, isGood {
        summary.add(.duplicateKey(key.text(in: bytes)), key.span)
        isGood = false
      }
      fields[place] = value
    }
    return isGood
  }

  private static func place(
    of key: JSONField, in keys: [[UInt8]], _ bytes: Span<UInt8>
  ) -> Int? {
    if key.kind == .escapedText {
      let text = Array(key.text(in: bytes).utf8)
      return keys.firstIndex(of: text)
    }
    for index in keys.indices where keys[index].count == key.range.count {
      var isEqual = true
      for offset in keys[index].indices
      where bytes[key.range.lowerBound + offset] != keys[index][offset] {
        isEqual = false
        break
      }
      if isEqual { return index }
    }
    return nil
  }
}
