import Diagnostics
import PacketSpace
package import PolicyAnalysis
import PolicyLanguage

extension Compilation {
  /// Asks the checks of a policy that compiles without an error, and adds what they say.
  ///
  /// - Parameter byteLimit: of the checks' diagrams, as for `PolicyAnalysis.runChecks`; nil for what
  ///   one policy may take.
  /// - Returns: what was asked and what that took; nil where nothing was asked.
  @discardableResult
  package mutating func runChecks(_ options: CheckOptions, byteLimit: Int? = nil) -> CheckReport? {
    guard let policy, let written, !hasErrors else { return nil }
    let report = PolicyAnalysis.runChecks(
      on: policy, written: written, options: options,
      byteLimit: byteLimit ?? PacketArena.defaultByteLimit)
    diagnostics += report.diagnostics
    // What a test expects, `fwpolicy test` examines; that it speaks of something is seen without.
    do {
      if !policy.tests.isEmpty {
        diagnostics += try emptyTests(of: policy).compactMap(\.diagnostic)
      }
    } catch {
      diagnostics.append(.unchecked(policy, because: error))
    }
    waived = report.waived
    return report
  }

  /// What the policy says of itself and nothing can verify; none where it has no meaning.
  package var declarations: [Declaration] {
    guard let policy, let written else { return [] }
    return Declaration.all(in: written, policy)
  }
}
