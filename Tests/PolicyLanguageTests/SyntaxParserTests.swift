import Diagnostics
import PolicyLanguage
import TestSupport
import Testing

@Suite struct SyntaxParserTests {
  static let traps: [Refusal] = [
    // Tags, anchors, aliases, merge keys.
    Refusal(
      head + "inbound:\n  - { allow: ssh, from: !noc }\n", "yaml-tag", "!noc",
      "write `{ except: noc }`"),
    Refusal(head + "inbound:\n  - allow: ssh\n    from: !noc\n", "yaml-tag", "!noc", "except"),
    Refusal(head + "inbound:\n  - allow: ssh\n    from: ! noc\n", "yaml-tag", "! noc", "except"),
    Refusal("fwpolicy: 1\nname: !!str p\n", "yaml-tag", "!!str", "remove the tag"),
    Refusal(head + "networks: !x { a: 192.0.2.1 }\n", "yaml-tag", "!x", "remove the tag"),
    Refusal(head + "networks: { a: !x!y b }\n", "yaml-tag", "!x!y", "quote"),
    Refusal(head + "networks: { a: &x [192.0.2.1] }\n", "yaml-anchor", "&x", "`variables`"),
    Refusal(head + "networks: { a: &x 192.0.2.1 }\n", "yaml-anchor", "&x", "`variables`"),
    Refusal(head + "networks: { a: *x }\n", "yaml-anchor", "*x", "`variables`"),
    Refusal(
      head + "zones: { a: { interfaces: [*] } }\n", "yaml-anchor", "*", "quote it"),
    Refusal(head + "defaults:\n  <<: { outbound: deny }\n", "merge-key", "<<", "group"),
    Refusal(head + "inbound:\n  - { <<: *ssh, limit: 10/minute }\n", "merge-key", "<<", "group"),
    // A comment that hides the end of a bracket.
    Refusal(
      head + "inbound:\n  - { allow: smtp, ticket: #42 }\n  - { allow: imaps }\n", "invalid-yaml",
      "#42", "quote it"),
    Refusal(
      head + "inbound:\n  - { allow: smtp, ticket: #42, count: true }\n", "invalid-yaml", "#42",
      "quote it"),
    // Spaces that are none.
    Refusal(
      head + "inbound:\n  - { allow:\u{A0}imaps }\n", "missing-space", "allow:\u{A0}imaps",
      "write a space"),
    Refusal(
      head + "inbound:\n  - allow:\u{A0}imaps\n", "missing-space", "allow:\u{A0}imaps",
      "write a space"),
    // Null values.
    Refusal(
      head + "inbound:\n  - allow: ssh\n    ticket: #42\n", "null-value", "#42", "quote it"),
    Refusal(
      head + "inbound:\n  - allow: ssh\n    ticket: #a \"b\" c\n", "null-value", "#a \"b\" c",
      "quote it"),
    Refusal(head + "inbound:\n  - allow: ssh\n    ticket: # none\n", "null-value", "ticket"),
    Refusal(head + "inbound:\n", "null-value", "inbound", "`[]`"),
    Refusal(head + "inbound: ~\n", "null-value", "~", "quote it"),
    Refusal(head + "owner: null\n", "null-value", "null", "quote it"),
    Refusal(head + "inbound:\n  - allow: ssh\n  -\n", "null-value", "-", "remove the dash"),
    Refusal(head + "inbound: [{ allow: ssh, log: }]\n", "null-value", "log"),
    // A missing space, a list without brackets.
    Refusal(
      head + "inbound: [{ allow: ssh }]\nnetworks: { b: {of:noc} }\n", "missing-space", "of:noc",
      "a space is missing after `:`"),
    Refusal(
      head + "inbound:\n  - allow:ssh\n", "missing-space", "allow:ssh",
      "a space is missing after `:`"),
    Refusal(
      "fwpolicy: 1\nname:p\nrole: host\n", "missing-space", "name:p",
      "a space is missing after `:`"),
    Refusal(
      head + "inbound:\n  - { allow: tcp/25,465 }\n", "unlisted-comma", "tcp/25,465",
      "write a list: `[tcp/25, tcp/465]`"),
    Refusal(
      head + "inbound:\n  - { allow: ssh, http , https, from: any }\n", "unlisted-comma",
      "ssh, http , https", "write a list: `[ssh, http, https]`"),
    Refusal(
      head + "inbound:\n  - allow: tcp/25,465\n", "unlisted-comma", "tcp/25,465",
      "`[tcp/25, tcp/465]`"),
    Refusal(head + "inbound: [{ log }]\n", "null-value", "log", "VALUE"),
    Refusal(
      head + "inbound: [{ allow: ssh, limit: ${rate} }]\n", "invalid-yaml", "${rate}",
      "quote it"),
    // Documents, repeated keys, keys that are no text.
    Refusal("---\n" + head + "---\nname: q\n", "second-document", "---", "`include`"),
    Refusal(head + "role: host\nname: q\n", "duplicate-key", "name", "remove one"),
    Refusal(head + "? [a]\n: b\n", "key-not-text", "[a]"),
    // Tabs, and text that is not YAML.
    Refusal(head + "inbound:\n\t- allow: ssh\n", "tab-indentation", "\t", "use spaces"),
    Refusal(head + "owner: a: b\n", "invalid-yaml", ":", "quote"),
    Refusal(head + "owner: @me\n", "invalid-yaml", "@", "quote"),
    Refusal(head + "owner: 'me\n", "invalid-yaml", "'"),
    Refusal(head + "inbound: [ssh\n", "invalid-yaml", "["),
    Refusal("", "empty-file", "", "fwpolicy: 1"),
    Refusal("# nothing\n", "empty-file", "", "fwpolicy: 1"),
    Refusal("fwpolicy: 1\nname: \u{0}p\n", "control-character", "\u{0}", "remove"),
    Refusal("- a\n", "wrong-type", "- a"),
  ]

  @Test(arguments: traps) func refusesYAMLTrap(_ trap: Refusal) {
    #expect(trap.problem() == nil)
  }

  @Test func duplicateKeyShowsBothPlaces() throws {
    let parsed = Parsed("fwpolicy: 1\nname: p\nowner: a\nname: q\n")
    let found = try #require(parsed.diagnostics.first)
    #expect(found.primary?.span.start == 29)
    #expect(found.secondary.map(\.span.start) == [12])
  }

  @Test func pointsAtTheByteThatIsNotUTF8() {
    let parsed = Parsed(bytes: Array("fwpolicy: 1\nname: ".utf8) + [0xC3, 0x28])
    #expect(parsed.codes == ["not-utf8"])
    #expect(parsed.diagnostics.first?.primary?.span.start == 18)
    for bad: [UInt8] in [
      [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2],
    ] {
      #expect(Parsed(bytes: Array("name: ".utf8) + bad).codes == ["not-utf8"])
    }
  }

  @Test(arguments: ["\u{FEFF}" + head, "fwpolicy: 1\r\nname: p\r\n", "--- \n" + head + "...\n"])
  func acceptsByteOrderMarkAndCRLFAndDocumentMarks(_ text: String) {
    let parsed = Parsed(text)
    #expect(parsed.summary == [])
    #expect(parsed.policy?.name.value == "p")
  }

  // Spans are bytes, behind a byte order mark, CRLF and characters of every length.
  @Test(arguments: [
    ("plain", "plain"), ("two words", "two words"), ("\"q\\tx\"", "\"q\\tx\""),
    ("'it''s'", "'it''s'"), ("é ü 𝄞 x", "é ü 𝄞 x"), ("many\n  lines", "many\n  lines"),
    ("|\n  a\n  b\n\n", "|\n  a\n  b"), (">-\n  a\n  b", ">-\n  a\n  b"), ("a # c", "a"),
  ])
  func spanIsTheScalarAsWritten(_ written: String, _ shown: String) {
    for prefix in ["", "\u{FEFF}", "# é𝄞ü\r\n"] {
      let parsed = Parsed(prefix + head + "owner: " + written + "\ndescription: 'ü' # é\n")
      let owner = parsed.policy?.owner
      #expect(owner.map { parsed.sources.text(of: $0.span) } == shown)
      #expect(parsed.policy?.description.map { parsed.sources.text(of: $0.span) } == "'ü'")
    }
  }

  @Test func spanOfListsAndMapsEndsWithTheirLastByte() {
    let parsed = Parsed(
      head
        + """
        networks:
          a: [192.0.2.1, 192.0.2.2 ]   # c
          b:
            - 192.0.2.3
            - 192.0.2.4

        # end
        inbound:
          - allow: ssh
            from: a
          - { allow: [http, https] }

        """)
    let networks = parsed.policy?.networks.map { parsed.sources.text(of: $0.span) }
    #expect(networks == ["[192.0.2.1, 192.0.2.2 ]", "- 192.0.2.3\n    - 192.0.2.4"])
    let rules = parsed.policy?.inbound.rules.map { parsed.sources.text(of: $0.span) }
    #expect(rules == ["allow: ssh\n    from: a", "{ allow: [http, https] }"])
  }

  // MARK: - One diagnostic per cause

  /// Neither what stands in the value of a merge key nor what it would have brought is a cause of
  /// its own.
  @Test(arguments: [
    "<<: { fwpolicy: 1, name: p }\n", "<<: *head\n", head + "networks: { a: { <<: *b } }\n",
    head + "networks: { a: { <<: &b {} } }\n", head + "networks: { a: { <<: ~ } }\n",
    head + "networks: { a: { <<: } }\n", head + "networks: { a: { <<: { of: !x b, of: c } } }\n",
    head + "zones:\n  a:\n    <<: …\n", head + "services: { a: { <<: … } }\n",
    head + "users: { a: { <<: … } }\n", head + "variables: { <<: *b }\n",
    head + "owner: { <<: … }\n", head + "include: { <<: … }\n", head + "inbound: { <<: … }\n",
    head + "inbound: [{ allow: { <<: … } }]\n", head + "inbound: [{ <<: … }]\n",
  ])
  func mergeKeyHasOneDiagnostic(_ text: String) {
    #expect(Parsed(text).summary == ["merge-key \"<<\""])
  }

  // MARK: - Hostile texts

  /// The library has a limit of its own, which a run of brackets meets first; what is shown is the
  /// first bracket that is too deep.
  @Test(arguments: [
    ("", "[", 64), ("", "{", 64), ("", "[{", 64), ("a: ", "[", 66), ("a: ", "{", 66),
    ("a:\n  ", "[", 68), ("a: { b: [c, ", "[", 73), ("", "[ # x\n", 384), ("", "{a: ", 256),
    ("", "- ", 128), ("", "? ", 128), ("a:\n  ", "- ", 131),
  ])
  func deepNestingHasOneDiagnostic(head: String, opener: String, offset: UInt32) {
    let parsed = Parsed(head + String(repeating: opener, count: 10_000))
    #expect(parsed.codes == ["nested-too-deep"])
    #expect(parsed.diagnostics.first?.primary?.span.start == offset)
  }

  @Test func deepIndentationHasOneDiagnostic() {
    let block = (0..<3_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(Parsed(block).codes == ["nested-too-deep"])
  }

  @Test func aliasBombIsRefusedWithoutExpansion() {
    var text = head + "variables:\n  a0: &a0 [x, x]\n"
    for level in 1...60 {
      text += "  a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
    }
    #expect(Set(Parsed(text).codes) == ["yaml-anchor"])
  }

  @Test func hugeScalarEndsWithADiagnostic() {
    let clock = ContinuousClock()
    let time = clock.measure {
      let bytes = Array((head + "owner: ").utf8) + [UInt8](repeating: 0x61, count: 50 << 20)
      #expect(Parsed(bytes: bytes).codes == ["file-too-large"])
    }
    #expect(time < .seconds(30))
  }

  @Test func randomBytesNeverTrap() {
    var random = SeededGenerator(label: "random bytes as policies")
    let alphabet = Array("fwpolicy:1name{}[]-,&*!|>'\"%@`#?~ \t\r\n$<\u{E9}\u{FEFF}".utf8)
    for _ in 0..<1_500 {
      let count = Int(random.next() % 120)
      let bytes = (0..<count).map { _ in
        random.next() % 40 == 0
          ? UInt8(truncatingIfNeeded: random.next())
          : alphabet[Int(random.next() % UInt64(alphabet.count))]
      }
      #expect(!Parsed(bytes: bytes).diagnostics.isEmpty)
    }
  }

  @Test func mutatedPoliciesNeverTrap() {
    var random = SeededGenerator(label: "mutated policies")
    let whole = Array(PolicyExamples.everything.utf8)
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0...Int(random.next() % 3) {
        let index = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next() % 128)
        case 1: bytes.remove(at: index)
        default: bytes.insert(whole[Int(random.next() % UInt64(whole.count))], at: index)
        }
      }
      let parsed = Parsed(bytes: bytes)
      #expect(parsed.policy != nil || !parsed.diagnostics.isEmpty)
      for diagnostic in parsed.diagnostics {
        guard let span = diagnostic.primary?.span else { continue }
        #expect(Int(span.end) <= bytes.count)
      }
    }
  }
}
