/// The byte loops of `JSONRowReader`: a cursor that goes from value to value.
struct JSONScanner {
  var cursor: Int

  init(cursor: Int) { self.cursor = cursor }

  func isAt(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    cursor < bytes.count && bytes[cursor] == byte
  }

  /// The character at the cursor, or the end of the file.
  func here(_ bytes: Span<UInt8>) -> Range<Int> {
    var end = min(cursor + 1, bytes.count)
    while end > cursor, end < bytes.count, bytes[end] & 0xc0 == 0x80, end - cursor < 4 { end += 1 }
    return min(cursor, end)..<end
  }

  /// RFC 8259 §2: space, tab, line feed, carriage return.
  mutating func skipSpace(_ bytes: Span<UInt8>) {
    while cursor < bytes.count {
      switch bytes[cursor] {
      case Ascii.space, Ascii.tab, Ascii.newline, Ascii.carriageReturn: cursor += 1
      default: return
      }
    }
  }

  /// Reads any value that begins at the cursor.
  ///
  /// `depth` is how many lists and objects hold it; recursion is bounded by it.
  mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONProblem) -> JSONField {
    guard cursor < bytes.count else {
      throw JSONProblem(kind: .expected("a value"), range: here(bytes))
    }
    let start = cursor
    switch bytes[cursor] {
    case Ascii.quote: return try text(bytes)
    case Ascii.openBrace:
      try members(bytes, depth: depth) { _, _ in }
      return JSONField(kind: .nested, range: start..<cursor)
    case Ascii.openBracket:
      try list(bytes, depth: depth) { _ in }
      return JSONField(kind: .nested, range: start..<cursor)
    case Ascii.hyphen, Ascii.zero...UInt8(ascii: "9"): return try number(bytes)
    default: return try word(bytes)
    }
  }

  /// Reads an object, and calls `member` with each key and value.
  mutating func members(
    _ bytes: Span<UInt8>, depth: Int, _ member: (JSONField, JSONField) -> Void
  ) throws(JSONProblem) {
    try checkDepth(bytes, depth)
    cursor += 1
    skipSpace(bytes)
    if isAt(Ascii.closeBrace, bytes) {
      cursor += 1
      return
    }
    while true {
      guard isAt(Ascii.quote, bytes) else {
        throw JSONProblem(kind: .expected("a key in quotes"), range: here(bytes))
      }
      let key = try text(bytes)
      skipSpace(bytes)
      guard isAt(Ascii.colon, bytes) else {
        throw JSONProblem(kind: .expected("the `:` of a key"), range: here(bytes))
      }
      cursor += 1
      skipSpace(bytes)
      member(key, try value(bytes, depth: depth + 1))
      if try ends(with: Ascii.closeBrace, "a `,` or a `}`", bytes) { return }
    }
  }

  /// Reads a list, and calls `element` with each value.
  mutating func list(
    _ bytes: Span<UInt8>, depth: Int, _ element: (JSONField) -> Void
  ) throws(JSONProblem) {
    try checkDepth(bytes, depth)
    cursor += 1
    skipSpace(bytes)
    if isAt(Ascii.closeBracket, bytes) {
      cursor += 1
      return
    }
    while true {
      element(try value(bytes, depth: depth + 1))
      if try ends(with: Ascii.closeBracket, "a `,` or a `]`", bytes) { return }
    }
  }

  /// Reads what stands behind a value: the end of what holds it, or a comma and the space after it.
  private mutating func ends(
    with end: UInt8, _ expected: String, _ bytes: Span<UInt8>
  ) throws(JSONProblem) -> Bool {
    skipSpace(bytes)
    if isAt(end, bytes) {
      cursor += 1
      return true
    }
    guard isAt(Ascii.comma, bytes) else {
      throw JSONProblem(kind: .expected(expected), range: here(bytes))
    }
    let comma = cursor
    cursor += 1
    skipSpace(bytes)
    if isAt(end, bytes) { throw JSONProblem(kind: .trailingComma, range: comma..<(comma + 1)) }
    return false
  }

  private func checkDepth(_ bytes: Span<UInt8>, _ depth: Int) throws(JSONProblem) {
    if depth >= JSONRowReader.depthLimit {
      throw JSONProblem(
        kind: .tooDeep(maximum: JSONRowReader.depthLimit), range: here(bytes))
    }
  }

  // MARK: Scalars

  /// Reads a text, from its quote.
  private mutating func text(_ bytes: Span<UInt8>) throws(JSONProblem) -> JSONField {
    let quote = cursor
    cursor += 1
    var hasEscapes = false
    while cursor < bytes.count {
      let byte = bytes[cursor]
      if byte == Ascii.quote {
        cursor += 1
        return JSONField(
          kind: hasEscapes ? .escapedText : .text, range: (quote + 1)..<(cursor - 1))
      }
      if byte == Ascii.backslash {
        hasEscapes = true
        try escape(bytes)
      } else if byte < 0x20 {
        // A text that runs over the end of its line lacks its quote; the quote is what to look at.
        if byte == Ascii.newline || byte == Ascii.carriageReturn { break }
        throw JSONProblem(kind: .controlCharacter, range: cursor..<(cursor + 1))
      } else {
        cursor += 1
      }
    }
    throw JSONProblem(kind: .unterminatedText, range: quote..<(quote + 1))
  }

  /// Reads an escape, from its backslash.
  private mutating func escape(_ bytes: Span<UInt8>) throws(JSONProblem) {
    let start = cursor
    cursor += 1
    guard cursor < bytes.count else {
      throw JSONProblem(kind: .badEscape, range: start..<cursor)
    }
    switch bytes[cursor] {
    case Ascii.quote, Ascii.backslash, Ascii.slash, UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      cursor += 1
    case UInt8(ascii: "u"):
      cursor += 1
      for _ in 0..<4 {
        guard cursor < bytes.count, hexadecimalValue(bytes[cursor]) != nil else {
          throw JSONProblem(kind: .badEscape, range: start..<min(cursor, bytes.count))
        }
        cursor += 1
      }
    default: throw JSONProblem(kind: .badEscape, range: start..<cursor)
    }
  }

  /// RFC 8259 §6.
  private mutating func number(_ bytes: Span<UInt8>) throws(JSONProblem) -> JSONField {
    let start = cursor
    func digits() -> Bool {
      let first = cursor
      while cursor < bytes.count, decimalValue(bytes[cursor]) != nil { cursor += 1 }
      return cursor > first
    }
    if isAt(Ascii.hyphen, bytes) { cursor += 1 }
    let integer = cursor
    var isGood = digits()
    if isGood, bytes[integer] == Ascii.zero, cursor > integer + 1 { isGood = false }
    if isGood, isAt(Ascii.dot, bytes) {
      cursor += 1
      isGood = digits()
    }
    if isGood, isAt(UInt8(ascii: "e"), bytes) || isAt(UInt8(ascii: "E"), bytes) {
      cursor += 1
      if isAt(Ascii.hyphen, bytes) || isAt(UInt8(ascii: "+"), bytes) { cursor += 1 }
      isGood = digits()
    }
    let end = cursor
    skipWord(bytes)
    let range = start..<cursor
    guard isGood, cursor == end else { throw JSONProblem(kind: .badNumber, range: range) }
    return JSONField(kind: .literal, range: range)
  }

  private mutating func word(_ bytes: Span<UInt8>) throws(JSONProblem) -> JSONField {
    let start = cursor
    skipWord(bytes)
    let range = start..<cursor
    if Self.isEqual(range, "null", bytes) { return JSONField(kind: .null, range: range) }
    if Self.isEqual(range, "true", bytes) || Self.isEqual(range, "false", bytes) {
      return JSONField(kind: .literal, range: range)
    }
    if range.isEmpty {
      let range = here(bytes)
      throw JSONProblem(kind: .badWord, range: range)
    }
    throw JSONProblem(kind: .badWord, range: range)
  }

  /// Goes to the end of what stands without a mark of JSON's or a space in it.
  private mutating func skipWord(_ bytes: Span<UInt8>) {
    while cursor < bytes.count {
      switch bytes[cursor] {
      case 0...Ascii.space, Ascii.comma, Ascii.colon, Ascii.quote, Ascii.openBracket,
        Ascii.closeBracket, Ascii.openBrace, Ascii.closeBrace:
        return
      default: cursor += 1
      }
    }
  }

  private static func isEqual(
    _ range: Range<Int>, _ word: StaticString, _ bytes: Span<UInt8>
  ) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { buffer in
      for offset in buffer.indices where bytes[range.lowerBound + offset] != buffer[offset] {
        return false
      }
      return true
    }
  }
}
