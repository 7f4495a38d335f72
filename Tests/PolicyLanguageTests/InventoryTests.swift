import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

/// `smtp-egress.subnets`: inventories as they are exported, and what is wrong with them.
@Suite struct InventoryTests {
  private func policy(_ subnets: String, allow: String = "", variables: String = "") -> String {
    """
    fwpolicy: 1
    name: edge
    role: router
    \(variables)
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      other: { interfaces: [eth2], networks: [203.0.113.0/24] }
    smtp-egress:
      clients: clients
      relays: [192.0.2.25]
      \(allow)
      subnets: \(subnets)
    """
  }

  private func outcome(
    _ subnets: String, _ files: [String: String] = [:], allow: String = "", variables: String = ""
  ) -> TextPolicy.Outcome {
    TextPolicy(policy(subnets, allow: allow, variables: variables), files: files).resolved()
  }

  /// `PREFIX name answer [owner] [ticket] [expires]`, one for each row.
  private func rows(_ outcome: TextPolicy.Outcome) -> [String] {
    (outcome.policy?.smtpEgress?.subnets ?? []).map { row in
      ["\(row.prefix)", row.name, row.answer.rawValue].joined(separator: " ")
        + [row.owner, row.ticket, row.expires.map { "\($0)" }].compactMap { $0.map { " \($0)" } }
        .joined()
    }
  }

  private static let expected = [
    "198.51.100.0/28 acme allowed sales NET-1 2027-06-30", "198.51.100.32 bad blocked",
    "2001:db8:1::/56 café, \"x\" relays-only",
  ]

  @Test(
    arguments: [
      // Any order of columns, quotes, CRLF, a byte order mark, a blank line, other columns.
      (
        "inv.csv",
        "\u{feff}smtp,prefix,pop,name,owner,ticket,expires\r\n"
          + "allowed,198.51.100.0/28,x,acme,sales,NET-1,2027-06-30\r\n\r\n"
          + "blocked,198.51.100.32,,bad,,,\r\n"
          + "relays-only,2001:db8:1::/56,\"a\r\nb\",\"café, \"\"x\"\"\",,,\r\n"
      ),
      (
        "inv.json",
        """
        [{"prefix":"198.51.100.0/28","name":"acme","smtp":"allowed","owner":"sales",
          "ticket":"NET-1","expires":"2027-06-30","tags":[{"x":null}]},
         {"name":"bad","smtp":"blocked","prefix":"198.51.100.32","owner":null,"ticket":""},
         {"prefix":"2001:db8:1::/56","name":"caf\\u00e9, \\"x\\"","smtp":"relays-only"}]
        """
      ),
      (
        "inv.yml",
        """
        - { prefix: 198.51.100.0/28, name: acme, smtp: allowed, owner: sales, ticket: NET-1,
            expires: 2027-06-30, pop: x }
        - prefix: 198.51.100.32
          name: bad
          smtp: blocked
        - { prefix: "2001:db8:1::/56", name: 'café, "x"', smtp: relays-only }
        """
      ),
    ])
  func everyFormatSaysTheSame(_ name: String, _ text: String) {
    let outcome = outcome(name, [name: text])
    #expect(outcome.diagnostics.map(\.message) == [])
    #expect(rows(outcome) == Self.expected)
    #expect(outcome.policy?.smtpEgress?.inventories.map(\.file) == [name])
    // A row's place is its own text.
    let texts = outcome.policy?.smtpEgress?.subnets.map { outcome.sources.text(of: $0.span) } ?? []
    #expect(texts.count == 3 && texts[1].contains("bad") && !texts[1].contains("acme"))
  }

  /// A condition may ask what the row says anyway.
  @Test(arguments: [
    (
      "r.csv", "prefix,name,Port25\n192.0.2.1,a,allowed\n192.0.2.2,b,blocked\n192.0.2.3,c,allowed\n"
    ),
    (
      "r.json",
      """
      [{"prefix":"192.0.2.1","name":"a","Port25":"allowed"},{"prefix":"192.0.2.2","name":"b",
        "Port25":"blocked"},{"prefix":"192.0.2.3","name":"c","Port25":"allowed"}]
      """
    ),
    (
      "r.yaml",
      """
      - { prefix: 192.0.2.1, name: a, Port25: allowed }
      - { prefix: 192.0.2.2, name: b, Port25: blocked }
      - { prefix: 192.0.2.3, name: c, Port25: allowed }
      """
    ),
  ])
  func whereMayAskAColumnThatIsRead(_ name: String, _ text: String) {
    let outcome = outcome(
      "{ file: \(name), columns: { smtp: Port25 }, where: { Port25: allowed, name: [a, b] } }",
      [name: text])
    #expect(outcome.diagnostics.map(\.message) == [])
    #expect(rows(outcome) == ["192.0.2.1 a allowed"])
  }

  /// What a help says can be pasted.
  @Test func aColumnsNameIsQuotedWhereItMustBe() throws {
    let outcome = outcome(
      "{ file: r.csv, columns: { prefix: Netz, smtp: port 25 (out) } }",
      ["r.csv": " Netz,name,\"Port 25: out\"\n192.0.2.1,a,blocked\n"])
    let replacements = outcome.diagnostics.flatMap(\.help).compactMap(\.replacement).map(\.text)
    #expect(replacements.contains("\" Netz\""), "\(outcome.diagnostics)")
  }

  @Test func rowsStandInThePolicyToo() {
    let outcome = outcome(
      """
      [
          { prefix: 198.51.100.0/28, name: acme, smtp: allowed, owner: sales, ticket: NET-1, expires: 2027-06-30 },
          b.csv, { file: c.csv } ]
      """,
      [
        "b.csv": "prefix,name,smtp\n198.51.100.32,bad,blocked\n",
        "c.csv": "prefix,name,smtp\n2001:db8:1::/56,\"café, \"\"x\"\"\",relays-only\n",
      ])
    #expect(outcome.diagnostics.map(\.message) == [])
    #expect(rows(outcome) == Self.expected)
    #expect(outcome.policy?.smtpEgress?.inventories.map(\.rows) == [0..<1, 1..<2, 2..<3])
  }

  @Test func readsARealExportAsItIs() {
    let outcome = outcome(
      """
      { file: ipam.csv, delimiter: ";", comment: "#", where: { pop: "${pops}", state: active },
          columns: { prefix: Netz, name: Kunde, smtp: Port25, expires: bis },
          values: { "0": blocked, "1": allowed, "": relays-only, allowed: blocked } }
      """,
      [
        "ipam.csv":
          """
        # export of 2026-11-25
        Kunde;Port25;Netz;bis;pop;state
        # acme moved
        acme; 1 ; 198.51.100.0/28;2027-01-01T12:00:00+01:00;yvr1;active
        beta;0;198.51.100.16/28;;yvr2;active
        gamma;;198.51.100.32/28;;yvr1;active
        delta;nonsense;not a prefix;;sea1;active
        odd;allowed;198.51.100.64/28;;yvr1;active
        gone;1;198.51.100.48/28;;yvr1;retired

        """
      ], variables: "variables: { pops: [yvr1, yvr2] }")
    #expect(outcome.diagnostics.map(\.message) == [])
    #expect(
      rows(outcome) == [
        "198.51.100.0/28 acme allowed 2027-01-01T11:00:00Z", "198.51.100.16/28 beta blocked",
        "198.51.100.32/28 gamma relays-only", "198.51.100.64/28 odd blocked",
      ])
  }

  @Test func governsItsSourcesAndTheZonesThatHoldThem() {
    let gate = outcome(
      "[{ prefix: 203.0.113.0/28, name: acme, smtp: allowed }]"
    ).policy?.smtpEgress
    #expect(gate?.governsForward == true)
    #expect(gate?.clientZones.zones == [1, 2])
    #expect(gate?.clientNetworks.description == "203.0.113.0/28")
  }

  /// `code: text under the span` of each diagnostic.
  @Test(
    arguments: [
      // Keys.
      ("{ fiel: a.csv }", "", ["unknown-key: fiel"]),
      ("{ columns: { prefix: x } }", "", ["missing-key: { columns: { prefix: x } }"]),
      ("{ file: a.csv, columns: { prefx: x } }", "", ["unknown-key: prefx"]),
      ("{ file: a.csv, values: { x: open } }", "", ["unknown-choice: open"]),
      ("{ file: a.csv, delimiter: \"ab\" }", "", ["invalid-text: \"ab\""]),
      ("{ file: a.csv, delimiter: \"#\", comment: \"#\" }", "", ["conflicting-keys: \"#\""]),
      ("{ file: a.json, delimiter: \";\" }", "", ["misplaced-key: delimiter"]),
      ("{ file: a.csv, at-least: 0 }", "", ["invalid-number: 0"]),
      ("a.txt", "", ["invalid-text: a.txt"]), ("[]", "", ["missing-key: []"]),
      ("[[a.csv]]", "", ["wrong-type: [a.csv]"]),
      // Rows of the policy.
      (
        "[{ prefix: 198.51.100.0/28, name: x }]", "",
        ["missing-key: { prefix: 198.51.100.0/28, name: x }"]
      ),
      (
        "[{ prefix: 198.51.100.0/28, name: x, smtp: block }]", "", ["unknown-choice: block"]
      ),
      (
        "[{ prefix: 198.51.100.1/28, name: x, smtp: blocked }]", "",
        ["bad-address: 198.51.100.1/28"]
      ),
      (
        "[{ prefix: 198.51.100.1-198.51.100.9, name: x, smtp: blocked }]", "",
        ["bad-address: 198.51.100.1-198.51.100.9"]
      ),
      ("[{ prefix: clients, name: x, smtp: blocked }]", "", ["bad-address: clients"]),
      (
        "[{ prefix: 198.51.100.1, name: x, smtp: blocked, expires: soon }]", "",
        ["invalid-date: soon"]
      ),
      (
        "[{ prefix: 198.51.100.1, name: x, smtp: blocked, onwer: y }]", "", ["unknown-key: onwer"]
      ),
      // Files.
      ("missing.csv", "", ["unreadable-list: missing.csv"]),
      ("a.csv", "prefix,name\n198.51.100.0/28,x\n", ["bad-selection: a.csv"]),
      (
        "{ file: a.csv, columns: { smtp: Port25 } }", "prefix,name,port25\n198.51.100.0/28,x,1\n",
        ["bad-selection: Port25"]
      ),
      (
        "{ file: a.csv, where: { pop: x } }", "prefix,name,smtp\n198.51.100.0/28,x,blocked\n",
        ["bad-selection: pop"]
      ),
      (
        "a.csv", "prefix,name,smtp\n198.51.100.1/28,x,blocked\n",
        ["bad-list-entry: 198.51.100.1/28"]
      ),
      (
        "a.csv", "prefix,name,smtp\n198.51.100.1-198.51.100.9,x,blocked\n",
        ["bad-list-entry: 198.51.100.1-198.51.100.9"]
      ),
      ("a.csv", "prefix,name,smtp\n198.51.100.0/28,x,shut\n", ["bad-list-entry: shut"]),
      ("a.csv", "prefix,name,smtp\n198.51.100.0/28,x,Blocked\n", ["bad-list-entry: Blocked"]),
      (
        "a.csv", "prefix,name,smtp\n198.51.100.0/28,,blocked\n",
        ["bad-list-entry: "]
      ),
      (
        "a.csv", "prefix,name,smtp\n::ffff:198.51.100.0/124,x,blocked\n",
        ["bad-list-entry: ::ffff:198.51.100.0/124"]
      ),
      (
        "[{ prefix: \"::ffff:198.51.100.7\", name: x, smtp: blocked }]", "",
        ["bad-address: \"::ffff:198.51.100.7\""]
      ),
      (
        "[{ prefix: 198.51.100.7, name: \"x\u{202e}y\", smtp: blocked }]", "",
        ["invalid-text: \"x\u{202e}y\""]
      ),
      (
        "a.csv", "prefix,name,smtp,expires\n198.51.100.0/28,x,blocked,30.6.2027\n",
        ["bad-list-entry: 30.6.2027"]
      ),
      (
        "a.csv", "prefix,name,smtp\n198.51.100.0/28,\"x\u{7}\",blocked\n",
        ["bad-list-entry: \"x\u{7}\""]
      ),
      ("a.csv", "prefix,name,smtp\n198.51.100.0/28,\"x,blocked\n", ["bad-list-entry: \""]),
      ("a.csv", "", ["bad-list-entry: "]),
      ("a.csv", "prefix,name,smtp\n", ["empty-inventory: a.csv"]),
      (
        "{ file: a.csv, where: { name: nobody } }", "prefix,name,smtp\n198.51.100.0/28,x,blocked\n",
        ["empty-inventory: name: nobody"]
      ),
      (
        "{ file: a.csv, at-least: 2 }", "prefix,name,smtp\n198.51.100.0/28,x,blocked\n",
        ["shrunken-inventory: a.csv"]
      ),
      (
        "a.csv", "prefix,name,smtp\n198.51.100.0/28,x,blocked\n198.51.100.0/28,y,allowed\n",
        ["contradictory-subnet: 198.51.100.0/28,y,allowed"]
      ),
      (
        "a.csv",
        "prefix,name,smtp,expires\n198.51.100.0/28,x,blocked,\n198.51.100.0/28,x,blocked,2027-01-01\n",
        ["contradictory-subnet: 198.51.100.0/28,x,blocked,2027-01-01"]
      ),
      (
        "a.csv", "prefix,name,smtp\n198.51.100.0/28,x,blocked\n198.51.100.0/28,x,blocked\n",
        ["repeated-subnet: 198.51.100.0/28,x,blocked"]
      ),
      ("a.json", "{}", ["bad-list-entry: {"]), ("a.json", "[]", ["empty-inventory: a.json"]),
      ("a.json", "[{\"prefix\":[1],\"name\":\"x\",\"smtp\":\"blocked\"}]", ["bad-list-entry: [1]"]),
      ("a.json", "[{\"prefix\":\"198.51.100.0/28\",\"name\":\"x\"}]", ["bad-selection: a.json"]),
      (
        "a.json",
        "[{\"prefix\":\"198.51.100.0/28\",\"name\":\"x\",\"smtp\":\"blocked\"},{\"name\":\"y\",\"smtp\":\"blocked\"}]",
        ["bad-list-entry: {\"name\":\"y\",\"smtp\":\"blocked\"}"]
      ),
      ("a.yaml", "", ["empty-file: "]), ("a.yaml", "prefix: x\n", ["bad-list-entry: prefix: x"]),
      ("a.yaml", "- x\n", ["bad-list-entry: x"]),
    ] as [(String, String, [String])])
  func saysWhatIsWrongWhereItIs(_ subnets: String, _ text: String, _ findings: [String]) {
    let name = ["a.json", "a.yaml", "a.txt"].first { subnets.contains($0) } ?? "a.csv"
    let outcome = outcome(subnets, [name: text])
    #expect(outcome.findings == findings)
  }

  /// Rows as a file of a format.
  private static func text(of rows: [[String]], _ columns: [String], _ format: String) -> String {
    switch format {
    case "csv": ([columns] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    case "json":
      "["
        + rows.map { row in
          "{" + zip(columns, row).map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}"
        }.joined(separator: ",\n") + "]"
    default:
      rows.map { row in
        "- { " + zip(columns, row).map { "\($0): \"\($1)\"" }.joined(separator: ", ") + " }\n"
      }.joined()
    }
  }

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

  @Test(arguments: [#"{ "1": blocked, " 1": allowed }"#, #"{ "": blocked, " ": allowed }"#])
  func aWordIsGivenOneMeaning(_ values: String) {
    let parsed = Parsed(policy("{ file: a.csv, values: \(values) }"))
    #expect(parsed.codes == ["duplicate-key"])
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

  @Test func anEmptyOneIsAcceptedWhereItMayBe() {
    let outcome = outcome("{ file: a.csv, empty: true }", ["a.csv": "prefix,name,smtp\n"])
    #expect(outcome.diagnostics.map(\.message) == [])
    #expect(rows(outcome) == [])
  }

  @Test func aWarningIsWaivedAtTheFile() {
    let text = "prefix,name,smtp\n198.51.100.0/28,x,blocked\n198.51.100.0/28,x,blocked\n"
    let outcome = outcome(
      "{ file: a.csv, waive: { repeated-subnet: two systems feed it } }", ["a.csv": text])
    #expect(outcome.findings == [])
    #expect(outcome.policy?.waived.map(\.diagnostic.code.name) == ["repeated-subnet"])
  }

  @Test(
    arguments: [
      ("allow: [{ from: 198.51.100.0/28 }]", ["repeated-subnet"], true),
      ("allow: [{ from: 198.51.100.0/28, to: 203.0.113.1 }]", ["contradictory-subnet"], false),
      ("allow: [{ from: 198.51.100.0/28, expires: 2027-01-01 }]", ["contradictory-subnet"], false),
      ("allow: [{ from: 198.51.100.0/27 }]", [], true),
    ])
  func aRowAndAnExceptionOfOnePrefixMustAgree(
    _ allow: String, _ codes: [String], _ compiles: Bool
  ) {
    let outcome = outcome(
      "[{ prefix: 198.51.100.0/28, name: x, smtp: allowed }]", allow: allow)
    #expect(outcome.diagnostics.map(\.code.name) == codes)
    #expect((outcome.policy != nil) == compiles)
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

  @Test func aHostHasNoSubnets() {
    let outcome = TextPolicy(
      """
      fwpolicy: 1
      name: mx
      smtp-egress:
        subnets: [{ prefix: 198.51.100.0/28, name: x, smtp: blocked }]
      """
    ).resolved()
    #expect(outcome.diagnostics.map(\.code.name) == ["bad-gate-client"])
  }

  @Test func countPerSubnetNeedsSubnets() {
    let outcome = TextPolicy(
      "fwpolicy: 1\nname: mx\nsmtp-egress: { relays: [192.0.2.25], count: per-subnet }\n"
    ).resolved()
    #expect(outcome.findings == ["misplaced-key: per-subnet"])
  }
}
