import Diagnostics
import PolicyLanguage
import TestSupport
import Testing

@Suite struct PolicyParserTests {
  static let refusals: [Refusal] = [
    // Header.
    Refusal("fwpolicy: 2\nname: p\n", "language-version", "2", "`1`"),
    Refusal("name: p\n", "missing-key", "", "`fwpolicy: 1`"),
    Refusal("fwpolicy: 1\n", "missing-key", "fwpolicy", "`name: NAME`"),
    Refusal(head + "zone: {}\n", "unknown-key", "zone", "`zones`"),
    Refusal(head + "nat: {}\n", "not-supported-yet", "nat"),
    Refusal(head + "tests: {}\n", "wrong-type", "{}"),
    Refusal(head + "role: gateway\n", "unknown-choice", "gateway"),
    Refusal(head + "role: Router\n", "unknown-choice", "Router", "`router`"),
    Refusal(head + "priority: 100\n", "invalid-number", "100"),
    Refusal(head + "priority: 007\n", "invalid-number", "007", "`7`"),
    Refusal(head + "table: chain\n", "invalid-identifier", "chain"),
    Refusal(head + "table: a b\n", "invalid-identifier", "a b"),
    // Zones.
    Refusal(head + "zones: []\n", "wrong-type", "[]"),
    Refusal(head + "zones: { a: { interfaces: [] } }\n", "wrong-type", "[]"),
    Refusal(head + "zones: { a: {} }\n", "missing-key", "a", "interfaces"),
    Refusal(
      head + "zones: { a: { interface: eth0 } }\n", "unknown-key", "interface",
      "`interfaces`"),
    Refusal(head + "zones: { a: { interfaces: lo } }\n", "invalid-interface", "lo", "remove it"),
    Refusal(head + "zones: { a: { interfaces: [] } }\n", "wrong-type", "[]", "remove the zone"),
    Refusal(
      head + "zones: { a: { interfaces: [b\"c] } }\n", "invalid-interface", "b\"c",
      "`ip link` shows, perhaps `bc`"),
    Refusal(
      head + "zones: { a: { interfaces: [\"b:1\"] } }\n", "invalid-interface", "\"b:1\"",
      "`ip link` shows, perhaps `b`"),
    Refusal(head + "networks: { a: { class: business } }\n", "missing-key", "a", "`file: PATH`"),
    Refusal(head + "zones: { a: { interfaces: \"*\" } }\n", "invalid-interface", "\"*\""),
    Refusal(
      head + "zones: { a: { interfaces: \"a*b\" } }\n", "invalid-interface", "\"a*b\"",
      "`\"a*\"`"),
    // To Unicode these two are one character with the `*`.
    Refusal(
      head + "zones: { a: { interfaces: \"abcdefghijklmno\u{600}*\" } }\n", "invalid-interface",
      "\"abcdefghijklmno\u{600}*\"", "`ip link`"),
    Refusal(
      head + "zones: { a: { interfaces: \"a*\u{301}\" } }\n", "invalid-interface",
      "\"a*\u{301}\"", "`\"a*\"`"),
    Refusal(head + "zones: { a: { interfaces: a/b } }\n", "invalid-interface", "a/b", "`ip link`"),
    Refusal(
      head + "zones: { lan: [eth1] }\n", "wrong-type", "[eth1]", "`{ interfaces: [eth1] }`"),
    Refusal(head + "users: [postfix]\n", "wrong-type", "[postfix]", "`users: { NAME: 89 }`"),
    Refusal(
      head + "networks: [192.0.2.1]\n", "wrong-type", "[192.0.2.1]", "{ NAME: [192.0.2.0/28] }"),
    Refusal(
      head + "zones: { a: { interfaces: abcdefghijklmnop } }\n", "invalid-interface",
      "abcdefghijklmnop", "`ip link`"),
    Refusal(
      head + "zones: { a: { interfaces: x, kind: client } }\n", "unknown-choice", "client",
      "`clients`"),
    Refusal(
      head + "zones: { a: { interfaces: x, anti-spoofing: [off] } }\n", "conflicting-keys", "off"),
    // Networks.
    Refusal(head + "networks: { 1a: 192.0.2.1 }\n", "invalid-identifier", "1a"),
    Refusal(head + "networks: { a: { class: business } }\n", "missing-key", "a"),
    Refusal(head + "networks: { a: { of: b, file: c } }\n", "conflicting-keys", "file"),
    Refusal(head + "networks: { a: { csv: c } }\n", "missing-key", "csv", "column"),
    Refusal(head + "networks: { a: { file: c, column: d } }\n", "misplaced-key", "column"),
    Refusal(head + "networks: { a: { of: b, at-least: 0 } }\n", "invalid-number", "0"),
    Refusal(head + "networks: { a: { of: b, empty: no } }\n", "wrong-type", "no", "`false`"),
    Refusal(head + "networks: { a: { of: b, override: true } }\n", "nothing-to-override", "true"),
    Refusal(head + "networks: { a: { pth: b } }\n", "unknown-key", "pth"),
    // Services, users, defaults.
    Refusal(head + "services: { a: { description: b } }\n", "missing-key", "a", "`of: tcp/25`"),
    Refusal(head + "services: { a: { of: b, helper: irc } }\n", "unknown-choice", "irc"),
    Refusal(head + "services: { a: { off: b } }\n", "unknown-key", "off", "`of`"),
    Refusal(head + "users: { a: b }\n", "invalid-number", "b"),
    Refusal(head + "users: { a: -1 }\n", "invalid-number", "-1"),
    Refusal(head + "defaults: { inbound: allow }\n", "fixed-default", "allow", "`deny`"),
    Refusal(head + "defaults: { outbound: reject }\n", "unknown-choice", "reject"),
    Refusal(head + "defaults: { outbound: drop }\n", "unknown-choice", "drop", "`deny`"),
    Refusal(head + "defaults: { outbound: accept }\n", "unknown-choice", "accept", "`allow`"),
    Refusal(head + "defaults: { invalid: accept }\n", "unknown-choice", "accept", "`continue`"),
    Refusal(head + "smtp-egress: { action: drop }\n", "unknown-choice", "drop", "`deny`"),
    Refusal(head + "defaults: { outbuond: deny }\n", "unknown-key", "outbuond", "`outbound`"),
    // The gate.
    Refusal(head + "smtp-egress: { count: per-subnet }\n", "misplaced-key", "per-subnet"),
    Refusal(head + "smtp-egress: { action: allow }\n", "unknown-choice", "allow"),
    Refusal(head + "smtp-egress: { client: a }\n", "unknown-key", "client", "`clients`"),
    Refusal(head + "smtp-egress: { allow: a }\n", "wrong-type", "a"),
    Refusal(head + "smtp-egress: { allow: [{}] }\n", "missing-key", "{}"),
    // Variables.
    Refusal(
      head + "variables: { noc: a }\nnetworks: { x: \"${nco}\" }\n", "undefined-variable",
      "${nco}", "did you mean `${noc}`?"),
    Refusal(head + "owner: ${a\n", "invalid-reference", "${a", "NAME"),
    Refusal(head + "owner: x ${a b} y\n", "invalid-reference", "${a b}"),
    Refusal(
      head + "variables: { a: \"${b}\", b: \"x ${a}\" }\n", "cyclic-variable", "${a}"),
    Refusal(
      head + "variables: { a: [x] }\nowner: x ${a} y\n", "variable-not-text", "${a}"),
    Refusal(
      head + "networks: { \"${a}\": b }\nvariables: { a: b }\n", "variable-place",
      "\"${a}\""),
    Refusal(head + "include: [\"${a}\"]\n", "variable-place", "\"${a}\""),
    // Includes.
    Refusal(head + "include: std/none.yaml\n", "wrong-type", "std/none.yaml", "write"),
    Refusal(head + "include: [none.yaml]\n", "unreadable-file", "none.yaml"),
    Refusal(head + "include: [p.yaml]\n", "include-cycle", "p.yaml"),
  ]

  @Test(arguments: refusals) func refusesPolicy(_ refusal: Refusal) {
    #expect(refusal.problem() == nil)
  }

  @Test func readsEveryKey() throws {
    let parsed = Parsed(PolicyExamples.everything)
    #expect(parsed.summary == [])
    let policy = try #require(parsed.policy)
    #expect(policy.role.value == .router && policy.priority.value == -10)
    #expect(policy.table.value == "edge")
    #expect(policy.users.map(\.uid.value) == [89, 0])
    #expect(
      policy.zones.map { $0.interfaces.map(\.value.text) } == [["eth0"], ["bng*", "eth0.7"]])
    #expect(policy.zones[1].antiSpoofing?.value == [.networks, .reversePath])
    #expect(policy.networks.map(\.name.value) == ["residential", "business", "shops", "noc"])
    #expect(policy.services.map(\.name.value) == ["app", "mail"])
    #expect(policy.defaults.log?.to?.value == .group(5))
    #expect(policy.inbound.log?.switch == LogDeclaration.Switch.none)
    #expect(policy.inbound.rules.count == 2)
    #expect(policy.outbound.rules[0].users?.map(\.value) == ["postfix", "0"])
    #expect(policy.smtpEgress?.users?.value.isEmpty == true)
    #expect(policy.smtpEgress?.allow.count == 1)
  }

  @Test func minimalPolicyTakesTheDefaults() throws {
    let policy = try #require(Parsed(head).policy)
    #expect(policy.role.value == .host && policy.priority.value == 0)
    #expect(policy.table.value == "fwpolicy" && policy.inbound.rules.isEmpty)
  }

  @Test func reportsEveryProblemAtOnce() {
    let parsed = Parsed(
      head + "rol: host\ninbound:\n  - { alow: x }\n  - { allow: x, count: on }\n")
    #expect(
      parsed.summary == ["unknown-key \"rol\"", "unknown-key \"alow\"", "wrong-type \"on\""])
  }

  @Test func unreadableRootHasNoPlace() {
    let parsed = Parsed(MemoryProvider([:]))
    #expect(parsed.codes == ["unreadable-file"])
    #expect(parsed.diagnostics.first?.primary == nil)
  }

  // MARK: - Variables

  @Test func variableKeepsPlaceOfUseAndDefinition() throws {
    let parsed = Parsed(PolicyExamples.everything)
    let noc = try #require(parsed.policy?.networks.last)
    guard case .of(.union(let items, let span)) = noc.source, case .term(let first) = items[0],
      case .union(let inner, _) = EndpointExpression.union([items[1]], span),
      case .term(let second) = inner[0]
    else {
      Issue.record("not a list of two terms")
      return
    }
    #expect(parsed.sources.text(of: span) == "\"${noc}\"")
    #expect(first.value == "192.0.2.0/28")
    #expect(first.definition.map { parsed.sources.text(of: $0) } == "192.0.2.0/28")
    #expect(second.definition.map { parsed.sources.text(of: $0) } == "192.0.2.128/28")
  }

  @Test func overridesReplaceVariables() throws {
    let text = head + "variables: { a: x, b: y }\nowner: ${a}-${b}-${c}\n"
    let values = ProvidedSource(name: "v.yaml", bytes: Array("{ a: file, c: file }".utf8))
    let overrides = VariableOverrides(
      valuesFiles: [values], settings: [("c", "set=1")])
    let parsed = Parsed(text, overrides: overrides)
    #expect(parsed.summary == [])
    #expect(parsed.policy?.owner?.value == "file-y-set=1")
    #expect(parsed.sources.files.map(\.name) == ["p.yaml", "v.yaml", "--set"])
    let unused = Parsed(text, overrides: VariableOverrides(settings: [("aa", "z"), ("c", "")]))
    #expect(unused.summary == ["unused-setting \"aa\""])
  }

  @Test func multiplyingVariablesAreRefused() {
    for quote in ["[\"${P}\", \"${P}\", \"${P}\"]", "${P}${P}${P}"] {
      var text = head + "variables:\n  a0: some text that is long enough to count a little\n"
      for level in 1...40 {
        text += "  a\(level): "
        text += quote.split(separator: "P").joined(separator: "a\(level - 1)") + "\n"
      }
      #expect(Parsed(text).codes.contains("expansion-too-large"))
    }
    let chain = (0..<5_000).map { "  a\($0): \"${a\($0 + 1)}\"\n" }.joined()
    #expect(Parsed(head + "variables:\n" + chain).codes.contains("expansion-too-large"))
  }

  // MARK: - Includes

  @Test func includedFilesComeFirstAndCountOnce() throws {
    let rule = "inbound: [{ allow: "
    let parsed = Parsed(
      head + "include: [a, b]\n" + rule + "root }]\n",
      including: [
        "a": "fwpolicy: 1\ninclude: [c]\n" + rule + "\"${x}\" }]\n",
        "b": "fwpolicy: 1\ninclude: [c]\n" + rule + "b }]\nvariables: { x: a }\n",
        "c": "fwpolicy: 1\n" + rule + "c }]\n",
      ])
    #expect(parsed.summary == [])
    #expect(
      parsed.policy?.inbound.rules.flatMap { $0.service.terms.map(\.value) }
        == ["c", "a", "b", "root"])
  }

  @Test func includeCycleNamesItsPath() {
    let parsed = Parsed(
      head + "include: [a]\n",
      including: ["a": "fwpolicy: 1\ninclude: [b]\n", "b": "fwpolicy: 1\ninclude: [a]\n"])
    #expect(parsed.diagnostics.map(\.message) == ["a file cannot include itself: `a` → `b` → `a`"])
  }

  @Test func sameNameInTwoFilesNeedsOverride() throws {
    let other = ["a": "fwpolicy: 1\nnetworks: { n: 192.0.2.1, m: 192.0.2.2 }\nusers: { u: 1 }\n"]
    let clash = Parsed(
      head + "include: [a]\nnetworks: { n: 192.0.2.3 }\nusers: { u: 2 }\n", including: other)
    #expect(clash.summary == ["same-name \"n\"", "same-name \"u\""])
    #expect(clash.diagnostics.allSatisfy { $0.secondary.count == 1 })
    #expect(
      clash.diagnostics.first?.help.first?.text
        == "rename it, or write `{ of: […], override: true }` here")
    let replaced = Parsed(
      head + "include: [a]\nnetworks: { n: { of: 192.0.2.3, override: true } }\n",
      including: other)
    let networks = try #require(replaced.policy?.networks)
    #expect(networks.map(\.name.value) == ["n", "m"])
    guard case .of(.term(let term)) = networks[0].source else {
      Issue.record("not a term")
      return
    }
    #expect(term.value == "192.0.2.3")
  }

  @Test func rootOnlyKeysAreRefusedInIncludedFiles() {
    let parsed = Parsed(
      head + "include: [a]\ndefaults: { outbound: deny }\nsmtp-egress: { users: [] }\n",
      including: [
        "a": "fwpolicy: 1\nrole: router\nowner: x\ndefaults: { outbound: deny }\n"
          + "smtp-egress: { users: [] }\n"
      ])
    #expect(Set(parsed.codes) == ["root-only-key", "same-setting"])
    #expect(parsed.codes.count == 3)
  }

  @Test func builtInServicesComeFirstAndMayBeOverridden() {
    let library = "fwpolicy: 1\nservices: { a: tcp/1, b: { of: tcp/2, helper: ftp } }\n"
    let parsed = Parsed(
      head + "services: { c: b, a: { of: tcp/3, override: true } }\n", services: library)
    #expect(parsed.policy?.services.map(\.name.value) == ["a", "b", "c"])
    #expect(parsed.policy?.services.map(\.isBuiltIn) == [false, true, false])
    #expect(parsed.policy?.services.map(\.isOverride) == [true, false, false])
    #expect(Parsed(head + "services: { a: b }\n", services: library).codes == ["same-name"])
  }

  @Test func codesAreUnique() {
    let codes = DiagnosticCode.syntaxCatalogue
    #expect(Set(codes.map(\.code)).count == codes.count)
    #expect(Set(codes.map(\.name)).count == codes.count)
  }
}
