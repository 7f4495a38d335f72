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
    let summary = JSONRowReader.read(bytes.span, keys: keys) { range, fields in
      let texts = fields.indices.map { index -> String in
        switch fields[index].kind {
        case .absent: return "-"
        case .null: return "~"
        case .nested: return "…"
        case .text, .escapedText, .literal: return fields[index].text(in: bytes.span)
        }
      }
      rows.append("\(range.lowerBound):" + texts.joined(separator: "|"))
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
    #expect(result.summary.problems == [JSONProblem(kind: kind, range: range)])
    // Rows before the problem have been handed on.
    #expect(result.rows.count == result.summary.rowCount)
    #expect(result.rows == (text.hasPrefix("[{}") ? ["1:-|-"] : []))
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
      let summary = JSONRowReader.read(bytes.span, keys: ["a", "b"]) { range, fields in
        #expect(range.upperBound <= bytes.count)
        for index in fields.indices {
          #expect(fields[index].span.upperBound <= bytes.count)
          _ = fields[index].text(in: bytes.span)
        }
      }
      for problem in summary.problems { #expect(problem.range.upperBound <= bytes.count) }
    }
  }
}
