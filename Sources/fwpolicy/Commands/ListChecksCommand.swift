import ArgumentParser
import Diagnostics
import Evidence
import PolicyAnalysis

/// `fwpolicy list checks`.
struct ListChecksCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "checks",
    abstract: "List what `fwpolicy check` asks of a policy.",
    discussion: """
      Each with its code, the name that `waive` knows it by, how bad what it finds is (a note: listed \
      with `check --all` only) and what it finds; `fwpolicy explain CODE` says more. The JSON is \
      {"version": 1, "checks": [{code, name, severity, profiles, finds, explanation, example, \
      fixed}…]}, where the last two are policies and no profile means every one. Markdown is docs/CHECKS.md.

      Examples:
        fwpolicy list checks
        fwpolicy list checks --format json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case markdown
  }

  @Option(help: "A table for people, JSON, or the page docs/CHECKS.md.")
  var format: Format = .table

  func execute() throws -> ExitStatus {
    let checks = Check.registry
    switch format {
    case .json:
      let list = checks.map { check in
        JSONText.object([
          "code": .string(check.code.code),
          "name": .string(check.name),
          "severity": .string(check.severity.name),
          "profiles": .array(check.profiles.sorted().map { .string($0.rawValue) }),
          "finds": .string(check.summary),
          "explanation": .string(check.explanation),
          "example": .string(check.example),
          "fixed": .string(check.fixed),
        ])
      }
      try Terminal.writeProduct(
        JSONText.object(["version": .number(1), "checks": .array(list)]).text)
    case .table:
      try Terminal.writeProduct(CheckTable(of: .all).text)
    case .markdown:
      try Terminal.writeProduct(CheckPage(checks: checks).text)
    }
    return .clean
  }
}

/// The checks that a choice of profiles asks, as a table.
struct CheckTable {
  let text: String

  init(of choice: ProfileChoice) {
    let checks = Check.registry.filter { check in
      guard case .only(let profile) = choice else { return true }
      return ProfileChoice.asks(check, in: [profile])
    }
    let rows = checks.map { check in
      let profiles =
        check.profiles.isEmpty
        ? "all" : check.profiles.sorted().map(\.rawValue).joined(separator: ", ")
      return [check.code.code, check.name, check.severity.name, profiles, check.summary]
    }
    text =
      TextTable(heading: ["CODE", "NAME", "SEVERITY", "PROFILES", "FINDS"], rows: rows).text
  }
}
