import Compiler
import Diagnostics
import Testing

@Suite struct RedundantRuleTests {
  @Test func namesTheRulesThatDoTheSame() throws {
    let checked = CheckedPolicy(
      inbound("{ name: early, allow: ssh, from: a }", "{ name: late, allow: any, from: ab }"))
    #expect(checked.found == ["FW202 early"])
    let diagnostic = try #require(checked.diagnostic("FW202"))
    #expect(diagnostic.secondary.map { checked.text(at: $0) } == ["late"])
    #expect(diagnostic.help.map(\.text) == ["remove `early`"])
  }

  @Test func unionOfLaterRulesCounts() throws {
    let checked = CheckedPolicy(
      inbound(
        "{ name: early, allow: ssh, from: ab }", "{ allow: tcp/1-100, from: a }",
        "{ allow: tcp/1-100, from: b }"))
    #expect(checked.found == ["FW202 early"])
    #expect(checked.diagnostic("FW202")?.secondary.count == 2)
  }

  @Test func defaultCounts() throws {
    let checked = CheckedPolicy(
      "fwpolicy: 1\nname: host\noutbound:\n  - { name: web, allow: https }\n")
    #expect(checked.found == ["FW202 web"])
    #expect(
      checked.diagnostic("FW202")?.notes.last == "by default, `outbound` does the same")
  }

  /// Something between, or an effect, tells them apart.
  @Test(arguments: [
    ["{ allow: ssh, from: a }", "{ deny: ssh, from: 192.0.2.1 }", "{ allow: ssh, from: ab }"],
    ["{ allow: ssh, from: a, count: true }", "{ allow: ssh, from: ab }"],
    ["{ allow: ssh, from: a, log: true }", "{ allow: ssh, from: ab }"],
    ["{ allow: ssh, from: a }", "{ allow: ssh, from: ab, log: true }"],
    ["{ allow: ssh, from: a }", "{ allow: ssh, from: ab, limit: 1/second }"],
    ["{ allow: ftp, from: a }", "{ allow: tcp/21, from: ab }"],
    ["{ allow: ssh, from: a }", "{ allow: ssh, from: ab, expires: 2030-01-01 }"],
    ["{ deny: ssh, from: a }", "{ reject: ssh, from: ab }"],
    // The default would log it.
    ["{ deny: ssh, from: a }", "{ allow: https }"],
    ["{ allow: tcp/22-23, from: a }", "{ allow: ssh, from: ab }"],
  ])
  func differenceKeepsARule(_ rules: [String]) {
    let text = inbound(rules[0], rules.dropFirst().joined(separator: "\n  - "))
    #expect(!CheckedPolicy(text).codes.contains("FW202"))
  }

  @Test func expiryBeforeThatOfALaterRuleChangesNothing() {
    let checked = CheckedPolicy(
      inbound(
        "{ name: early, allow: ssh, from: a, expires: 2029-01-01 }",
        "{ allow: ssh, from: ab, expires: 2030-01-01 }"))
    #expect(checked.found == ["FW202 early"])
  }

  @Test func twoLikeRulesAreOneFinding() {
    let checked = CheckedPolicy(
      inbound("{ name: one, allow: ssh, from: a }", "{ name: two, allow: ssh, from: a }"))
    #expect(checked.found == ["FW201 two"])
  }

  /// Each of the first two covers for the other.
  @Test func whatIsNamedMayGoTogether() {
    let checked = CheckedPolicy(
      inbound(
        "{ name: one, allow: ssh, from: 192.0.2.1 }",
        "{ name: two, allow: ssh, from: [192.0.2.1, 192.0.2.2] }",
        "{ name: three, allow: ssh, from: [192.0.2.2, 192.0.2.3] }"))
    #expect(checked.found == ["FW202 one"])
  }
}
