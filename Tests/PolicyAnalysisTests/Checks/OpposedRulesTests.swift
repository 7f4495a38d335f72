import Compiler
import Diagnostics
import Testing

@Suite struct OpposedRulesTests {
  @Test func tellsExceptionsFromCrossings() throws {
    let checked = CheckedPolicy(
      inbound(
        "{ name: exception, deny: ssh, from: 192.0.2.1 }",
        "{ name: crossing, deny: tcp/1-100, from: 192.0.2.2 }",
        "{ name: late, allow: [ssh, https], from: ab }"),
      all: true)
    #expect(checked.found == ["FW203 late", "FW204 late"])
    let crossing = try #require(checked.diagnostic("FW203"))
    #expect(crossing.severity == .note)
    #expect(crossing.secondary.map { checked.text(at: $0) } == ["crossing"])
    #expect(
      crossing.notes
        == ["for example inbound in if0: tcp 192.0.2.2:40000 -> 192.0.2.10:22 (new)"])
    let exception = try #require(checked.diagnostic("FW204"))
    #expect(exception.secondary.map { checked.text(at: $0) } == ["exception"])
  }

  @Test func areListedOnDemandOnly() {
    let text = inbound("{ deny: ssh, from: 192.0.2.1 }", "{ allow: ssh, from: ab }")
    #expect(CheckedPolicy(text).codes.isEmpty)
    #expect(CheckedPolicy(text, all: true).codes == ["FW204"])
  }

  @Test(arguments: [
    ["{ allow: ssh, from: 192.0.2.1, count: true }", "{ allow: ssh, from: ab }"],
    ["{ reject: ssh, from: 192.0.2.1 }", "{ deny: ssh, from: ab }"],
    ["{ deny: ssh, from: a }", "{ allow: ssh, from: b }"],
  ])
  func doNotOpposeWhatDoesTheSameOrMeetsNowhere(_ rules: [String]) {
    #expect(CheckedPolicy(inbound(rules[0], rules[1]), all: true).codes.isEmpty)
  }
}
