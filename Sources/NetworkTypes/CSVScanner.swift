/// The byte loops of `CSVReader`: a cursor that goes from record to record.
struct CSVScanner {
  /// One row, good or not.
  struct Record {
    var line: Int
    /// Without its line break.
    var range: Range<Int>
    var fieldCount: Int
    /// Whether no problem was found in it.
    var isGood: Bool
  }

  let delimiter: UInt8
  let comment: UInt8?
  private(set) var cursor: Int
  private(set) var line = 1
  /// The fields of the last record, up to the limit that it was read with.
  private(set) var fields: [CSVField] = []
  /// How many fields a row has; 0 in the header.
  var width = 0
  /// Which field of a row is an address, if it is known.
  var addresses: Int?

  /// A quoted field that goes over more than one line, which a quote that was never closed does too.
  private struct LongField {
    var quote: Int
    var line: Int
    /// Where its closing quote stands.
    var until: Int
  }

  init(reader: CSVReader, cursor: Int) {
    delimiter = reader.delimiter
    comment = reader.comment
    self.cursor = cursor
  }

  /// The next row, its first `limit` fields in `fields`; nil at the end.
  mutating func nextRecord(
    _ bytes: Span<UInt8>, storing limit: Int, into summary: inout CSVReader.Summary
  ) -> Record? {
    skipLinesWithoutRow(bytes)
    guard cursor < bytes.count else { return nil }
    fields.removeAll(keepingCapacity: true)
    let start = cursor
    let startLine = line
    var count = 0
    var problem: CSVProblem?
    var long: LongField?
    /// Reading on below walks the same bytes twice, but not thrice: all runs of quotes inside are
    /// even, and each of them closes what it opens.
    func unterminated(_ quote: Int, line: Int, until: Int?) -> Record {
      summary.add(.unterminatedQuote(until: until), line: line, range: quote..<(quote + 1))
      cursor = quote
      self.line = line
      skipLine(bytes)
      return Record(line: startLine, range: start..<cursor, fieldCount: count, isGood: false)
    }
    while true {
      let fieldLine = line
      let field: CSVField
      if cursor < bytes.count, bytes[cursor] == Ascii.quote {
        let quote = cursor
        guard let quoted = quotedField(bytes, &problem) else {
          return unterminated(quote, line: fieldLine, until: nil)
        }
        field = quoted
        if line > fieldLine {
          if holdsRows(field.range, bytes) {
            return unterminated(quote, line: fieldLine, until: line)
          }
          if long == nil { long = LongField(quote: quote, line: fieldLine, until: line) }
        }
        let after = cursor
        if cursor < bytes.count, bytes[cursor] == Ascii.carriageReturn,
          cursor + 1 == bytes.count || bytes[cursor + 1] == Ascii.newline
        {
          cursor += 1
        }
        if cursor < bytes.count, bytes[cursor] != delimiter, bytes[cursor] != Ascii.newline {
          if let long { return unterminated(long.quote, line: long.line, until: long.until) }
          summary.add(
            CSVProblem(kind: .textAfterQuote, line: line, range: after..<(after + 1)))
          skipLine(bytes)
          return Record(line: startLine, range: start..<after, fieldCount: count, isGood: false)
        }
      } else {
        field = plainField(bytes, &problem)
      }
      if count < limit { fields.append(field) }
      count += 1
      guard cursor < bytes.count, bytes[cursor] == delimiter else { break }
      cursor += 1
    }
    if count < width, let long {
      return unterminated(long.quote, line: long.line, until: long.until)
    }
    let end = endWithoutCarriageReturn(bytes, from: start)
    if cursor < bytes.count {
      cursor += 1
      line += 1
    }
    if let problem { summary.add(problem) }
    return Record(
      line: startLine, range: start..<end, fieldCount: count, isGood: problem == nil)
  }

  /// Whether a line inside a quoted field has the fields of a row, an address in its place.
  ///
  /// Legal, and seldom meant: a quote that is not closed swallows rows up to the next quote.
  private func holdsRows(_ range: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
    guard width > 1, let addresses else { return false }
    var place = range.lowerBound
    while place < range.upperBound, bytes[place] != Ascii.newline { place += 1 }
    while place < range.upperBound {
      place += 1
      var count = 1
      var hasAddress = false
      var start = place
      while true {
        if place == range.upperBound || bytes[place] == delimiter || bytes[place] == Ascii.newline {
          if count == addresses + 1 { hasAddress = isAddress(start..<place, bytes) }
          if place == range.upperBound || bytes[place] == Ascii.newline { break }
          count += 1
          start = place + 1
        }
        place += 1
      }
      if count == width, hasAddress { return true }
    }
    return false
  }

  private func isAddress(_ range: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
    func isBlank(_ byte: UInt8) -> Bool {
      byte == Ascii.space || byte == Ascii.tab || byte == Ascii.carriageReturn
    }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(bytes[start]) { start += 1 }
    while start < end, isBlank(bytes[end - 1]) { end -= 1 }
    return (try? parseAddressLiteral(bytes, in: start..<end)) != nil
  }

  /// Reads from the quote to the byte after the closing one; nil when there is none.
  private mutating func quotedField(_ bytes: Span<UInt8>, _ problem: inout CSVProblem?)
    -> CSVField?
  {
    cursor += 1
    let start = cursor
    var hasDoubledQuotes = false
    while cursor < bytes.count {
      let byte = bytes[cursor]
      if byte == Ascii.quote {
        guard cursor + 1 < bytes.count, bytes[cursor + 1] == Ascii.quote else {
          cursor += 1
          return CSVField(
            range: start..<(cursor - 1), isQuoted: true, hasDoubledQuotes: hasDoubledQuotes,
            isAbsent: false)
        }
        hasDoubledQuotes = true
        cursor += 1
      } else if byte == Ascii.newline {
        line += 1
      } else if byte == 0 {
        note(.nul, &problem)
      }
      cursor += 1
    }
    return nil
  }

  /// Reads to the delimiter, the line break or the end.
  private mutating func plainField(_ bytes: Span<UInt8>, _ problem: inout CSVProblem?)
    -> CSVField
  {
    let start = cursor
    while cursor < bytes.count, bytes[cursor] != delimiter, bytes[cursor] != Ascii.newline {
      if bytes[cursor] == Ascii.quote { note(.quoteInField, &problem) }
      if bytes[cursor] == 0 { note(.nul, &problem) }
      cursor += 1
    }
    let atEnd = cursor == bytes.count || bytes[cursor] == Ascii.newline
    let end = atEnd ? endWithoutCarriageReturn(bytes, from: start) : cursor
    return CSVField(range: start..<end, isQuoted: false, hasDoubledQuotes: false, isAbsent: false)
  }

  /// The cursor, or the carriage return before it.
  private func endWithoutCarriageReturn(_ bytes: Span<UInt8>, from start: Int) -> Int {
    cursor > start && bytes[cursor - 1] == Ascii.carriageReturn ? cursor - 1 : cursor
  }

  /// One problem a row is enough: the first.
  private func note(_ kind: CSVProblem.Kind, _ problem: inout CSVProblem?) {
    if problem == nil {
      problem = CSVProblem(kind: kind, line: line, range: cursor..<(cursor + 1))
    }
  }

  private mutating func skipLinesWithoutRow(_ bytes: Span<UInt8>) {
    while cursor < bytes.count {
      let byte = bytes[cursor]
      let isBlank =
        byte == Ascii.newline
        || (byte == Ascii.carriageReturn
          && (cursor + 1 == bytes.count || bytes[cursor + 1] == Ascii.newline))
      guard isBlank || byte == comment else { return }
      skipLine(bytes)
    }
  }

  private mutating func skipLine(_ bytes: Span<UInt8>) {
    while cursor < bytes.count, bytes[cursor] != Ascii.newline { cursor += 1 }
    guard cursor < bytes.count else { return }
    cursor += 1
    line += 1
  }
}
