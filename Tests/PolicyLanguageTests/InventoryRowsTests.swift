import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

/// Rows of inventories that are wrong, each told by file, row and column.
@Suite struct InventoryRowsTests: InventorySuite {
  /// The same mistakes in the second of three rows; each is named by row, column and place.
  private static let mistakes: [(column: String, value: String, message: String)] = [
    ("prefix", "198.51.100.9/28", "a prefix begins with its first address"),
    ("prefix", "::ffff:198.51.100.0/124", "no packet has an IPv4-mapped address"),
    ("prefix", "198.51.100.1-198.51.100.9", "one prefix, not a range"),
    ("prefix", "", "a `prefix`"),
    ("name", "", "a `name`"), ("name", "a\u{200f}b", "has no invisible characters"),
    ("name", String(repeating: "x", count: 256), "has at most 255 bytes"),
    ("smtp", "shut", "is one of `blocked`"), ("smtp", "", "is one of `blocked`"),
    ("expires", "soon", "is a day of the calendar"),
    ("expires", "9999-01-01", "is a time before the year 2554"),
  ]

  @Test(arguments: ["csv", "json", "yaml"], mistakes)
  func aMistakeIsNamedByRowAndColumn(
    _ format: String, _ mistake: (column: String, value: String, message: String)
  ) throws {
    let columns = ["prefix", "name", "smtp", "expires"]
    var rows = [
      ["198.51.100.0/28", "a", "blocked", ""], ["198.51.100.16/28", "b", "blocked", ""],
      ["198.51.100.32/28", "c", "blocked", ""],
    ]
    rows[1][try #require(columns.firstIndex(of: mistake.column))] = mistake.value
    let text = Self.text(of: rows, columns, format)
    let outcome = outcome("a.\(format)", ["a.\(format)": text])
    let found = try #require(outcome.diagnostics.first)
    #expect(outcome.diagnostics.count == 1)
    #expect(found.message.contains(mistake.message), "\(found.message)")
    #expect(found.message.hasSuffix(" (row 2)"))
    #expect(found.primary?.text == "column `\(mistake.column)`")
    // The cell itself, quotes or not; an empty one where it should be.
    let span = try #require(found.primary?.span)
    let shown = outcome.sources.text(of: span).filter { $0 != "\"" }
    #expect(shown == mistake.value)
    #expect(!found.help.isEmpty)
  }

  @Test func anAnswerThatIsNullIsAnEmptyOne() {
    let row = "{\"prefix\":\"198.51.100.0/28\",\"name\":\"x\",\"smtp\":null}"
    let json = outcome("a.json", ["a.json": "[\(row)]"])
    let csv = outcome("a.csv", ["a.csv": "prefix,name,smtp\n198.51.100.0/28,x,\n"])
    #expect(json.diagnostics.map(\.message) == csv.diagnostics.map(\.message))
    #expect(
      json.diagnostics.map { $0.help.map(\.text) } == csv.diagnostics.map { $0.help.map(\.text) })
    #expect(json.findings == ["bad-list-entry: null"])
    // Which `values` may give a meaning.
    let meant = outcome("{ file: a.json, values: { \"\": relays-only } }", ["a.json": "[\(row)]"])
    #expect(rows(meant) == ["198.51.100.0/28 x relays-only"])
  }

  /// What a name may hold beside letters, and what it may not.
  @Test(
    arguments: [
      ("Müller & Söhne", nil), ("株式会社", nil), ("می‌خواهم", nil), ("👩‍💻", nil),
      ("a\u{202e}b", "remove U+202E (right-to-left override)"),
      ("a\u{2066}b", "remove U+2066 (left-to-right isolate)"),
      ("a\u{200b}b", "remove U+200B (zero width space)"), ("a\u{feff}b", "remove U+FEFF"),
      ("a\u{7}b", "remove U+0007"), ("a\u{2028}b", "remove U+2028 (line separator)"),
      ("a\nb", "remove the line break in it"), ("a\u{85}b", "remove the line break in it"),
    ] as [(String, String?)])
  func namesAreWhatTheyLookLike(_ name: String, _ help: String?) {
    for column in ["name", "owner", "ticket"] {
      var row = ["name": "x", "owner": "y", "ticket": "z"]
      row[column] = name
      let text =
        "prefix,smtp,name,owner,ticket\n198.51.100.0/28,blocked,"
        + ["name", "owner", "ticket"].map { "\"\(row[$0] ?? "")\"" }.joined(separator: ",") + "\n"
      let outcome = outcome("a.csv", ["a.csv": text])
      if let help {
        #expect(outcome.diagnostics.count == 1)
        let found = outcome.diagnostics.first
        #expect(found?.help.first?.text.hasPrefix(help) == true, "\(found?.help as Any)")
        #expect(found?.message.hasPrefix("`\(column)` of an inventory") == true)
      } else {
        #expect(outcome.diagnostics.map(\.message) == [])
      }
    }
  }

  /// The file is UTF-8: saving it anew would change nothing.
  @Test(arguments: [
    ("a.csv", "prefix,name,smtp\n198.51.100.0/28,M\u{fffd}ller,blocked\n"),
    ("a.json", #"[{"prefix":"198.51.100.0/28","name":"M\ud800ller","smtp":"blocked"}]"#),
  ])
  func aCharacterThatTheExportHadLostIsToldAsThat(_ name: String, _ text: String) {
    let outcome = outcome(name, [name: text])
    #expect(outcome.diagnostics.count == 1)
    #expect(outcome.diagnostics.first?.message.contains("has no U+FFFD") == true)
    #expect(outcome.diagnostics.first?.help.first?.text == "mend it where the export is made")
  }

  /// What has been said of a key or a value is not said again as something missing.
  @Test(arguments: [
    "- { prefix: 198.51.100.0/28, name: ~, smtp: blocked }\n",
    "- { prefix: ~, name: x, smtp: blocked }\n",
    "- { prefix: 198.51.100.0/28, name: x, smtp: ~ }\n",
    "- { prefix: 198.51.100.0/28, ? [a] : name, smtp: blocked }\n",
  ])
  func aRowOfYAMLWithAnUnusablePartIsToldOnce(_ text: String) {
    #expect(outcome("a.yaml", ["a.yaml": text]).diagnostics.count == 1)
  }

  @Test func aRowOfTheWrongLengthSaysWhatItLacks() {
    let text = "prefix,name,smtp,owner\n198.51.100.0/28,x\n198.51.100.16/28,y,blocked,o,p,q\n"
    let outcome = outcome("a.csv", ["a.csv": text])
    #expect(
      outcome.diagnostics.map(\.message) == [
        "a row has as many fields as the header: 4, not 2 (row 1)",
        "a row has as many fields as the header: 4, not 6 (row 2)",
      ])
    #expect(outcome.findings == ["bad-list-entry: ", "bad-list-entry: p,q"])
    #expect(
      outcome.diagnostics.map { $0.primary?.text } == [
        "no field for `smtp`, `owner`", "beyond the header's last, `owner`",
      ])
  }

  /// Rows of one prefix, as answers; what is said, and how many other rows are shown.
  @Test(arguments: [
    (
      ["blocked", "allowed"], "has two, `blocked` in row 1 and `allowed` in row 2",
      "contradictory-subnet", 1
    ),
    (
      ["blocked", "allowed", "relays-only"], "has two, `blocked` in row 1 and `allowed` in row 2",
      "contradictory-subnet", 2
    ),
    (
      ["blocked", "blocked", "allowed"], "has two, `blocked` in row 1 and `allowed` in row 3",
      "contradictory-subnet", 2
    ),
    (
      ["allowed", "blocked", "allowed", "blocked"],
      "has two, `allowed` in row 1 and `blocked` in row 2", "contradictory-subnet", 3
    ),
    (["blocked", "blocked", "blocked"], "stands in row 1 and in row 2", "repeated-subnet", 2),
  ])
  func allRowsOfOnePrefixAreShown(
    _ answers: [String], _ message: String, _ code: String, _ others: Int
  ) {
    for format in ["csv", "json", "yaml"] {
      let text = Self.text(
        of: answers.map { ["198.51.100.0/28", "x", $0] }, ["prefix", "name", "smtp"], format)
      let outcome = outcome("a.\(format)", ["a.\(format)": text])
      #expect(outcome.diagnostics.map(\.code.name) == [code])
      let found = outcome.diagnostics.first
      #expect(found?.message.hasSuffix(message) == true, "\(found?.message ?? "")")
      #expect(found?.secondary.count == others)
      #expect(
        found?.notes.filter { $0.contains("entries are for") }.count == (answers.count > 2 ? 1 : 0))
      // The rows themselves.
      let places = [found?.primary].compactMap(\.self) + (found?.secondary ?? [])
      #expect(places.allSatisfy { outcome.sources.text(of: $0.span).contains("198.51.100.0/28") })
      #expect(
        places.allSatisfy { outcome.sources.citation(of: $0.span).hasPrefix("a.\(format):") })
    }
  }

  @Test(
    arguments: ["csv", "json", "yaml"],
    [["prefix", "name"], ["name", "smtp"], ["prefix", "smtp"]])
  func aColumnThatIsNowhereIsSaidOnce(_ format: String, _ columns: [String]) throws {
    let missing = try #require(["prefix", "name", "smtp"].first { !columns.contains($0) })
    let rows = [["198.51.100.0/28", "a", "blocked"], ["198.51.100.16/28", "b", "blocked"]].map {
      zip(["prefix", "name", "smtp"], $0).filter { $0.0 != missing }.map(\.1)
    }
    let outcome = outcome(
      "a.\(format)", ["a.\(format)": Self.text(of: rows, columns, format)])
    #expect(outcome.diagnostics.count == 1)
    let found = try #require(outcome.diagnostics.first)
    #expect(found.message == "an inventory has a column `\(missing)`: this one has none")
    #expect(found.primary.map { outcome.sources.text(of: $0.span) } == "a.\(format)")
    #expect(
      found.secondary.map { outcome.sources.citation(of: $0.span) } == ["a.\(format):1"])
    #expect(found.help.contains { $0.text.contains("columns: { \(missing): ") })
  }

  @Test(arguments: [
    (
      "csv", "prefix,name,smtp\n192.0.2.1,a,blocked\n192.0.2.2,\"b,blocked\n192.0.2.3,c,blocked\n",
      3
    ),
    (
      "json",
      """
      [{"prefix":"192.0.2.1","name":"a","smtp":"blocked"},
       {"prefix":"192.0.2.2","name":"b,"smtp":"blocked"},
       {"prefix":"192.0.2.3","name":"c","smtp":"blocked"}]
      """, 2
    ),
    (
      "yaml",
      """
      - { prefix: 192.0.2.1, name: a, smtp: blocked }
      - { prefix: 192.0.2.2, name: "b, smtp: blocked }
      - { prefix: 192.0.2.3, name: c, smtp: blocked }
      """, 2
    ),
  ])
  func aQuoteThatIsNeverClosedIsFound(_ format: String, _ text: String, _ line: Int) throws {
    let outcome = outcome("a.\(format)", ["a.\(format)": text])
    let found = try #require(outcome.diagnostics.first)
    #expect(found.severity == .error)
    let span = try #require(found.primary?.span)
    #expect(outcome.sources.citation(of: span) == "a.\(format):\(line)")
    #expect(format == "yaml" || found.message.hasSuffix("(row 2)"), "\(found.message)")
    #expect(outcome.policy == nil)
  }

  @Test func manyRowsOfOnePrefixAreCounted() {
    let text = (0..<20_000).map {
      "198.51.100.0/28,x\($0),\($0 % 2 == 0 ? "blocked" : "allowed")\n"
    }
    let outcome = outcome("a.csv", ["a.csv": "prefix,name,smtp\n" + text.joined()])
    #expect(outcome.diagnostics.count == 1)
    #expect(
      outcome.diagnostics.first?.notes.last
        == "20000 entries are for `198.51.100.0/28`; 19992 of them are not shown")
  }

  @Test(arguments: ["csv", "json"]) func oneBrokenRowInTheMiddleOfManyIsFound(_ format: String) {
    let rows = (0..<300_000).map { index in
      index == 150_000
        ? ["10.2.73.241/31", "r150000", "blocked"]
        : ["10.\(index >> 16).\(index >> 8 & 255).\(index & 255)", "r\(index)", "relays-only"]
    }
    let outcome = outcome(
      "a.\(format)", ["a.\(format)": Self.text(of: rows, ["prefix", "name", "smtp"], format)])
    let found = outcome.diagnostics.first
    #expect(outcome.diagnostics.count == 1)
    #expect(found?.message.hasSuffix(" (row 150001)") == true)
    #expect(found?.primary?.text == "column `prefix`")
    let span = found?.primary?.span
    #expect(span.map { outcome.sources.text(of: $0) } == "10.2.73.241/31")
    // A header has a line of its own.
    #expect(
      span.map { outcome.sources.citation(of: $0) }
        == (format == "csv" ? "a.csv:150002" : "a.json:150001"))
    #expect(found?.help.count == 2)
  }

  @Test func manyBrokenRowsAreCounted() {
    let rows = (0..<50).map { "198.51.100.\($0)/24,x,blocked\n" }.joined()
    let outcome = outcome("a.csv", ["a.csv": "prefix,name,smtp\n" + rows])
    #expect(outcome.diagnostics.count == 21)
    #expect(outcome.diagnostics.last?.message == "49 rows cannot be read; the first 20 are shown")
  }

  @Test func manyContradictionsAreCounted() {
    let rows = (0..<50).map {
      "198.51.100.\($0),x,blocked\n198.51.100.\($0),y,allowed\n"
    }.joined()
    let outcome = outcome("a.csv", ["a.csv": "prefix,name,smtp\n" + rows])
    #expect(outcome.diagnostics.count == 21)
    #expect(outcome.policy == nil)
  }
}
