import Diagnostics
import PolicyLanguage
import TestSupport
import Testing

@Suite struct TemplatesTests {
  private static let customer = """
    templates:
      customer:
        parameters: [name, prefix]
        networks: { "${name}-net": ["${prefix}"] }
        inbound: [{ name: "${name}-in", allow: ssh, from: "${name}-net" }]

    """

  private func networks(_ parsed: Parsed) -> [String] {
    parsed.policy?.networks.map { network in
      guard case .of(let list) = network.source else { return network.name.value }
      return "\(network.name.value) \(list.terms.map(\.value))"
    } ?? parsed.summary
  }

  // MARK: Rows

  /// Every way to write two rows gives the same two instances.
  static let sources: [(forEach: String, file: String?)] = [
    // In the policy.
    ("[{ name: a, prefix: 192.0.2.1 }, { prefix: 192.0.2.2, name: b }]", nil),
    // CSV: any order of columns, more of them, CRLF, quotes, spaces, a byte order mark.
    ("rows.csv", "name,prefix\na,192.0.2.1\nb,192.0.2.2\n"),
    ("rows.csv", "x,prefix,name\n1,192.0.2.1,a\n2,192.0.2.2,b"),
    ("rows.csv", "\u{FEFF}name,prefix\r\n\"a\",\"192.0.2.1\"\r\n b , 192.0.2.2 \r\n"),
    ("{ file: rows.csv, delimiter: \";\" }", "name;prefix\na;192.0.2.1\nb;192.0.2.2\n"),
    ("{ file: rows.csv, delimiter: tab }", "name\tprefix\na\t192.0.2.1\nb\t192.0.2.2\n"),
    (
      "{ file: rows.csv, comment: \"#\" }",
      "# export\nname,prefix\n# old\na,192.0.2.1\nb,192.0.2.2\n"
    ),
    (
      "{ file: rows.csv, columns: { name: Customer, prefix: IP } }",
      "Customer,IP\na,192.0.2.1\nb,192.0.2.2\n"
    ),
    // JSON and YAML.
    (
      "rows.json",
      "[{\"name\": \"a\", \"prefix\": \"192.0.2.1\"}, {\"name\": \"b\", \"prefix\": \"192.0.2.2\"}]"
    ),
    ("rows.yaml", "- { name: a, prefix: 192.0.2.1, more: 1 }\n- name: b\n  prefix: 192.0.2.2\n"),
    (
      "{ file: rows.yml, columns: { prefix: ip } }",
      "- { name: a, ip: 192.0.2.1 }\n- { name: b, ip: 192.0.2.2 }\n"
    ),
    // A variable's whole list.
    ("\"${rows}\"", nil),
  ]

  @Test(arguments: sources)
  func rowsOfEveryFormGiveTheSameInstances(_ source: (forEach: String, file: String?)) {
    let name =
      ["rows.json", "rows.yaml", "rows.yml"].first(where: source.forEach.contains) ?? "rows.csv"
    let variables =
      source.forEach.contains("${rows}")
      ? "variables: { rows: [{ name: a, prefix: 192.0.2.1 }, { name: b, prefix: 192.0.2.2 }] }\n"
      : ""
    let parsed = Parsed(
      head + variables + Self.customer
        + "instances: [{ template: customer, for-each: \(source.forEach) }]\n",
      including: source.file.map { [name: $0] } ?? [:])
    #expect(networks(parsed) == ["a-net [\"192.0.2.1\"]", "b-net [\"192.0.2.2\"]"])
    #expect(parsed.policy?.inbound.rules.compactMap(\.name?.value) == ["a-in", "b-in"])
    #expect(parsed.diagnostics == [])
  }

  /// What `where` selects of three rows.
  static let selections: [(conditions: String, names: [String])] = [
    ("{ pop: yvr }", ["a", "c"]),
    ("{ pop: [yyz, yvr] }", ["a", "b", "c"]),
    ("{ pop: \"${site}\" }", ["b"]),
    ("{ pop: \"${sites}\" }", ["a", "b", "c"]),
    ("{ pop: yvr, kind: x y }", ["c"]),
    // Equality is of bytes, spaces around apart.
    ("{ pop: \" yyz \" }", ["b"]),
    // A column that is a parameter too.
    ("{ name: [a, b], pop: yvr }", ["a"]),
  ]

  @Test(arguments: selections)
  func whereSelectsRowsByEquality(_ selection: (conditions: String, names: [String])) {
    let variables = "variables: { site: yyz, sites: [yyz, yvr] }\n"
    let csv = "name,prefix,pop,kind\na,192.0.2.1,yvr,\nb,192.0.2.2,yyz,x\nc,192.0.2.3, yvr,x y\n"
    let yaml = """
      - { name: a, prefix: 192.0.2.1, pop: yvr, kind: "" }
      - { name: b, prefix: 192.0.2.2, pop: yyz, kind: x }
      - { name: c, prefix: 192.0.2.3, pop: yvr, kind: x y }
      """
    let json = """
      [{ "name": "a", "prefix": "192.0.2.1", "pop": "yvr", "kind": null },
       { "name": "b", "prefix": "192.0.2.2", "pop": "yyz", "kind": "x" },
       { "name": "c", "prefix": "192.0.2.3", "pop": " yvr", "kind": "x y" }]
      """
    for (file, text) in ["rows.csv": csv, "rows.yaml": yaml, "rows.json": json] {
      for entry in [
        "{ template: customer, for-each: \(file), where: \(selection.conditions) }",
        "{ template: customer, for-each: { file: \(file), where: \(selection.conditions) } }",
      ] {
        let parsed = Parsed(
          head + variables + Self.customer + "instances: [\(entry)]\n", including: [file: text])
        #expect(
          networks(parsed).map { $0.prefix { $0 != "-" } } == selection.names.map { $0[...] },
          "\(entry)")
      }
    }
  }

  @Test func aRowThatLacksAColumnOfWhereIsNotSelected() {
    let parsed = Parsed(
      head + Self.customer + """
        instances:
          - template: customer
            for-each: [{ name: a, prefix: 192.0.2.1, pop: x }, { name: b, prefix: 192.0.2.2 }]
            where: { pop: x }
        """)
    #expect(networks(parsed) == ["a-net [\"192.0.2.1\"]"])
  }

  @Test func noRowIsWantedWhereTheEntrySaysSo() {
    let parsed = Parsed(
      head + Self.customer + "instances: { template: customer, for-each: [], empty: true }\n")
    #expect(parsed.diagnostics == [])
    #expect(parsed.policy?.networks.count == 0)
  }

  // MARK: Values

  @Test func aParameterHidesAVariableOfItsName() {
    let parsed = Parsed(
      head + "variables: { prefix: 192.0.2.9, other: \"${prefix}\" }\n" + """
        templates:
          t: { parameters: [name, prefix], networks: { "${name}": ["${prefix}", "${other}"] } }
        instances: [{ template: t, for-each: [{ name: a, prefix: 192.0.2.1 }] }]
        """)
    #expect(networks(parsed) == ["a [\"192.0.2.1\", \"192.0.2.9\"]"])
    #expect(parsed.policy?.unusedVariables.map(\.value) == [])
  }

  /// What a row brings is a value: it is never read for references again, and a variable that holds
  /// one half of a reference makes none.
  @Test func textOfARowIsNotExpanded() {
    let parsed = Parsed(
      head + "variables: { secret: boo, dollar: $ }\n" + """
        templates:
          t:
            parameters: [name, owner]
            inbound:
              - { name: "${name}", allow: ssh, owner: "${owner}", note: "${dollar}{name} ${owner} ${secret}" }
        instances: [{ template: t, for-each: rows.csv }]
        """, including: ["rows.csv": "name,owner\na,${secret}\n"])
    let rule = parsed.policy?.inbound.rules.first
    #expect(rule?.metadata.owner?.value == "${secret}")
    #expect(rule?.metadata.note?.value == "${name} ${secret} boo")
  }

  @Test func aParameterThatStandsAloneTakesAWholeList() {
    let parsed = Parsed(
      head + """
        templates:
          t:
            parameters: [name, prefixes]
            networks: { "${name}": { of: ["${prefixes}", 192.0.2.9] } }
        instances:
          - { template: t, for-each: [{ name: a, prefixes: [192.0.2.1, 192.0.2.2] }] }
        """)
    #expect(networks(parsed) == ["a [\"192.0.2.1\", \"192.0.2.2\", \"192.0.2.9\"]"])
  }

  // MARK: Order and places

  @Test func instancesStandBetweenIncludedFilesAndTheFilesOwnRules() {
    let parsed = Parsed(
      head + """
        include: [library.yaml]
        inbound: [{ name: own, allow: ssh }]
        instances:
          - { template: t, for-each: [{ name: second }, { name: third }] }
          - { template: t, for-each: [{ name: fourth }] }
        """,
      including: [
        "library.yaml": """
        fwpolicy: 1
        inbound: [{ name: first, allow: ssh }]
        templates: { t: { parameters: [name], inbound: [{ name: "${name}", allow: ssh }] } }
        """
      ])
    #expect(
      parsed.policy?.inbound.rules.compactMap(\.name?.value)
        == ["first", "second", "third", "fourth", "own"])
  }

  @Test func aValueStandsInTheTemplateAndIsWrittenInItsRow() throws {
    let parsed = Parsed(
      head + Self.customer + "instances: [{ template: customer, for-each: rows.csv }]\n",
      including: ["rows.csv": "prefix,name\n192.0.2.1,a\n\"192.0.2.2\",b\n"])
    let network = try #require(parsed.policy?.networks.last)
    guard case .of(.union(let members, _)) = network.source, case .term(let term) = members.first
    else {
      Issue.record("no list")
      return
    }
    #expect(parsed.sources.text(of: term.span) == "\"${prefix}\"")
    #expect(parsed.sources.written(term.span).file == parsed.sources.instances[1].file)
    #expect(term.definition.map { parsed.sources.text(of: $0) } == "192.0.2.2")
    #expect(parsed.sources.citation(of: network.name.span) == "p.yaml:6 for rows.csv:3")
    #expect(
      parsed.sources.instances.map(\.row).map { parsed.sources.text(of: $0) }
        == ["192.0.2.1,a", "\"192.0.2.2\",b"])
  }

  @Test func aRowMayHaveLineBreaksInsideQuotes() {
    let parsed = Parsed(
      head + Self.customer + "instances: [{ template: customer, for-each: rows.csv }]\n",
      including: ["rows.csv": "note,name,prefix\n\"one\ntwo\",a,192.0.2.1\n\"\"\"\",b,192.0.2.2\n"])
    #expect(
      parsed.sources.instances.map(\.row).map { parsed.sources.text(of: $0) }
        == ["\"one\ntwo\",a,192.0.2.1", "\"\"\"\",b,192.0.2.2"])
  }

  @Test func twoInstancesAreNeverTakenForOne() {
    let parsed = Parsed(
      head + Self.customer
        + "instances: [{ template: customer, for-each: [{ name: a, prefix: 192.0.2.1 }, { name: b, prefix: 192.0.2.1 }] }]\n"
    )
    let spans = parsed.policy?.inbound.rules.map(\.span) ?? []
    #expect(Set(spans).count == 2)
    #expect(Set(spans.map(parsed.sources.written)).count == 1)
  }

  // MARK: What goes wrong

  /// Rows by the thousand, each with the same fault of the template: said once.
  @Test func aFaultOfTheTemplateIsSaidOnce() {
    let rows = (0..<3000).map { "c\($0),192.0.2.1\n" }.joined()
    let parsed = Parsed(
      head + """
        templates:
          t: { parameters: [name, prefix], inbound: [{ name: "${name}", allow: ssh, frm: "${prefix}" }] }
        instances: [{ template: t, for-each: rows.csv }]
        """, including: ["rows.csv": "name,prefix\n" + rows])
    #expect(parsed.summary == ["unknown-key \"frm\""])
    #expect(
      parsed.diagnostics.first?.notes == [
        "in all 3000 instances: for `rows.csv:2`, `rows.csv:3`, `rows.csv:4`, `rows.csv:5`, `rows.csv:6` and 2995 more"
      ])
    #expect(parsed.diagnostics.first?.help.first?.replacement?.text == "from")
  }

  @Test func faultsOfRowsAreShownOneByOneAndThenCounted() {
    let rows = (0..<300).map { $0 % 3 == 0 ? "c\($0),yes\n" : "c\($0),true\n" }.joined()
    let parsed = Parsed(
      head + """
        templates:
          t: { parameters: [name, count], inbound: [{ name: "${name}", allow: ssh, count: "${count}" }] }
        instances: [{ template: t, for-each: rows.csv }]
        """, including: ["rows.csv": "name,count\n" + rows])
    #expect(parsed.diagnostics.count == 20)
    #expect(parsed.diagnostics.last?.notes == ["and so in 80 more instances of the template"])
    let second = parsed.diagnostics[1]
    #expect(second.secondary.map { parsed.sources.text(of: $0.span) } == ["yes"])
    #expect(second.secondary.map { parsed.sources.citation(of: $0.span) } == ["rows.csv:5"])
    #expect(
      second.help.first?.replacement.map { parsed.sources.citation(of: $0.span) } == "rows.csv:5")
  }

  @Test func instancesThatMultiplyAreRefusedBeforeTheMemoryIsTaken() {
    let item = (0..<2000).map { "r\($0)" }.joined(separator: ", ")
    let rows = (0..<6000).map { "n\($0)\n" }.joined()
    let parsed = Parsed(
      head + """
        templates:
          t: { parameters: [name], inbound: [{ name: "${name}", allow: ssh, serves: [\(item)] }] }
        instances: [{ template: t, for-each: rows.csv }]
        """, including: ["rows.csv": "name\n" + rows])
    #expect(parsed.codes == ["expansion-too-large"])
  }

  @Test func aTemplateThatNothingUsesIsReadAllTheSame() {
    let parsed = Parsed(
      head + "templates: { t: { parameters: [name], networks: { \"${nme}\": [192.0.2.1] } } }\n")
    #expect(parsed.summary == ["undefined-variable \"${nme}\""])
  }

  @Test func aTemplateAddsExceptionsToTheGateThatThePolicyHas() {
    let text =
      head + """
        templates: { t: { parameters: [host], smtp-egress: { allow: [{ from: "${host}" }] } } }
        instances: [{ template: t, for-each: [{ host: 192.0.2.1 }, { host: 192.0.2.2 }] }]

        """
    #expect(Parsed(text).summary == ["missing-key \"smtp-egress\""])
    let parsed = Parsed(text + "smtp-egress: { users: [], allow: [{ from: 192.0.2.3 }] }\n")
    #expect(
      parsed.policy?.smtpEgress?.allow.compactMap { $0.from?.terms.first?.value }
        == ["192.0.2.3", "192.0.2.1", "192.0.2.2"])
  }

  @Test func aTemplateBringsRowsOfTheInventory() {
    let template = """
      templates:
        pop:
          parameters: [name, pool, smtp]
          smtp-egress:
            subnets: ["inventory/${name}.csv", { prefix: "${pool}", name: "${name}", smtp: "${smtp}" }]
      instances:
        - template: pop
          for-each:
            - { name: yvr, pool: 198.51.100.0/25, smtp: relays-only }
            - { name: yyz, pool: 198.51.100.128/25, smtp: blocked }

      """
    let edge = """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1] }

      """
    let files = [
      "inventory/yvr.csv": "prefix,name,smtp\n198.51.100.16/28,acme,allowed\n",
      "inventory/yyz.csv": "prefix,name,smtp\n198.51.100.144/28,beta,allowed\n",
    ]
    for gate in [
      "smtp-egress: { clients: clients, count: per-subnet }\n",
      "smtp-egress: { clients: clients, subnets: [{ prefix: 203.0.113.0/24, name: own, smtp: blocked }] }\n",
    ] {
      let outcome = TextPolicy(edge + gate + template, files: files).resolved()
      #expect(outcome.diagnostics.map(\.message) == [])
      let rows = outcome.policy?.smtpEgress?.subnets.map { "\($0.prefix) \($0.name)" } ?? []
      let own = gate.contains("own") ? ["203.0.113.0/24 own"] : []
      #expect(
        rows == own + [
          "198.51.100.16/28 acme", "198.51.100.0/25 yvr", "198.51.100.144/28 beta",
          "198.51.100.128/25 yyz",
        ])
      #expect(outcome.policy?.smtpEgress?.governsForward == true)
    }
    // Without a gate there is nothing to add to, and without rows nothing to count by.
    #expect(
      TextPolicy(edge + template, files: files).resolved().findings == ["missing-key: smtp-egress"])
    // What is wrong with one instance's row shows the template and the row.
    let broken = TextPolicy(
      edge + "smtp-egress: { clients: clients }\n"
        + template.replacing("198.51.100.128/25", with: "198.51.100.129/25"), files: files
    ).resolved()
    #expect(broken.diagnostics.map(\.code.name) == ["bad-address"])
    let others = Parsed(
      head + """
        templates: { t: { parameters: [host], smtp-egress: { relays: ["${host}"] } } }
        instances: [{ template: t, for-each: [{ host: 192.0.2.1 }] }]
        smtp-egress: { users: [] }
        """)
    #expect(others.codes == ["misplaced-key"])
  }

  // MARK: JSON

  private func instances(_ json: String, _ forEach: String = "rows.json") -> Parsed {
    Parsed(
      head + Self.customer + "instances: [{ template: customer, for-each: \(forEach) }]\n",
      including: ["rows.json": json])
  }

  @Test func valuesOfJSONAreTextsListsAndMaps() {
    let parsed = Parsed(
      head + """
        templates:
          t:
            parameters: [name, prefixes, limit, counts]
            networks: { "${name}": "${prefixes}" }
            inbound: [{ name: "in-${name}", allow: ssh, from: "${name}", limit: "${limit}", count: "${counts}" }]
        instances: [{ template: t, for-each: rows.json }]
        """,
      including: [
        "rows.json": """
        [{"name": "\\u0061", "prefixes": ["192.0.2.1", "192.0.2.2"], "limit": "10/minute", "counts": true, "x": {"y": null}},
         {"counts": false, "limit": "1/second", "name": "b2", "prefixes": {"of": ["192.0.2.9"], "class": "business"}}]
        """
      ])
    #expect(networks(parsed) == ["a [\"192.0.2.1\", \"192.0.2.2\"]", "b2 [\"192.0.2.9\"]"])
    #expect(parsed.policy?.inbound.rules.map { $0.counts?.value } == [true, false])
  }

  /// What is wrong with the second of two rows.
  @Test(arguments: [
    (#"{"name": "b"}"#, "template-parameter", #"{"name": "b"}"#, "`prefix` is missing (row 2)"),
    (
      #"{"name": "b", "prefix": null}"#, "template-parameter", "null", "`prefix` is missing (row 2)"
    ),
    (#"{"name": "b", "prefix": ["192.0.2.2", null]}"#, "bad-list-entry", "null", "(row 2)"),
    (
      #"{"name": "b", "name": "c", "prefix": "192.0.2.2"}"#, "bad-list-entry", #""name""#, "(row 2)"
    ),
    (
      #"{"name": "b", "prefix": {"of": "192.0.2.2", "of": "192.0.2.3"}}"#, "bad-list-entry",
      #""of""#, "(row 2)"
    ),
    ("7", "bad-list-entry", "7", "is an object, `{…}` (row 2)"),
    (#"{"name": "b", "prefix": "192.0.2.2",}"#, "bad-list-entry", ",", "(row 2)"),
    (#"{"name": "b", "prefix": 192.0.2.2}"#, "bad-list-entry", "192.0.2.2", "(row 2)"),
  ])
  func aRowOfJSONThatCannotBeUsedIsNamed(
    _ row: String, _ code: String, _ text: String, _ message: String
  ) {
    let parsed = instances(#"[{"name": "a", "prefix": "192.0.2.1"}, "# + row + "]")
    #expect(parsed.summary == ["\(code) \"\(text)\""])
    #expect(parsed.diagnostics.first?.message.hasSuffix(message) == true)
  }

  @Test func rowsOfJSONAreSelectedAsThoseOfCSV() {
    let parsed = instances(
      #"[{"name":"a","prefix":"192.0.2.1","pop":1},{"name":"b","pop":" 2 "},{"name":"c","prefix":"192.0.2.3","pop":" 1"}]"#,
      "{ file: rows.json, where: { pop: 1 } }")
    #expect(networks(parsed) == ["a-net [\"192.0.2.1\"]", "c-net [\"192.0.2.3\"]"])
  }

  @Test func rowsWithoutAParameterAreCounted() {
    let rows = (0..<30).map { #"{"name":"n\#($0)"}"# }.joined(separator: ",")
    let parsed = instances("[\(rows)]")
    #expect(parsed.diagnostics.count == 21)
    #expect(
      parsed.diagnostics.contains {
        $0.message == "30 rows lack a parameter; the first 20 are shown"
      })
  }

  @Test func faultsInsideValuesOfJSONAreCounted() {
    let rows = (0..<50).map { #"{"name":"n\#($0)","prefix":[null,null]}"# } + ["7"]
    let parsed = instances("[" + rows.joined(separator: ",") + "]")
    #expect(parsed.diagnostics.count == 21)
    let messages = Set(parsed.diagnostics.map(\.message))
    #expect(messages.count == 21)
    #expect(messages.contains("51 rows cannot be read; the first 20 are shown"))
  }

  /// What is written over a value leaves its quotes, and nothing is written over escapes.
  @Test(arguments: [("10.2.73.0/23", "10.2.73.0/23"), (#"10.2.73.0\/23"#, nil)])
  func aHelpForAValueOfJSONCanBePasted(_ value: String, _ pasted: String?) {
    let outcome = TextPolicy(
      head + Self.customer + "instances: [{ template: customer, for-each: rows.json }]\n",
      files: ["rows.json": #"[{"name":"a","prefix":"\#(value)"}]"#]
    ).resolved()
    #expect(outcome.diagnostics.map(\.code.name) == ["bad-address"])
    let replaced = outcome.diagnostics.flatMap(\.help).compactMap(\.replacement).map {
      outcome.sources.text(of: $0.span)
    }
    #expect(Set(replaced) == Set([pasted].compactMap { $0 }))
  }

  /// More than the YAML reader takes: other columns are nobody's business, however long.
  @Test func rowsOfJSONHaveNoLimitAndThoseOfYAMLSayWhatHasNone() {
    let filler = String(repeating: "x", count: 17 << 20)
    let json = instances(#"[{"name":"a","prefix":"192.0.2.1","note":"\#(filler)"}]"#)
    #expect(networks(json) == ["a-net [\"192.0.2.1\"]"])
    let yaml = Parsed(
      head + Self.customer + "instances: [{ template: customer, for-each: rows.yaml }]\n",
      including: ["rows.yaml": "- { name: a, prefix: 192.0.2.1, note: \(filler) }\n"])
    #expect(yaml.codes == ["file-too-large"])
    #expect(yaml.diagnostics.first?.message == "a YAML file of rows has at most 16 MiB")
    #expect(yaml.diagnostics.first?.help.first?.text.contains("CSV or JSON") == true)
  }
}
