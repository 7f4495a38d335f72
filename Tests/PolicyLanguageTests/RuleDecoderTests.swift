import Diagnostics
import PolicyLanguage
import Testing

@Suite struct RuleDecoderTests {
  private static func rule(_ text: String, _ section: String = "inbound") -> String {
    head + "\(section):\n  - \(text)\n"
  }

  static let refusals: [Refusal] = [
    // Keys.
    Refusal(rule("{ alow: ssh }"), "unknown-key", "alow", "did you mean `allow`?"),
    Refusal(rule("{ accept: ssh }"), "unknown-key", "accept", "did you mean `allow`?"),
    Refusal(rule("{ allow: ssh, zzz: 1 }"), "unknown-key", "zzz", "its keys are"),
    Refusal(rule("ssh"), "wrong-type", "ssh"),
    Refusal(rule("[ssh]"), "wrong-type", "[ssh]"),
    Refusal(head + "inbound: ssh\n", "wrong-type", "ssh"),
    Refusal(head + "inbound: { rule: [] }\n", "unknown-key", "rule", "`rules`"),
    // Verdicts.
    Refusal(rule("{ from: noc }"), "rule-verdicts", "{ from: noc }"),
    Refusal(rule("{ deny: a, allow: b }"), "rule-verdicts", "allow", "two rules"),
    Refusal(rule("{ allow: [] }"), "wrong-type", "[]", "`any`"),
    Refusal(rule("{ allow: { tcp: 25 } }"), "wrong-type", "{ tcp: 25 }"),
    Refusal(rule("{ allow: \"\" }"), "invalid-text", "\"\""),
    // Endpoints.
    Refusal(
      rule("{ allow: ssh, from: \"!noc\" }"), "negation", "\"!noc\"", "`{ except: noc }`"),
    Refusal(rule("{ allow: ssh, from: { zones: a } }"), "unknown-key", "zones", "`zone`"),
    Refusal(rule("{ allow: ssh, from: {} }"), "missing-key", "{}", "`any`"),
    Refusal(rule("{ deny: \"!ssh\" }"), "negation", "\"!ssh\"", "before this one"),
    Refusal(
      rule("{ allow: ssh, from: 192.0.2.1\u{2013}192.0.2.9 }"), "invalid-text",
      "192.0.2.1\u{2013}192.0.2.9", "`192.0.2.1-192.0.2.9`"),
    Refusal(
      rule("{ allow: ssh, from: [\u{201C}192.0.2.0/28\u{201D}] }"), "invalid-text",
      "\u{201C}192.0.2.0/28\u{201D}", "`\"192.0.2.0/28\"`"),
    // Places.
    Refusal(rule("{ allow: ssh, user: root }"), "misplaced-key", "user"),
    Refusal(rule("{ allow: ssh, published: tcp/1 }"), "misplaced-key", "published"),
    Refusal(rule("{ deny: ssh, limit: 1/second }"), "misplaced-key", "1/second", "the excess"),
    Refusal(rule("{ allow: ssh, user: [] }", "outbound"), "wrong-type", "[]", "remove `user`"),
    Refusal(rule("{ allow: ssh, user: 4294967295 }", "outbound"), "invalid-number", "4294967295"),
    // Limits.
    Refusal(rule("{ allow: ssh, limit: 10/min }"), "invalid-limit", "10/min", "`10/minute`"),
    Refusal(
      rule("{ allow: ssh, limit: 10/seconds burst 3 }"), "invalid-limit", "10/seconds burst 3",
      "`10/second burst 3`"),
    Refusal(rule("{ allow: ssh, limit: 0/second }"), "invalid-limit", "0/second"),
    Refusal(rule("{ allow: ssh, limit: 1000001/second }"), "invalid-limit", "1000001/second"),
    Refusal(rule("{ allow: ssh, limit: 1/second burst 0 }"), "invalid-limit", "1/second burst 0"),
    Refusal(rule("{ allow: ssh, limit: 01/second }"), "invalid-limit", "01/second"),
    Refusal(rule("{ allow: ssh, limit: 10 }"), "invalid-limit", "10", "`10/minute`"),
    Refusal(rule("{ allow: ssh, limit: 1/second per host }"), "invalid-limit", "1/second per host"),
    Refusal(
      rule("{ allow: ssh, limit: 0 connections per source }"), "invalid-limit",
      "0 connections per source"),
    // Booleans, dates, logs, names, waivers.
    Refusal(rule("{ allow: ssh, count: yes }"), "wrong-type", "yes", "`true`"),
    Refusal(rule("{ allow: ssh, count: True }"), "wrong-type", "True", "`true`"),
    Refusal(rule("{ allow: ssh, expires: 2027-02-29 }"), "invalid-date", "2027-02-29"),
    Refusal(rule("{ deny: ssh, log: yes }"), "invalid-log", "yes", "`true`"),
    Refusal(rule("{ deny: ssh, log: false }"), "invalid-log", "false", "`none`"),
    Refusal(rule("{ deny: ssh, log: { to: group 65536 } }"), "invalid-log", "group 65536"),
    Refusal(rule("{ deny: ssh, log: 'a\"b' }"), "invalid-log", "'a\"b'"),
    Refusal(rule("{ deny: ssh, name: 1st }"), "invalid-identifier", "1st"),
    Refusal(rule("{ deny: ssh, waive: { a: \"\" } }"), "invalid-text", "\"\""),
    Refusal(rule("{ deny: ssh, owner: [a] }"), "wrong-type", "[a]"),
    // Groups.
    Refusal(
      rule("{ from: a, rules: [{ allow: ssh, from: b }] }"), "conflicting-keys", "from"),
    Refusal(rule("{ rules: [{ rules: [] }] }"), "nested-group", "rules", "beside"),
    Refusal(rule("{ allow: ssh, rules: [] }"), "misplaced-key", "allow"),
    // Names of rules.
    Refusal(
      head + "inbound:\n  - { name: a, allow: x }\noutbound:\n  - { name: a, allow: y }\n",
      "same-name", "a"),
  ]

  @Test(arguments: refusals) func refusesRule(_ refusal: Refusal) {
    #expect(refusal.problem() == nil)
  }

  @Test func minimalRuleHasOnlyItsVerdict() throws {
    let rule = try #require(Parsed(Self.rule("allow: ssh")).policy?.inbound.rules.first)
    #expect(rule.verdict.value == .allow)
    #expect(rule.service.terms.map(\.value) == ["ssh"])
    #expect(rule.from == nil && rule.limit == nil && rule.log == nil && rule.serves.isEmpty)
  }

  @Test func groupGivesItsKeysToItsRules() throws {
    let parsed = Parsed(PolicyExamples.everything)
    #expect(parsed.summary == [])
    let rules = try #require(parsed.policy?.forward.rules)
    #expect(rules.map(\.verdict.value) == [.allow, .reject, .allow])
    #expect(rules[0].name?.value == "clients-out")
    #expect(rules[1].metadata.owner?.value == "sales")
    #expect(rules[1].log?.prefix?.value == "telnet ")
    #expect(rules[1].from.map { parsed.sources.text(of: $0.span) } == "clients")
    #expect(rules[2].service.terms.map(\.value) == ["app", "http", "https"])
    #expect(rules[2].serves.map(\.value) == ["web", "proxy"])
    #expect(rules[2].metadata.ticket?.value == "#42")
    #expect(rules[2].expires?.value == Timestamp(seconds: 1_814_313_600))
    #expect(rules[2].waivers.map(\.check.value) == ["world-open-port"])
  }

  static let limits: [(String, Limit)] = [
    ("10/minute", .rate(count: 10, unit: .minute, burst: 5, perSource: false)),
    ("1/day burst 65535", .rate(count: 1, unit: .day, burst: 65535, perSource: false)),
    ("30/hour per source", .rate(count: 30, unit: .hour, burst: 5, perSource: true)),
    ("1/second burst 2 per source", .rate(count: 1, unit: .second, burst: 2, perSource: true)),
    ("20 connections per source", .connectionsPerSource(20)),
  ]

  @Test(arguments: limits) func readsLimit(_ text: String, _ limit: Limit) {
    let parsed = Parsed(Self.rule("{ allow: ssh, limit: \(text) }"))
    #expect(parsed.policy?.inbound.rules.first?.limit?.value == limit)
  }

  // Seconds from `date -u -d … +%s`.
  @Test(arguments: [
    ("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2027-06-30", 1_814_313_600),
    ("2027-06-30T18:00:00+02:00", 1_814_371_200), ("2027-06-30t18:00:00.25Z", 1_814_378_400),
    ("9999-12-31", 253_402_214_400),
  ])
  func readsDate(_ text: String, _ seconds: Int64) {
    #expect(Timestamp(parsing: text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "2027", "2027-6-3", "2027-13-01", "2027-00-01", "2027-04-31", "1900-02-29", "1969-12-31",
    "2027-06-30T", "2027-06-30T18:00", "2027-06-30T18:00:00", "2027-06-30T24:00:00Z",
    "2027-06-30T18:60:00Z", "2027-06-30T18:00:60Z", "2027-06-30T18:00:00.Z",
    "2027-06-30T18:00:00+2", "2027-06-30T18:00:00Zx", "1970-01-01T00:00:00+01:00", "tomorrow",
    // As long as the text may be, all of it counts.
    "2027-06-30T18:00:00." + String(repeating: "5", count: 43) + "Z and more",
  ])
  func rejectsDate(_ text: String) {
    #expect(Timestamp(parsing: text) == nil)
  }

  @Test(arguments: [("2553-12-31T23:59:59Z", [String]()), ("2554-01-01", ["invalid-date"])])
  func refusesDatesBeyondTheKernelsClock(_ date: String, _ codes: [String]) {
    let rule = "inbound: [{ allow: ssh, expires: \"\(date)\" }]\n"
    #expect(Parsed(head + rule).codes == codes)
    let gate = "smtp-egress: { allow: [{ from: 192.0.2.1, expires: \"\(date)\" }] }\n"
    #expect(Parsed(head + gate).codes == codes)
  }
}
