import Diagnostics
import NetworkTypes
import PolicyLanguage
import Testing

struct ResolutionNetworksTests {
  private func file(_ path: String, _ draft: inout PolicyDraft) -> NetworkDeclaration.Source {
    .file(draft.scalar(path))
  }

  @Test
  func mergesLiteralsNamesAndRanges() {
    var draft = PolicyDraft()
    draft.network("all", "192.0.2.0/25", "rest", "198.51.100.1-198.51.100.3", "2001:db8::/32")
    draft.network("rest", "192.0.2.128/25", "192.0.2.0/26")
    let all = draft.resolved().policy?.networks.first
    #expect(
      all?.addresses
        == addresses("192.0.2.0/24", "198.51.100.1-198.51.100.3", "2001:db8::/32"))
  }

  @Test
  func readsAPrefixListOnceAndPointsIntoIt() {
    var draft = PolicyDraft()
    draft.network("good", file("good.txt", &draft))
    draft.network("bad", file("bad.txt", &draft))
    draft.network("bad-again", file("bad.txt", &draft))
    let outcome = draft.resolved(files: [
      "good.txt": "# list\n192.0.2.0/24 # one\r\n\n2001:db8::/32\n",
      "bad.txt": "192.0.2.0/24\n  192.0.2.9/24 # host bits\nmail.example.com\n",
    ])
    #expect(
      outcome.findings == ["bad-list-entry: 192.0.2.9/24", "bad-list-entry: mail.example.com"])
    #expect(outcome.sources.files.map(\.name) == ["policy.yaml", "good.txt", "bad.txt"])
  }

  @Test
  func describesTwentyBadEntriesAndCountsTheRest() {
    var draft = PolicyDraft()
    draft.network("bad", file("bad.txt", &draft))
    let lines = (0..<50).map { "bad entry \($0)\n" }.joined()
    let outcome = draft.resolved(files: ["bad.txt": lines])
    #expect(outcome.diagnostics.count == 21)
    #expect(outcome.findings.last == "bad-list-entry: bad entry 20")
    #expect(outcome.messages.last == "50 entries cannot be read; the first 20 are shown")
  }

  @Test(arguments: [("missing.txt", "no list is at"), ("lists/", "a list is a regular file")])
  func refusesAListThatIsNotThere(path: String, message: String) {
    var draft = PolicyDraft()
    draft.network("bad", file(path, &draft))
    let outcome = draft.resolved()
    #expect(outcome.findings == ["unreadable-list: \(path)"])
    #expect(outcome.messages.first?.hasPrefix(message) == true)
  }

  @Test
  func selectsTheRowsOfACSVFile() {
    let csv = """
      pool,prefix,name
      business,192.0.2.0/28,acme
      residential,198.51.100.0/24,homes
      business,"2001:db8::/48","b, quoted"
      business, 192.0.2.16/28 ,spaces
      """
    var draft = PolicyDraft()
    let path = draft.scalar("inventory.csv")
    let column = draft.scalar("prefix")
    let condition = ColumnCondition(
      column: draft.scalar("pool"), values: [draft.scalar("business")])
    draft.network("business", .csv(path: path, column: column, where: [condition]))
    let business = draft.resolved(files: ["inventory.csv": csv]).policy?.networks.first
    #expect(business?.addresses == addresses("192.0.2.0/27", "2001:db8::/48"))
  }

  @Test
  func pointsAtConditionsThatSelectNoRow() {
    var draft = PolicyDraft()
    let path = draft.scalar("inventory.csv")
    let column = draft.scalar("prefix")
    let condition = ColumnCondition(
      column: draft.scalar("pool"), values: [draft.scalar("Business")])
    draft.network("business", .csv(path: path, column: column, where: [condition]))
    let outcome = draft.resolved(files: ["inventory.csv": "pool,prefix\nbusiness,192.0.2.0/28\n"])
    #expect(outcome.diagnostics.map(\.code.name) == ["empty-network"])
    #expect(outcome.diagnostics.first?.primary?.span.start == condition.column.span.start)
    #expect(outcome.messages.first?.hasSuffix("selects no row for `business`") == true)
  }

  @Test
  func pointsAtAColumnThatTheHeaderLacks() {
    var draft = PolicyDraft()
    let path = draft.scalar("inventory.csv")
    let column = draft.scalar("prefx")
    draft.network("business", .csv(path: path, column: column, where: []))
    let outcome = draft.resolved(files: ["inventory.csv": "prefix,name\n192.0.2.0/28,a\n"])
    #expect(outcome.findings == ["bad-selection: prefx"])
    #expect(outcome.replacements == ["prefix"])
  }

  @Test
  func pointsIntoABadCellOfASelectedRowOnly() {
    var draft = PolicyDraft()
    let path = draft.scalar("inventory.csv")
    let column = draft.scalar("prefix")
    let condition = ColumnCondition(column: draft.scalar("pool"), values: [draft.scalar("a")])
    draft.network("business", .csv(path: path, column: column, where: [condition]))
    let outcome = draft.resolved(files: [
      "inventory.csv": "prefix,pool\nbroken,b\n192.0.2.1/28,a\n"
    ])
    #expect(outcome.findings == ["bad-list-entry: 192.0.2.1/28"])
  }

  @Test
  func refusesAnEmptyNetworkUnlessItMayBeEmpty() {
    var draft = PolicyDraft()
    draft.network("quiet", file("empty.txt", &draft))
    #expect(
      draft.resolved(files: ["empty.txt": "# none\n"]).findings == ["empty-network: empty.txt"])

    draft = PolicyDraft()
    draft.network("quiet", file("empty.txt", &draft), empty: true)
    let from = draft.list(["quiet"])
    draft.policy.inbound.rules = [draft.rule(.allow, "ssh", from: from)]
    let outcome = draft.resolved(files: ["empty.txt": "# none\n"])
    #expect(outcome.findings == [])
    #expect(outcome.policy?.inbound.rules.first?.from.parts.isEmpty == true)
  }

  /// Entries are counted before they are merged.
  @Test(arguments: [(2, true), (3, false)])
  func refusesAListThatShrank(atLeast: Int, isFine: Bool) {
    var draft = PolicyDraft()
    draft.network("list", file("list.txt", &draft), atLeast: atLeast)
    let outcome = draft.resolved(files: ["list.txt": "192.0.2.0/25\n192.0.2.128/25\n"])
    #expect(outcome.findings == (isFine ? [] : ["shrunken-network: list.txt"]))
  }

  /// What counts is what is written, each once: the same addresses in other words are the same.
  @Test(arguments: [
    ("of: [192.0.2.1, 192.0.2.1]", 1),
    ("of: [192.0.2.1, 192.0.2.1/32, 192.0.2.1-192.0.2.1]", 1),
    ("of: [192.0.2.0/24, 192.0.2.0-192.0.2.255, 2001:db8::/32, 2001:DB8:0::/32]", 2),
    ("of: [192.0.2.0/24, 192.0.2.0/25, 192.0.2.7]", 3),
    ("file: repeated.txt", 2),
    ("csv: repeated.csv, column: prefix", 2),
    ("of: [listed, listed, listed-again]", 2),
    ("of: [listed, 192.0.2.1, 203.0.113.1]", 3),
    ("of: [private, private, special-use]", 2),
    ("of: { network: listed, except: [192.0.2.1, 203.0.113.1] }", 2),
  ])
  func countsDifferentEntries(source: String, count: Int) {
    func outcome(_ atLeast: Int) -> TextPolicy.Outcome {
      TextPolicy(
        """
        fwpolicy: 1
        name: counts
        networks:
          listed: { file: repeated.txt }
          listed-again: { file: repeated.txt }
          counted: { \(source), at-least: \(atLeast) }

        """,
        files: [
          "repeated.txt": "198.51.100.0/24\n192.0.2.1\n192.0.2.1/32\n192.0.2.1\n198.51.100.0/24\n",
          "repeated.csv": "prefix\n192.0.2.1\n2001:db8::/32\n192.0.2.1\n 192.0.2.1\n",
        ]
      ).resolved()
    }
    #expect(outcome(count).diagnostics.map(\.code.name) == [])
    #expect(outcome(count + 1).diagnostics.map(\.code.name) == ["shrunken-network"])
  }

  @Test(arguments: ["servers", "self"])
  func refusesWhatIsNoSetOfAddresses(term: String) {
    var draft = PolicyDraft()
    draft.zone("servers", "eth1")
    draft.network("bad", term)
    #expect(draft.resolved().policy == nil)
    #expect(draft.resolved().findings.first?.hasSuffix(": \(term)") == true)
  }

  @Test
  func readsAListOfAHundredThousandPrefixes() {
    var draft = PolicyDraft()
    draft.network("many", file("many.txt", &draft))
    var text = ""
    for index in 0..<100_000 {
      text += "10.\(index >> 15).\(index >> 7 & 255).\((index & 127) * 2)\n"
    }
    let outcome = draft.resolved(files: ["many.txt": text])
    #expect(outcome.policy?.networks.first?.addresses.ipv4.intervals.count == 100_000)
  }

  /// A copy for each rule would be eight hundred megabytes.
  @Test
  func sharesALongListAmongTheRulesThatNameIt() {
    var draft = PolicyDraft(role: .router)
    draft.zone("clients", "bng*")
    draft.network("many", file("many.txt", &draft))
    var text = ""
    for index in 0..<100_000 {
      text += "10.\(index >> 15).\(index >> 7 & 255).\((index & 127) * 2)\n"
    }
    let whole = EndpointExpression.restricted(
      zone: draft.list(["clients"]), network: draft.list(["many"]), except: nil,
      draft.scalar("whole").span)
    let rules = (0..<1000).map { _ in draft.rule(.allow, "ssh", from: whole) }
    draft.policy.forward.rules = rules
    let resolved = draft.resolved(files: ["many.txt": text]).policy
    let list = resolved?.networks.first?.addresses.ipv4.intervals ?? []
    let used = resolved?.forward?.rules.last?.from.addresses(in: 0).ipv4.intervals ?? []
    let isShared = list.withUnsafeBufferPointer { a in
      used.withUnsafeBufferPointer { b in a.baseAddress == b.baseAddress }
    }
    #expect(list.count == 100_000)
    #expect(isShared)
  }
}
