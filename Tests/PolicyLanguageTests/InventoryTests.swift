import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

/// `smtp-egress.subnets`: inventories as they are exported, and what is wrong with how they are read.
@Suite struct InventoryTests: InventorySuite {
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

  @Test(arguments: [#"{ "1": blocked, " 1": allowed }"#, #"{ "": blocked, " ": allowed }"#])
  func aWordIsGivenOneMeaning(_ values: String) {
    let parsed = Parsed(policy("{ file: a.csv, values: \(values) }"))
    #expect(parsed.codes == ["duplicate-key"])
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
