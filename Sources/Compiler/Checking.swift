package import PolicyAnalysis

extension Compilation {
  /// Asks the checks of a policy that compiles without an error, and adds what they say.
  package mutating func runChecks(_ options: CheckOptions) {
    guard let policy, let written, !hasErrors else { return }
    let report = PolicyAnalysis.runChecks(on: policy, written: written, options: options)
    diagnostics += report.diagnostics
    waived = report.waived
  }
}
