package import Diagnostics
package import PacketSpace
package import PolicyAnalysis
import PolicyLanguage

extension Compilation {
  /// Examines the policy's tests; none where the policy has errors.
  package func runTests() throws(PacketSpaceError) -> [TestResult] {
    guard let policy, !hasErrors, !policy.tests.isEmpty else { return [] }
    return try PolicyAnalysis.runTests(of: policy)
  }

  /// Adds what is wrong with the policy's tests.
  package mutating func examineTests() {
    do throws(PacketSpaceError) {
      diagnostics += try runTests().compactMap(\.diagnostic)
    } catch {
      diagnostics += tooLarge(error, at: policy?.nameSpan)
    }
  }
}

extension DiagnosticCode {
  package static let failedTest = DiagnosticCode("FW651", "failed-test")
}

extension TestResult {
  /// What is wrong; nil where the claim holds.
  package var diagnostic: Diagnostic? {
    switch outcome {
    case .holds: nil
    case .fails(let packet, let decision):
      Diagnostic(
        .failedTest, .error,
        "test `\(test.name)` expects `\(test.expect.rawValue)` for every packet",
        at: test.valueSpans[.expect] ?? test.span,
        secondary: decision.decider.map { decider in
          [Diagnostic.Label(decider.span, "\(decision.verdict.participle) here")]
        } ?? [],
        notes: [
          Diagnostic.exampleNote(packet),
          "\(decision.verdict.participle) by \(decision.deciderWords)",
        ])
    case .speaksOfNothing:
      Diagnostic(
        .emptyTest, .error, "a test speaks of at least one packet that can arrive", at: test.span,
        notes: [
          "no packet comes from its `from` by an interface where anti-spoofing admits it, goes to "
            + "its `to` in the same family, and is of its service"
        ],
        help: [
          Diagnostic.Help(
            "widen `from`, `to` or `service`, say `spoofed: true`, or remove the test")
        ])
    }
  }
}
