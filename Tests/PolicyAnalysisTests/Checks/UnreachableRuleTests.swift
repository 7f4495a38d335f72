import Compiler
import Diagnostics
import PolicyAnalysis
import Testing

@Suite struct UnreachableRuleTests {
  @Test func shadowedRuleNamesItsShadower() throws {
    let checked = CheckedPolicy(
      inbound("{ name: shut, deny: any, from: ab }", "{ allow: ssh, from: a }"))
    #expect(checked.found == ["FW201 allow: ssh"])
    let diagnostic = try #require(checked.diagnostic("FW201"))
    #expect(diagnostic.severity == .error)
    #expect(diagnostic.secondary.map { checked.text(at: $0) } == ["shut"])
    #expect(diagnostic.secondary.map(\.text) == ["all of its packets are dropped here"])
    #expect(
      diagnostic.notes == ["for example inbound in if0: tcp 192.0.2.7:40000 -> 192.0.2.10:22 (new)"]
    )
    #expect(diagnostic.help.map(\.text) == ["move `allow-ssh-from-a` before `shut`, or remove it"])
  }

  @Test func unionOfEarlierRulesCovers() throws {
    let checked = CheckedPolicy(
      inbound(
        "{ name: one, deny: tcp/20-22, from: a }", "{ name: two, reject: ssh, from: b }",
        "{ name: late, allow: ssh, from: ab }"))
    let diagnostic = try #require(checked.diagnostic("FW201"))
    #expect(checked.found == ["FW201 late"])
    #expect(diagnostic.secondary.map { checked.text(at: $0) } == ["one", "two"])
    #expect(
      diagnostic.secondary.map(\.text) == [
        "some of its packets are dropped here", "some of its packets are rejected here",
      ])
  }

  @Test func sameVerdictIsAWarning() throws {
    let checked = CheckedPolicy(
      inbound("{ allow: [ssh, https], from: ab }", "{ name: late, allow: ssh, from: a }"))
    #expect(checked.diagnostic("FW201")?.severity == .warning)
    #expect(checked.diagnostic("FW201")?.help.map(\.text) == ["remove `late`"])
  }

  /// One address, port or family is left.
  @Test(arguments: [
    ["{ deny: any, from: { network: ab, except: 192.0.2.9 } }", "{ allow: ssh, from: a }"],
    ["{ deny: tcp/20-21, from: ab }", "{ allow: tcp/20-22, from: ab }"],
    ["{ deny: any, from: 0.0.0.0/0 }", "{ allow: ssh }"],
    ["{ deny: ssh, from: ab, expires: 2030-01-01 }", "{ allow: ssh, from: a }"],
    ["{ deny: ssh, from: a }", "{ deny: ssh, from: b, log: true }", "{ allow: ssh }"],
  ])
  func partlyCoveredRuleIsLeftAlone(_ rules: [String]) {
    let text = inbound(rules[0], rules.dropFirst().joined(separator: "\n  - "))
    #expect(!CheckedPolicy(text).codes.contains("FW201"))
  }

  @Test func expiredRuleCoversWhatExpiresBefore() {
    let checked = CheckedPolicy(
      inbound(
        "{ deny: ssh, from: ab, expires: 2030-01-01 }",
        "{ name: late, allow: ssh, from: a, expires: 2029-01-01 }"))
    #expect(checked.found.contains("FW201 late"))
  }

  @Test func excessOfALimitIsDecidedThere() {
    let checked = CheckedPolicy(
      inbound(
        "{ allow: ssh, from: ab, limit: 1/second }", "{ name: late, deny: ssh, from: a, log: true }"
      ))
    #expect(checked.found == ["FW201 late"])
    #expect(checked.diagnostic("FW201")?.severity == .warning, "some are allowed, some dropped")
  }

  @Test func fixedStepsCover() throws {
    let checked = CheckedPolicy(inbound("{ name: late, deny: icmp/destination-unreachable }"))
    let diagnostic = try #require(checked.diagnostic("FW201"))
    #expect(
      diagnostic.notes.last
        == "before any rule, its packets are decided by step 4 (essential ICMP)")
    #expect(diagnostic.secondary.isEmpty)
  }

  @Test func gateCovers() throws {
    let checked = CheckedPolicy(
      """
      fwpolicy: 1
      name: host
      outbound:
        - { name: mail, allow: smtp, to: 192.0.2.0/24, count: true }
      smtp-egress:
        users: []
        relays: 198.51.100.25
      """)
    let diagnostic = try #require(checked.diagnostic("FW201"))
    #expect(diagnostic.secondary.map { checked.text(at: $0) } == ["smtp-egress"])
  }

  @Test func antiSpoofingCovers() throws {
    let checked = CheckedPolicy(
      """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        clients: { kind: clients, interfaces: [eth1], networks: [192.0.2.0/24] }
      forward:
        - { name: lost, allow: https, from: { zone: clients, network: 198.51.100.0/24 } }
      """)
    let diagnostic = try #require(checked.diagnostic("FW201"))
    #expect(checked.found == ["FW201 lost"])
    #expect(diagnostic.secondary.map { checked.text(at: $0) } == ["clients"])
    #expect(diagnostic.severity == .error)
  }

  @Test func familiesThatDoNotMeetAreNoPacket() throws {
    let checked = CheckedPolicy(
      """
      fwpolicy: 1
      name: edge
      role: router
      forward:
        - { allow: https, from: 192.0.2.0/24, to: 2001:db8::/32 }
        - { allow: icmp/echo-request, to: 2001:db8::/32 }
      """)
    #expect(checked.codes == ["FW201", "FW201"])
    #expect(checked.diagnostic("FW201")?.notes.count == 1)
  }

  @Test func emptyRulesAreSpokenOfElsewhere() {
    let checked = CheckedPolicy(inbound("{ allow: ssh, from: { network: a, except: ab } }"))
    #expect(checked.codes == ["FW120", "FW207"] || checked.codes == ["FW120"])
    #expect(!checked.codes.contains("FW201"))
  }

  @Test func manyCoverersAreCounted() throws {
    let rules = (0..<12).map { "{ deny: tcp/\(100 + $0), from: a }" }
    let checked = CheckedPolicy(
      inbound(rules.joined(separator: "\n  - "), "{ name: late, allow: tcp/100-111, from: a }"))
    let diagnostic = try #require(checked.diagnostic("FW201"))
    #expect(diagnostic.secondary.count == 8)
    #expect(diagnostic.notes.contains("and 4 more rules like these"))
  }
}
