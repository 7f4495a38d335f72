import ArgumentParser
import Compiler
import Diagnostics
import NetworkTypes

/// `fwpolicy explain`.
struct ExplainCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain the code of a diagnostic.",
    discussion: """
      The JSON is {"version": 1, "code": …, "name": …, "explanation"?: …}.

      Examples:
        fwpolicy explain FW101
        fwpolicy explain unknown-name
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @Argument(help: "A code, or its name.")
  var code: String

  @Option(help: "Text for people, or JSON.")
  var format: Format = .text

  func validate() throws {
    if Self.find(code) == nil {
      let known = DiagnosticCatalogue.all.flatMap { [$0.code, $0.name] }
      let near = nearestName(to: code, in: known).map { "; did you mean `\($0)`?" } ?? ""
      throw ValidationError("there is no code `\(code.visible)`\(near)")
    }
  }

  func execute() throws -> ExitStatus {
    guard let found = Self.find(code) else { return .couldNotRun }
    let explanation = DiagnosticCatalogue.explanation(of: found)
    switch format {
    case .text:
      let text = explanation.map { "\n\($0)\n" } ?? ""
      try Terminal.writeProduct("\(found.code): \(found.name)\n\(text)")
    case .json:
      try Terminal.writeProduct(
        JSONText.object([
          "version": .number(1), "code": .string(found.code), "name": .string(found.name),
          "explanation": explanation.map { .string($0) },
        ]).text)
    }
    return .clean
  }

  private static func find(_ text: String) -> DiagnosticCode? {
    DiagnosticCatalogue.all.first {
      $0.code.lowercased() == text.lowercased() || $0.name == text
    }
  }
}
