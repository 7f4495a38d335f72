import Diagnostics
import PolicyLanguage
import Testing

/// `{ keep: 7d, capacity: 65536 }`.
@Suite struct KeepingDecoderTests {
  private static func gate(_ offenders: String) -> String {
    head + "smtp-egress: { users: [], offenders: \(offenders) }\n"
  }

  @Test(
    arguments: [
      ("{ keep: 60s, capacity: 1 }", 60, 1), ("{ keep: 1m }", 60, 65_536),
      ("{ keep: 36h }", 129_600, 65_536), ("{ keep: 366d }", 31_622_400, 65_536),
      ("{ keep: 52w, capacity: 1048576 }", 31_449_600, 1_048_576),
      ("{ capacity: 4096 }", 86_400, 4096), ("{}", 86_400, 65_536),
    ] as [(String, UInt64, UInt32)])
  func timesAndSizesAreNumbers(_ text: String, _ keep: UInt64, _ capacity: UInt32) {
    let outcome = TextPolicy(Self.gate(text)).resolved()
    #expect(outcome.findings == [])
    #expect(
      outcome.policy?.smtpEgress?.offenders == Offenders(keepSeconds: keep, capacity: capacity))
  }

  @Test func withoutTheKeyNothingIsRecorded() {
    let outcome = TextPolicy(head + "smtp-egress: { users: [] }\n").resolved()
    #expect(outcome.policy?.smtpEgress != nil)
    #expect(outcome.policy?.smtpEgress?.offenders == nil)
  }

  static let refusals: [Refusal] = [
    Refusal(gate("{ keep: 59s }"), "invalid-duration", "59s"),
    Refusal(gate("{ keep: 367d }"), "invalid-duration", "367d"),
    Refusal(gate("{ keep: 0d }"), "invalid-duration", "0d"),
    Refusal(gate("{ keep: 01d }"), "invalid-duration", "01d"),
    Refusal(gate("{ keep: 86400 }"), "invalid-duration", "86400"),
    Refusal(gate("{ keep: d }"), "invalid-duration", "d"),
    Refusal(gate("{ keep: -1d }"), "invalid-duration", "-1d"),
    Refusal(gate("{ keep: 1.5d }"), "invalid-duration", "1.5d"),
    Refusal(gate("{ keep: \u{0661}d }"), "invalid-duration", "\u{0661}d"),
    Refusal(gate("{ keep: 1month }"), "invalid-duration", "1month"),
    Refusal(
      gate("{ keep: 99999999999999999999d }"), "invalid-duration", "99999999999999999999d"),
    Refusal(
      gate("{ keep: 18446744073709551615w }"), "invalid-duration", "18446744073709551615w"),
    Refusal(gate("{ keep: \"\" }"), "invalid-duration", "\"\""),
    Refusal(gate("{ keep: [1d] }"), "wrong-type", "[1d]"),
    Refusal(gate("{ capacity: 0 }"), "invalid-number", "0"),
    Refusal(gate("{ capacity: 1048577 }"), "invalid-number", "1048577"),
    Refusal(gate("{ capacity: many }"), "invalid-number", "many"),
    Refusal(gate("{ size: 5 }"), "unknown-key", "size", "did you mean `capacity`?"),
    Refusal(gate("{ timeout: 1d }"), "unknown-key", "timeout", "did you mean `keep`?"),
    Refusal(gate("true"), "wrong-type", "true", "{ keep: 1d, capacity: 65536 }"),
  ]

  @Test(arguments: refusals)
  func whatIsNoTimeOrSizeIsRefused(_ refusal: Refusal) {
    #expect(refusal.problem() == nil)
  }
}
