import Compiler
import Diagnostics
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// A policy is checked alike whether the machine is its own or shared.
@Suite struct CheckingTests {
  private static let head = """
    fwpolicy: 1
    name: host
    owner: noc

    """

  @Test(
    arguments: [
      ("warnings of checks", head + "inbound:\n  - { allow: telnet, from: any }\n", "FW407", true),
      (
        "a test that speaks of nothing",
        head + """
          tests:
            - { expect: deny, from: 192.0.2.1, to: { zone: self, network: "2001:db8::1" }, service: ssh }
          """, "FW132", true
      ),
      (
        "an error before the checks", head + "inbound:\n  - { allow: nothing-known }\n", "FW101",
        false
      ),
    ] as [(String, String, String, Bool)])
  func aloneOrNot(_ what: String, _ text: String, _ code: String, _ isAsked: Bool) {
    func checked(isAlone: Bool) -> (Compilation, CheckReport?) {
      check(
        "policy.yaml", provider: MemoryProvider(["policy.yaml": text]),
        options: CheckOptions(listsAll: true, asOf: Timestamp(seconds: 1_800_000_000)),
        isAlone: isAlone)
    }
    let (shared, sharedReport) = checked(isAlone: false)
    let (alone, aloneReport) = checked(isAlone: true)
    #expect(shared.diagnostics == alone.diagnostics)
    #expect(shared.waived == alone.waived)
    #expect((shared.lowered == nil) == (alone.lowered == nil))
    #expect(sharedReport?.diagnostics == aloneReport?.diagnostics)
    #expect(shared.diagnostics.contains { $0.code.code == code })
    #expect((sharedReport != nil) == isAsked)
  }
}
