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

  /// What a document that explains codes says of one.
  @Sendable static func text(of code: DiagnosticCode) -> DiagnosticText? {
    if let check = Check.registry.first(where: { $0.code == code }) { return check.text }
    let whole = explanations[code.name]
    let paragraph = whole?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return DiagnosticText(
      summary: code.name.replacing("-", with: " ").capitalisedSentence, explanation: paragraph,
      help: whole, markdown: whole, tags: code.family.map { [$0] } ?? [])
  }

  /// A short explanation, where there is one.
  static func explanation(of code: DiagnosticCode) -> String? {
    Check.registry.first { $0.code == code }?.explained ?? explanations[code.name]
  }
}

extension DiagnosticCode {
  /// What kind of thing it is about, by its number.
  fileprivate var family: String? {
    switch code.dropFirst(2).first {
    case "0": "syntax"
    case "1": "names"
    case "2": "reachability"
    case "3": "mail"
    case "4": "exposure"
    case "5": "hygiene"
    case "6": "compilation"
    case "7": "deployment"
    default: nil
    }
  }
}

extension String {
  /// With a capital and a full stop.
  fileprivate var capitalisedSentence: String {
    prefix(1).uppercased() + dropFirst() + (hasSuffix(".") ? "" : ".")
  }
}

extension Check {
  /// Of its explanation, the first paragraph; the rest stands in the help.
  fileprivate var text: DiagnosticText {
    let paragraphs = explanation.split(separator: "\n\n")
    let first = paragraphs.first?.split(separator: "\n").joined(separator: " ")
    let markdown = """
      \(explanation)
      \(waiverForm)
      ```yaml
      \(example)
      ```

      Better:

      ```yaml
      \(fixed)
      ```
      """
    return DiagnosticText(
      summary: summary.capitalisedSentence, explanation: first, help: explained,
      markdown: markdown, severity: severity,
      tags: (code.family.map { [$0] } ?? []) + profiles.sorted().map(\.rawValue))
  }

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
