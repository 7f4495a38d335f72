import Diagnostics
package import PolicyAnalysis
import PolicyLanguage

extension Compilation {
  /// Asks the checks of a policy that compiles without an error, and adds what they say.
  ///
  /// - Returns: what that took; nil where nothing was asked.
  @discardableResult
  package mutating func runChecks(_ options: CheckOptions) -> CheckReport.Figures? {
    guard let policy, let written, !hasErrors else { return nil }
    let report = PolicyAnalysis.runChecks(on: policy, written: written, options: options)
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
    return report.figures
  }
}
