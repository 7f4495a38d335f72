import Compiler
import Deployment
import Diagnostics
import PolicyLanguage

/// Every code that a run can report, and what is to be said about it at length.
enum DiagnosticCatalogue {
  /// In order of code.
  static var all: [DiagnosticCode] {
    (DiagnosticCode.syntaxCatalogue + ResolutionCodes.catalogue
      + DiagnosticCode.compilerCatalogue + DiagnosticCode.deploymentCatalogue).sorted {
        $0.code < $1.code
      }
  }

  /// A short explanation, where there is one.
  static func explanation(of code: DiagnosticCode) -> String? { explanations[code.name] }
}
