/// Reads selected columns of a CSV file, row by row, without an allocation for a row.
///
/// RFC 4180: a header row, fields in quotes with `""` for a quote and line breaks inside, CRLF or
/// LF. Spaces belong to their field (§2.4). Beyond it: a UTF-8 byte order mark, blank lines and
/// lines that begin with `comment` are skipped; a quoted field that holds a line with the fields of a
/// row, an address in its place, is a quote that was never closed. A row that cannot be read is a problem and the
/// reading goes on. Any bytes are safe to read; the time is linear in them.
package struct CSVReader: Sendable {
  /// Between fields; an ASCII byte.
  package let delimiter: UInt8
  /// Begins a line that is no row, the header's before it included.
  package let comment: UInt8?

  /// How many problems are described; the rest are counted.
  package static let problemLimit = 20
  package static let columnLimit = 4096

  package init() {
    delimiter = Ascii.comma
    comment = nil
  }

  /// Nil unless the delimiter and the comment mark are two ASCII bytes, neither a quote nor a line
  /// break.
  package init?(delimiter: UInt8, comment: UInt8? = nil) {
    let reserved = [0, Ascii.quote, Ascii.newline, Ascii.carriageReturn]
    for byte in [delimiter, comment ?? delimiter] {
      guard byte < 0x80, !reserved.contains(byte) else { return nil }
    }
    guard delimiter != comment else { return nil }
    self.delimiter = delimiter
    self.comment = comment
  }

  /// What a reading came to.
  package struct Summary: Sendable {
    /// Rows that were handed on.
    package var rowCount = 0
    /// The names of the header row.
    package var header: [String] = []
    /// The first problems, in the order of the file; at most `problemLimit`.
    package var problems: [CSVProblem] = []
    /// All of them.
    package var problemCount = 0
    /// The row that is being read; nil in the header row.
    var row: Int?

    mutating func add(_ kind: CSVProblem.Kind, line: Int, range: Range<Int>) {
      add(CSVProblem(kind: kind, line: line, range: range))
    }

    mutating func add(_ problem: CSVProblem) {
      problemCount += 1
      if problems.count < problemLimit {
        var problem = problem
        problem.row = row
        problems.append(problem)
      }
    }
  }

  /// Calls `row` with the line and the fields of `columns`, in their order, for every good row.
  ///
  /// No row is handed on when the header lacks a required column. The span of fields is valid
  /// within the call only.
  package func read(
    _ bytes: Span<UInt8>, columns: [CSVColumn],
    row: (_ line: Int, _ fields: Span<CSVField>) -> Void
  ) -> Summary {
    readRecords(bytes, columns: columns) { record, fields in row(record.line, fields) }
  }

  /// A row's place in its file.
  package struct Record: Hashable, Sendable {
    /// From 1, the header row apart, those that cannot be read included.
    package var row: Int
    /// From 1.
    package var line: Int
    /// Without its line break: half-open, byte offsets.
    package var range: Range<Int>
  }

  /// The same with the place of each row.
  package func readRecords(
    _ bytes: Span<UInt8>, columns: [CSVColumn],
    row body: (_ record: Record, _ fields: Span<CSVField>) -> Void
  ) -> Summary {
    var summary = Summary()
    var scanner = CSVScanner(reader: self, cursor: byteOrderMarkLength(bytes))
    guard
      let header = scanner.nextRecord(bytes, storing: CSVReader.columnLimit, into: &summary)
    else {
      if summary.problemCount == 0 { summary.add(.noHeader, line: 1, range: 0..<0) }
      return summary
    }
    guard header.fieldCount <= CSVReader.columnLimit else {
      summary.add(
        .tooManyColumns(maximum: CSVReader.columnLimit), line: header.line, range: header.range)
      return summary
    }
    summary.header = scanner.fields.map { $0.text(in: bytes) }
    // A header with a broken quote has no columns to choose from: its problem is enough.
    guard header.isGood else { return summary }
    let places = self.places(of: columns, header: header, fields: scanner.fields, bytes, &summary)
    guard summary.problemCount == 0 else { return summary }

    var selected = [CSVField](repeating: .absent, count: columns.count)
    let width = header.fieldCount
    scanner.width = width
    scanner.addresses = columns.firstIndex(where: \.holdsAddresses).flatMap { places[$0] }
    var row = 1
    summary.row = row
    while let record = scanner.nextRecord(bytes, storing: width, into: &summary) {
      defer {
        row += 1
        summary.row = row
      }
      guard record.isGood else { continue }
      guard record.fieldCount == width else {
        let end = record.range.upperBound
        // From the first field that is too many, or where those that are missing belong.
        let start =
          record.fieldCount > width ? min(scanner.fields[width - 1].span.upperBound + 1, end) : end
        summary.add(
          .wrongFieldCount(expected: width, found: record.fieldCount), line: record.line,
          range: start..<end)
        continue
      }
      for index in selected.indices {
        if let place = places[index] { selected[index] = scanner.fields[place] }
      }
      summary.rowCount += 1
      body(Record(row: row, line: record.line, range: record.range), selected.span)
    }
    return summary
  }

  private func bareCarriageReturn(in fields: [CSVField], _ bytes: Span<UInt8>) -> Int? {
    for field in fields where !field.isQuoted {
      for place in field.range where bytes[place] == Ascii.carriageReturn { return place }
    }
    return nil
  }

  /// For each column its place in the header, or nil for an optional one that is not there.
  private func places(
    of columns: [CSVColumn], header: CSVScanner.Record, fields: [CSVField],
    _ bytes: Span<UInt8>, _ summary: inout Summary
  ) -> [Int?] {
    let names = summary.header
    if columns.contains(where: { $0.isRequired && !names.contains($0.name) }),
      let end = bareCarriageReturn(in: fields, bytes)
    {
      summary.add(.bareCarriageReturn, line: header.line, range: end..<(end + 1))
      return []
    }
    return columns.map { column in
      let place = names.firstIndex(of: column.name)
      if let place, let again = names[(place + 1)...].firstIndex(of: column.name) {
        summary.add(.duplicateColumn(column.name), line: header.line, range: fields[again].span)
      }
      if place == nil, column.isRequired {
        summary.add(
          .missingColumn(
            column.name, nearest: nearestName(to: column.name, in: names),
            known: Array(names.prefix(32))),
          line: header.line, range: header.range)
      }
      return place
    }
  }
}
