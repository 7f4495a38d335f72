import Diagnostics
import PolicyLanguage
import Testing

@Suite struct TestDecoderTests {
  private static func test(_ text: String) -> String { head + "tests:\n  - \(text)\n" }

  static let refusals: [Refusal] = [
    // Shape.
    Refusal(head + "tests: allow\n", "wrong-type", "allow"),
    Refusal(
      head + "tests: { expect: allow, to: self }\n", "wrong-type", "{ expect: allow, to: self }"),
    Refusal(test("ssh"), "wrong-type", "ssh", "{ expect: allow"),
    Refusal(test("[{ expect: allow, to: self }]"), "wrong-type", "[{ expect: allow, to: self }]"),
    Refusal(test("{ expect: allow, to: self, form: noc }"), "unknown-key", "form", "`from`"),
    Refusal(test("{ expect: allow, dst: self }"), "unknown-key", "dst", "`to`"),
    Refusal(test("{ expect: deny, to: self, ports: tcp/1 }"), "unknown-key", "ports", "`service`"),
    Refusal(test("{ expects: allow, to: self }"), "unknown-key", "expects", "`expect`"),
    Refusal(test("{ reject: ssh, to: self }"), "misplaced-key", "reject", "`expect: reject`"),
    // What is expected.
    Refusal(test("{ to: self }"), "missing-key", "{ to: self }", "`expect: allow`"),
    Refusal(test("{ expect: drop, to: self }"), "unknown-choice", "drop", "`deny`"),
    Refusal(test("{ expect: block, to: self }"), "unknown-choice", "block", "`blocked`"),
    Refusal(test("{ expect: [deny, reject], to: self }"), "wrong-type", "[deny, reject]"),
    // What it is about.
    Refusal(
      test("{ expect: deny, from: self, to: self }"), "conflicting-keys", "self", "two tests"),
    Refusal(test("{ expect: deny, to: self, from: '!noc' }"), "negation", "'!noc'", "except: noc"),
    Refusal(test("{ expect: deny, to: self, service: [] }"), "wrong-type", "[]"),
    Refusal(test("{ expect: deny, to: self, user: root }"), "misplaced-key", "user", "from: self"),
    Refusal(test("{ expect: deny, to: a, user: root }"), "misplaced-key", "user", "from: self"),
    Refusal(test("{ expect: deny, from: self, user: [] }"), "wrong-type", "[]"),
    Refusal(test("{ expect: deny, from: self, in: eth0 }"), "misplaced-key", "in", "`out`"),
    Refusal(test("{ expect: deny, to: self, out: eth0 }"), "misplaced-key", "out", "`in`"),
    Refusal(test("{ expect: deny, from: self, spoofed: true }"), "misplaced-key", "spoofed"),
    // Interfaces.
    Refusal(test("{ expect: deny, to: self, in: [] }"), "wrong-type", "[]"),
    Refusal(test("{ expect: deny, to: self, in: any }"), "invalid-interface", "any", "leave `in`"),
    Refusal(test("{ expect: deny, to: self, in: eth* }"), "invalid-interface", "eth*", "the zone"),
    Refusal(test("{ expect: deny, to: self, in: a/b }"), "invalid-interface", "a/b", "ip link"),
    Refusal(test("{ expect: deny, to: a, in: lo }"), "invalid-interface", "lo", "leave `in`"),
    Refusal(test("{ expect: deny, to: a, out: lo }"), "invalid-interface", "lo", "leave `out`"),
    // Circumstances.
    Refusal(test("{ expect: deny, to: self, state: [] }"), "wrong-type", "[]"),
    Refusal(test("{ expect: deny, to: self, state: estblished }"), "unknown-choice", "estblished"),
    Refusal(test("{ expect: deny, to: self, spoofed: yes }"), "wrong-type", "yes", "`true`"),
    Refusal(test("{ expect: deny, to: self, limit: 1/day }"), "unknown-choice", "1/day"),
    Refusal(test("{ expect: deny, to: self, as-of: soon }"), "invalid-date", "soon"),
    Refusal(test("{ expect: deny, to: self, as-of: 2554-01-01 }"), "invalid-date", "2554-01-01"),
    Refusal(test("{ expect: deny, to: self, as_of: 2027-01-01 }"), "unknown-key", "as_of", "as-of"),
    // Names.
    Refusal(test("{ name: '', expect: deny, to: self }"), "invalid-text", "''"),
    Refusal(
      test(#"{ name: "a\nb", expect: deny, to: self }"#), "invalid-text", #""a\nb""#),
    Refusal(
      head + "tests:\n  - { name: one, expect: deny, to: self }\n"
        + "  - { name: one, expect: deny, from: self }\n", "same-name", "one", "rename it"),
  ]

  @Test(arguments: refusals) func refusesTest(_ refusal: Refusal) {
    #expect(refusal.problem() == nil)
  }

  @Test(arguments: [
    ("to: self", PolicySection.inbound), ("from: self", .outbound), ("to: a", .forward),
    ("from: a, to: self", .inbound), ("from: self, to: a", .outbound), ("from: a", .forward),
    ("to: [self]", .inbound), ("to: { zone: self, network: 192.0.2.1 }", .inbound),
    ("to: { network: self, except: 192.0.2.1 }", .inbound), ("to: any", .forward),
    ("to: [self, 192.0.2.1]", .forward), ("from: { except: self }", .forward),
    ("service: ssh", .forward),
  ])
  func readsWhatATestIsAbout(_ ends: String, _ path: PolicySection) {
    let parsed = Parsed(Self.test("{ expect: allow, \(ends) }"))
    #expect(parsed.summary == [])
    #expect(parsed.policy?.tests.map(\.path) == [path])
  }

  @Test func minimalTestIsOfWhatCanArrive() throws {
    let test = try #require(
      Parsed(Self.test("{ expect: blocked, to: self }")).policy?.tests.first)
    #expect(test.expect == .blocked)
    #expect(test.name == nil && test.service == nil && test.states == nil && test.users == nil)
    #expect(test.inputs == nil && test.outputs == nil && test.asOf == nil)
    #expect(!test.isSpoofed && !test.limitExceeded)
  }

  @Test func readsEveryKey() throws {
    let parsed = Parsed(
      Self.test(
        "{ name: 'a b, c', expect: reject, from: a, to: b, service: [ssh, tcp/1], in: [z, eth0], "
          + "out: eth1, state: [invalid, untracked], spoofed: true, limit: exceeded, "
          + "as-of: 2027-06-30 }"))
    #expect(parsed.summary == [])
    let test = try #require(parsed.policy?.tests.first)
    #expect(test.name?.value == "a b, c")
    #expect(test.expect == .reject)
    #expect(test.service?.terms.map(\.value) == ["ssh", "tcp/1"])
    #expect(test.inputs?.map(\.value) == ["z", "eth0"])
    #expect(test.outputs?.map(\.value) == ["eth1"])
    #expect(test.states == [.invalid, .untracked])
    #expect(test.isSpoofed && test.limitExceeded)
    #expect(test.asOf == Timestamp(seconds: 1_814_313_600))
    let texts = test.valueSpans.mapValues { parsed.sources.text(of: $0) }
    #expect(texts[.state] == "[invalid, untracked]" && texts[.asOf] == "2027-06-30")
    #expect(texts[.user] == nil)
  }

  @Test func testsOfIncludedFilesStandFirst() {
    let parsed = Parsed(
      head + "include: [a.yaml]\nvariables: { more: [{ name: c, expect: deny, to: self }] }\n"
        + "tests: [{ name: b, expect: allow, to: self }, \"${more}\"]\n",
      including: ["a.yaml": "fwpolicy: 1\ntests: [{ name: a, expect: allow, from: self }]\n"])
    #expect(parsed.summary == [])
    #expect(parsed.policy?.tests.map { $0.name?.value } == ["a", "b", "c"])
  }

  @Test func oneNameServesOneTestInAllFiles() {
    let parsed = Parsed(
      head + "include: [a.yaml]\ntests: [{ name: a, expect: allow, to: self }]\n",
      including: ["a.yaml": "fwpolicy: 1\ntests: [{ name: a, expect: allow, from: self }]\n"])
    #expect(parsed.summary == ["same-name \"a\""])
  }

  @Test func ruleAndTestMayShareAName() {
    let parsed = Parsed(
      head + "inbound: [{ name: a, allow: ssh }]\ntests: [{ name: a, expect: allow, to: self }]\n")
    #expect(parsed.summary == [])
  }

  @Test(arguments: [
    "1970-01-01", "1972-02-29", "1999-12-31", "2000-02-29", "2000-03-01", "2027-06-30T16:00:00Z",
    "2100-03-01", "2553-12-31T23:59:59Z", "9999-12-31",
  ])
  func writesDatesAsTheyAreRead(_ date: String) {
    #expect(Timestamp(parsing: date)?.text == date)
  }
}
