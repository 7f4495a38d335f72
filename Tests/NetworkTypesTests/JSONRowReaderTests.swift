import NetworkTypes
import TestSupport
import Testing

struct JSONRowReaderTests {
  /// Rows as `range:field|field`; `-` is no such key, `~` null and `…` a list or an object.
  func read(_ text: String, _ keys: [String] = ["a", "b"])
    -> (rows: [String], summary: JSONRowReader.Summary)
  {
    let bytes = Array(text.utf8)
    var rows: [String] = []
    let summary = JSONRowReader.read(bytes.span, keys: keys) { record, fields in
      let texts = fields.indices.map { index -> String in
        switch fields[index].kind {
        case .absent: return "-"
        case .null: return "~"
        case .nested: return "…"
        case .text, .escapedText, .literal: return fields[index].text(in: bytes.span)
        }
      }
      rows.append("\(record.range.lowerBound):" + texts.joined(separator: "|"))
    }
    return (rows, summary)
  }

  /// RFC 8259.
  @Test(arguments: [
    ("[]", []), (" [ ] ", []), ("\u{feff}[]", []), ("[{}]", ["1:-|-"]),
    (#"[{"a":"x","b":1}]"#, ["1:x|1"]), (#"[{"b":true,"a":null}]"#, ["1:~|true"]),
    (#"[{"z":[1,{"a":"no"}],"a":"x"}, {"a":{"a":1},"b":[]}]"#, ["1:x|-", "31:…|…"]),
    (#"[{"a":"\"\\\/\b\f\n\r\t","b":"\u00e9\ud83d\ude00"}]"#, ["1:\"\\/\u{8}\u{c}\n\r\t|é😀"]),
    (#"[{"\u0061":"x"}]"#, ["1:x|-"]), (#"[{"a":"\ud83d"}]"#, ["1:\u{fffd}|-"]),
    (#"[{"a":-0.5e+10,"b":0}]"#, ["1:-0.5e+10|0"]), ("[\r\n\t{\"a\" : \"\"}\n]\n", ["4:|-"]),
  ])
  func readsRows(_ text: String, _ rows: [String]) {
    let result = read(text)
    #expect(result.rows == rows)
    #expect(result.summary.problems == [])
  }

  @Test func aKeyMayBeAskedForTwice() {
    let result = read(#"[{"a":"x","b":1},{"b":2}]"#, ["a", "b", "a"])
    #expect(result.rows == ["1:x|1|x", "17:-|2|-"])
    #expect(result.summary.problems == [])
  }

  @Test(
    arguments: [
      ("", .notAnArray, 0..<0), (#"{"a":1}"#, .notAnArray, 0..<1),
      ("[1]", .notAnObject, 1..<2), ("[\"x\"]", .notAnObject, 1..<4),
      ("[{},]", .trailingComma, 3..<4), (#"[{"a":1,}]"#, .trailingComma, 7..<8),
      ("[{}", .expected("a `,` or a `]`"), 3..<3), ("[{} {}]", .expected("a `,` or a `]`"), 4..<5),
      ("[{a:1}]", .expected("a key in quotes"), 2..<3),
      (#"[{"a" 1}]"#, .expected("the `:` of a key"), 6..<7),
      (#"[{"a":"x}]"#, .unterminatedText, 6..<7), ("[{\"a\":\"x\n\"}]", .unterminatedText, 6..<7),
      ("[{\"a\":\"x\u{1}\"}]", .controlCharacter, 8..<9), (#"[{"a":"\x"}]"#, .badEscape, 7..<8),
      (#"[{"a":"\u00g0"}]"#, .badEscape, 7..<11), (#"[{"a":01}]"#, .badNumber, 6..<8),
      (#"[{"a":1.}]"#, .badNumber, 6..<8), (#"[{"a":1.5x3}]"#, .badNumber, 6..<11),
      (#"[{"a":+1}]"#, .badWord, 6..<8), (#"[{"a":nul}]"#, .badWord, 6..<9),
      (#"[{"a":NaN}]"#, .badWord, 6..<9), (#"[{"a":}]"#, .badWord, 6..<7),
      (#"[{"a":1,"a":2}]"#, .duplicateKey("a"), 8..<11), ("[] x", .textAfterEnd, 3..<4),
    ] as [(String, JSONProblem.Kind, Range<Int>)])
  func namesTheProblem(_ text: String, _ kind: JSONProblem.Kind, _ range: Range<Int>) {
    let result = read(text)
    #expect(result.summary.problems.map(\.kind) == [kind])
    #expect(result.summary.problems.map(\.range) == [range])
    // Rows before the problem have been handed on.
    #expect(result.rows.count == result.summary.rowCount)
    #expect(result.rows == (text.hasPrefix("[{}") ? ["1:-|-"] : []))
  }

  /// The row of each problem, counted from 1; none outside of the array's elements.
  @Test(
    arguments: [
      ("{}", [nil]), ("[{}, 7, {}, 8]", [2, 4]), (#"[{"a":1,"a":2}, {"a":x}]"#, [1, 2]),
      ("[{}] x", [nil]), ("[{}, {}", [2]), ("[{},", [2]), (#"[{}, {"a":"x"#, [2]),
    ] as [(String, [Int?])])
  func countsRows(_ text: String, _ rows: [Int?]) {
    #expect(read(text).summary.problems.map(\.row) == rows)
  }

  @Test func givesTheNumberOfEachRow() {
    let bytes = Array(#"[{"a":1}, 7, {"a":2}]"#.utf8)
    var rows: [Int] = []
    _ = JSONRowReader.read(bytes.span, keys: ["a"]) { record, _ in rows.append(record.row) }
    #expect(rows == [1, 3])
  }

  @Test func saysWhereTheFileEndsTooSoon() {
    #expect(read("[{}").summary.problems.first?.help?.contains("the file ends here") == true)
    #expect(read("[{} {}]").summary.problems.first?.help == nil)
  }

  @Test func listsAndObjectsAreTakenApart() {
    let bytes = Array(#"[{"a":[1, "x", [], {"k":null}], "b":{"p":"q","r":{"s":[2]},"p":3}}]"#.utf8)
    var found: [String] = []
    func words(_ field: JSONField) -> String {
      if let members = field.members(in: bytes.span) {
        return "{" + members.map { words($0.key) + ":" + words($0.value) }.joined(separator: ",")
          + "}"
      }
      guard field.kind == .nested else { return field.text(in: bytes.span) }
      return "[" + field.elements(in: bytes.span).map(words).joined(separator: ",") + "]"
    }
    _ = JSONRowReader.read(bytes.span, keys: ["a", "b", "c"]) { _, fields in
      for index in fields.indices { found.append(words(fields[index])) }
      #expect(fields[0].members(in: bytes.span) == nil)
      #expect(fields[1].elements(in: bytes.span).isEmpty)
    }
    #expect(found == ["[1,x,[],{k:null}]", "{p:q,r:{s:[2]},p:3}", ""])
  }

  @Test func goesOnBehindARowThatIsNone() {
    let result = read(#"[{"a":1}, 7, {"a":1,"a":2}, {"a":3}]"#)
    #expect(result.rows == ["1:1|-", "28:3|-"])
    #expect(result.summary.problemCount == 2)
    #expect(result.summary.rowCount == 2)
  }

  @Test func nestsSoDeepAndNoDeeper() {
    let depth = JSONRowReader.depthLimit
    func nested(_ count: Int) -> String {
      #"[{"z":"# + String(repeating: "[", count: count) + String(repeating: "]", count: count)
        + "}]"
    }
    // The array and the object are two.
    #expect(read(nested(depth - 2)).summary.problems == [])
    #expect(read(nested(depth - 1)).summary.problems.map(\.kind) == [.tooDeep(maximum: depth)])
    #expect(read(nested(1_000_000)).summary.problems.map(\.kind) == [.tooDeep(maximum: depth)])
  }

  @Test func anyBytesAreSafe() {
    var generator = SeededGenerator(label: "json")
    let pieces: [[UInt8]] =
      [
        "[", "]", "{", "}", ",", ":", "\"", "\\", "\\u", "\"a\"", "\"b\":", "null", "1", "-", "e",
        "\n",
        " ",
      ].map { Array($0.utf8) } + [[0], [0xff], [0xc3], [0xed, 0xa0, 0x80]]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...24, using: &generator)).flatMap { _ in
        pieces[Int.random(in: pieces.indices, using: &generator)]
      }
      let summary = JSONRowReader.read(bytes.span, keys: ["a", "b"]) { record, fields in
        #expect(record.range.upperBound <= bytes.count)
        for index in fields.indices {
          #expect(fields[index].span.upperBound <= bytes.count)
          _ = fields[index].text(in: bytes.span)
          _ = fields[index].elements(in: bytes.span)
          _ = fields[index].members(in: bytes.span)
        }
      }
      for problem in summary.problems { #expect(problem.range.upperBound <= bytes.count) }
    }
  }
}
