import Compiler
import Diagnostics
import PolicyLanguage
import Testing

@Suite struct WaiverTests {
  @Test func silencesTheCheckAtItsRuleAndIsListed() throws {
    let checked = CheckedPolicy(
      inbound(
        "{ deny: any, from: ab }",
        "{ name: x, allow: ssh, from: a, waive: { unreachable-rule: later } }",
        "{ name: y, allow: https, from: a }"))
    #expect(checked.found == ["FW201 y"])
    let waived = try #require(checked.compilation.waived.first)
    #expect(checked.compilation.waived.count == 1)
    #expect(waived.diagnostic.code.code == "FW201" && waived.reason == "later")
    #expect(checked.text(at: Diagnostic.Label(waived.span)) == "unreachable-rule")
  }

  @Test func ofAGroupHoldsForAllAndIsUsedByOne() {
    let checked = CheckedPolicy(
      inbound(
        "{ deny: any, from: a }",
        "{ waive: { unreachable-rule: later }, rules: [{ allow: ssh, from: a }, { allow: ssh, from: b }] }"
      ))
    #expect(checked.codes.isEmpty)
    #expect(checked.compilation.waived.count == 1)
  }

  @Test func ofResolutionIsListedAndUsed() {
    let checked = CheckedPolicy(
      inbound(
        "{ allow: ssh, from: { network: a, except: ab }, waive: { nothing-left: later } }",
        "{ allow: https, from: b }"))
    #expect(checked.codes.isEmpty)
    #expect(checked.compilation.waived.map(\.diagnostic.code.code) == ["FW120"])
  }

  @Test func thatSilencesNothingIsIdle() {
    #expect(
      CheckedPolicy(inbound("{ allow: ssh, from: ab, waive: { nothing-left: later } }")).found
        == ["FW299 nothing-left"])
    #expect(
      CheckedPolicy(
        "fwpolicy: 1\nname: h\nzones: { z: { kind: outside, interfaces: [eth0], waive: { unused-zone: x } } }\n"
      ).found == ["FW299 unused-zone"])
  }

  @Test func ofWhatIsListedOnDemandIsIdleOnlyThen() {
    let text = inbound("{ allow: ssh, from: ab, waive: { generalised-rule: known } }")
    #expect(CheckedPolicy(text).codes.isEmpty)
    #expect(CheckedPolicy(text, all: true).codes == ["FW299"])
  }

  @Test func nearestCheckIsOffered() {
    let checked = CheckedPolicy(inbound("{ allow: ssh, from: ab, waive: { redundant-rul: x } }"))
    #expect(checked.found == ["FW298 redundant-rul"])
    #expect(checked.diagnostic("FW298")?.help.first?.replacement?.text == "redundant-rule")
  }
}
