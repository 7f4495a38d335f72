import Compiler
import Diagnostics
import Testing

@Suite struct DeniedGatePassTests {
  private func edge(_ rules: String, _ gate: String) -> CheckedPolicy {
    CheckedPolicy(
      """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      forward: [\(rules)]
      smtp-egress:
        clients: clients
        \(gate)
      """)
  }

  @Test func ruleToPasteNamesWhatTheEntryNames() throws {
    let checked = edge(
      "{ name: no-mail, deny: smtp, to: internet }, { allow: any, from: clients, to: internet }",
      "allow: [{ from: 198.51.100.16/28, to: internet }]")
    #expect(checked.found == ["FW205 { from: 198.51.100.16/28, to: internet }"])
    let diagnostic = try #require(checked.diagnostic("FW205"))
    #expect(diagnostic.secondary.map { checked.text(at: $0) } == ["no-mail"])
    #expect(
      diagnostic.help.first?.text
        == "add to `forward`, before `no-mail`: `- { allow: smtp, from: 198.51.100.16/28, to: internet }`"
    )
  }

  @Test func eachEntryIsItsOwn() {
    let checked = edge(
      "{ allow: smtp, from: 198.51.100.16/28 }",
      "allow: [{ from: 198.51.100.16/28 }, { from: 198.51.100.32/28 }]")
    #expect(checked.found == ["FW205 { from: 198.51.100.32/28 }"])
  }

  @Test func anyAllowedPacketIsEnough() {
    #expect(
      edge("{ allow: smtp, to: 192.0.2.25 }", "relays: [192.0.2.25, 2001:db8::25]").codes.isEmpty)
  }

  @Test func ownMailOfARouterWithClientsIsNotSpokenOf() {
    #expect(
      edge("{ allow: any, from: clients, to: internet }", "relays: [192.0.2.25]").codes.isEmpty)
  }

  @Test func usersNeedARuleWhereOutboundIsDenied() throws {
    let text = """
      fwpolicy: 1
      name: mx
      defaults: { outbound: deny }
      users: { postfix: 89 }
      outbound: [RULES]
      smtp-egress: { users: [postfix] }
      """
    let checked = CheckedPolicy(text.replacing("RULES", with: "{ allow: dns }"))
    #expect(checked.found == ["FW205 [postfix]"])
    #expect(
      checked.diagnostic("FW205")?.help.first?.text
        == "add to `outbound`: `- { allow: smtp, user: [postfix] }`")
    #expect(
      CheckedPolicy(text.replacing("RULES", with: "{ allow: smtp, user: postfix }")).codes.isEmpty)
  }

  @Test func waiverOfTheEntryOrTheGateSilences() {
    let entry = edge(
      "{ allow: https }",
      "allow: [{ from: 198.51.100.16/28, waive: { denied-gate-pass: prepared } }]")
    #expect(entry.codes.isEmpty)
    #expect(entry.compilation.waived.map(\.reason) == ["prepared"])
    let gate = edge(
      "{ allow: https }", "relays: [192.0.2.25]\n  waive: { denied-gate-pass: prepared }")
    #expect(gate.codes.isEmpty)
  }
}
