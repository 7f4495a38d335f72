import NetworkTypes
import TestSupport
import Testing

struct CSVReaderTests {
  /// Rows as `line:field|field`; an absent field is `-`.
  func read(_ text: String, _ columns: [CSVColumn], _ reader: CSVReader = CSVReader())
    -> (rows: [String], summary: CSVReader.Summary)
  {
    let bytes = Array(text.utf8)
    var rows: [String] = []
    let summary = reader.read(bytes.span, columns: columns) { line, fields in
      let texts = fields.indices.map {
        fields[$0].isAbsent ? "-" : fields[$0].text(in: bytes.span)
      }
      rows.append("\(line):" + texts.joined(separator: "|"))
    }
    return (rows, summary)
  }

  let ab = [CSVColumn("a", holdsAddresses: true), CSVColumn("b")]

  /// RFC 4180 §2, rules 1 to 7.
  @Test(arguments: [
    ("a,b\r\n1,2\r\n3,4\r\n", ["2:1|2", "3:3|4"]), ("a,b\n1,2", ["2:1|2"]),
    ("b,x,a\n1,2,3\n", ["2:3|1"]), ("a,b\n\"1\",\"2\"\r\n", ["2:1|2"]),
    ("a,b\n\"x,\r\ny\",2\n3,4\n", ["2:x,\r\ny|2", "4:3|4"]),
    ("a,b\n\"he said \"\"no\"\"\",\"\"\n", ["2:he said \"no\"|"]), ("a,b\n,\n", ["2:|"]),
    ("a,b\n 1 , 2\n", ["2: 1 | 2"]), ("\u{feff}a,b\n1,2\n", ["2:1|2"]),
    ("\"a\",\"b\"\n1,2\n", ["2:1|2"]), ("a,b\n\n1,2\r\n\r\n3,4\n\n", ["3:1|2", "5:3|4"]),
    ("a,b\n1,2\r", ["2:1|2"]), ("a,b\n1,\"2\"\r", ["2:1|2"]), ("a,b\n1,\"2\"", ["2:1|2"]),
    ("a,b\n\"\"\"\",\"\"\"\"\"\"\n", ["2:\"|\"\""]), ("a,b\n", []),
  ])
  func readsRows(_ text: String, _ rows: [String]) {
    let result = read(text, ab)
    #expect(result.rows == rows)
    #expect(result.summary.problemCount == 0)
    #expect(result.summary.rowCount == rows.count)
  }

  @Test(
    arguments: [
      ("", .noHeader, 1, 0..<0), ("\n\n", .noHeader, 1, 0..<0),
      ("a,b\n1\n3,4\n", .wrongFieldCount(expected: 2, found: 1), 2, 5..<5),
      ("a,b\n1,2,3\n3,4\n", .wrongFieldCount(expected: 2, found: 3), 2, 8..<9),
      ("a,b\n1,\"x\n3,4\n", .unterminatedQuote(until: nil), 2, 6..<7),
      ("a,b\n\"x\"y,2\n3,4\n", .textAfterQuote, 2, 7..<8),
      ("a,b\n1,x\"y\n3,4\n", .quoteInField, 2, 7..<8),
      ("a,b\n1,\0\n3,4\n", .nul, 2, 6..<7), ("a,b\n1,\"\0\"\n3,4\n", .nul, 2, 7..<8),
      ("a,a,b\n1,2,3\n", .duplicateColumn("a"), 1, 2..<3),
      ("a,B\n1,2\n", .missingColumn("b", nearest: "B", known: ["a", "B"]), 1, 0..<3),
      ("a,b\r1,2\r3,4\r", .bareCarriageReturn, 1, 3..<4),
      ("\"a,b\n1,2\n", .unterminatedQuote(until: nil), 1, 0..<1),
    ] as [(String, CSVProblem.Kind, Int, Range<Int>)])
  func namesTheProblemAndGoesOn(
    _ text: String, _ kind: CSVProblem.Kind, _ line: Int, _ range: Range<Int>
  ) {
    let result = read(text, ab)
    // All stand in the first row, or in the header, which is none.
    let row = line == 1 ? nil : 1
    #expect(
      result.summary.problems == [CSVProblem(kind: kind, line: line, range: range, row: row)])
    #expect(result.rows == (text.hasSuffix("\n3,4\n") ? ["3:3|4"] : []))
  }

  @Test func countsRowsWithoutTheHeaderAndBlankLinesBadOnesIncluded() throws {
    let reader = try #require(CSVReader(delimiter: UInt8(ascii: ","), comment: UInt8(ascii: "#")))
    let bytes = Array("# x\na,b\n1,2\n\n#\n3\n4,\"x\ny\"\n5,\"\n6,7\n".utf8)
    var rows: [Int] = []
    let summary = reader.readRecords(bytes.span, columns: ab) { record, _ in rows.append(record.row)
    }
    #expect(rows == [1, 3, 5])
    #expect(summary.problems.map(\.row) == [2, 4])
  }

  /// Where a row of the wrong length differs from its header.
  @Test(
    arguments: [
      ("1", 5..<5), ("", nil), ("1,2,3,4", 8..<11), ("1,\"2\",3", 10..<11), ("1,2,", 8..<8),
      ("1,2,\"3\"\r", 8..<11),
    ] as [(String, Range<Int>?)])
  func pointsAtWhatIsTooMuchOrMissing(_ row: String, _ range: Range<Int>?) {
    let result = read("a,b\n" + row + "\n", ab)
    #expect(result.summary.problems.map(\.range) == (range.map { [$0] } ?? []))
  }

  @Test func givesOptionalColumnsAsAbsent() {
    let result = read("a\n1\n", [CSVColumn("a"), CSVColumn("owner", isRequired: false)])
    #expect(result.rows == ["2:1|-"])
    #expect(result.summary.problemCount == 0)
  }

  @Test func readsOtherDelimitersAndSkipsComments() throws {
    let reader = try #require(
      CSVReader(delimiter: UInt8(ascii: ";"), comment: UInt8(ascii: "#")))
    let result = read("# export\na;b\n#x;\n1,5;2\n", ab, reader)
    #expect(result.rows == ["4:1,5|2"])
  }

  @Test func refusesDelimitersThatCannotDelimit() {
    for byte in [0, UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x80, 0xff] {
      #expect(CSVReader(delimiter: byte) == nil)
    }
    #expect(CSVReader(delimiter: UInt8(ascii: "#"), comment: UInt8(ascii: "#")) == nil)
  }

  @Test func refusesMoreColumnsThanItReads() {
    let result = read(String(repeating: ",", count: CSVReader.columnLimit), ab)
    #expect(
      result.summary.problems.map(\.kind) == [.tooManyColumns(maximum: CSVReader.columnLimit)])
  }

  @Test func pointsAtTheWholeFieldQuotesIncluded() {
    let bytes = Array("a,b\n12,\"xy\"\n".utf8)
    var spans: [Range<Int>] = []
    _ = CSVReader().read(bytes.span, columns: ab) { _, fields in
      for index in fields.indices { spans.append(fields[index].span) }
    }
    #expect(spans == [4..<6, 7..<11])
  }

  @Test func reportsOneUnterminatedQuoteAndReadsOnBelowIt() {
    // Below a quote that nothing closes stand only doubled quotes: empty fields, read afresh.
    let rows = 20_000
    let result = read("a,b\n1,\"x\n" + String(repeating: "\"\",\"\"\n", count: rows), ab)
    #expect(result.summary.problems.map(\.kind) == [.unterminatedQuote(until: nil)])
    #expect(result.summary.rowCount == rows)
  }

  /// A quote further down would close it, by RFC 4180: what lies between would be no rows any more.
  @Test(
    arguments: [
      // Rows inside, whole lines and the last.
      ("192.0.2.1,\"x\n192.0.2.2,y\n192.0.2.3,\"z\"\n", 4),
      ("192.0.2.1,\"x\n192.0.2.2,y\"\n", 3),
      ("192.0.2.1,\"x\r\n192.0.2.2 ,y\r\n192.0.2.3,\"\"\r\n192.0.2.4,\"\r\n", 5),
      // Text behind the quote that would close it, or too few fields.
      ("\"192.0.2.1,x\nfoo,\"bar\"\n", 3), ("\"192.0.2.1,x\nfoo\"\n", 3),
    ] as [(String, Int)])
  func aQuoteThatSwallowsRowsWasNeverClosed(_ rows: String, _ until: Int) {
    let result = read("a,b\n" + rows + "192.0.2.9,end\n", ab)
    let first = result.summary.problems.first
    #expect(first?.kind == .unterminatedQuote(until: until))
    #expect(first?.line == 2)
    #expect(first?.row == 1)
    #expect(result.rows.contains { $0.hasSuffix("192.0.2.9|end") })
  }

  /// Notes may have lines of their own.
  @Test(arguments: [
    "192.0.2.1,\"1 Main St\nVancouver, BC\nCanada\"\n", "192.0.2.1,\"was\n192.0.2.7\nbefore\"\n",
    "192.0.2.1,\"a\n192.0.2.7, 192.0.2.8, 192.0.2.9\nb\"\n", "192.0.2.1,\"was\nat, 192.0.2.7\n\"\n",
  ])
  func longFieldsAreRead(_ rows: String) {
    let result = read("a,b\n" + rows, ab)
    #expect(result.summary.problems == [])
    #expect(result.rows.count == 1)
  }

  @Test func neverTrapsOnAnyBytes() {
    var generator = SeededGenerator(label: "neverTrapsOnAnyBytes")
    let alphabet = Array("ab,,\"\"\"\r\n\n\0#".utf8) + [0xef, 0xbb, 0xbf]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...40, using: &generator)
      let bytes =
        Array("a,b\n".utf8)
        + (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      let summary = CSVReader().read(bytes.span, columns: ab) { _, fields in
        for index in fields.indices {
          #expect(fields[index].span.upperBound <= bytes.count)
          _ = fields[index].text(in: bytes.span)
        }
      }
      for problem in summary.problems { #expect(problem.range.upperBound <= bytes.count) }
    }
  }
}
