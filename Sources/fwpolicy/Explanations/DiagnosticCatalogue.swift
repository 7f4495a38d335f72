import Compiler
import Deployment
import Diagnostics
import PolicyAnalysis
import PolicyLanguage

/// Every code that a run can report, and what is to be said about it at length.
enum DiagnosticCatalogue {
  /// In order of code.
  static var all: [DiagnosticCode] {
    (DiagnosticCode.syntaxCatalogue + ResolutionCodes.catalogue
      + Check.catalogue + DiagnosticCode.compilerCatalogue + DiagnosticCode.deploymentCatalogue)
      .sorted {
        $0.code < $1.code
      }
  }

  /// A short explanation, where there is one.
  static func explanation(of code: DiagnosticCode) -> String? {
    Check.registry.first { $0.code == code }?.explained ?? explanations[code.name]
  }
}

extension Check {
  /// The whole of what there is to say: what it finds and why, a policy in which it does, and the
  /// same one with the advice followed.
  fileprivate var explained: String {
    func indented(_ text: String) -> String {
      text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
    }
    return """
      Finds \(summary); \(Severity.ofChecks(severity)).

      \(explanation)
      \(waiverForm)
      For example:

      \(indented(example))

      Better:

      \(indented(fixed))
      """
  }
}
