import ArgumentParser
import Compiler
import Diagnostics
import Glibc

/// `fwpolicy check`.
struct CheckCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what is wrong with policies.",
    discussion: """
      Reads each policy with its includes and lists, looks up every name and lowers it to \
      nftables. What it finds is the product, on standard output.

      Exit status: 0 no errors; 1 errors (with --strict, warnings too); 2 a policy could not be \
      read.

      Example:
        fwpolicy check --strict edge/policy.yaml
      """)

  @Argument(help: ArgumentHelp("The policies; - is standard input.", valueName: "policy"))
  var policies: [String]

  @Flag(help: "Let warnings fail too.")
  var strict = false

  @Option(help: "The same as --diagnostics, which every command has.")
  var format: DiagnosticFormat?

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func validate() throws {
    if policies.filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read once: give `-` at most once")
    }
  }

  func execute() throws -> ExitStatus {
    var presentation = SourcePresentation()
    var status = ExitStatus.clean
    for path in policies {
      let (compilation, prefix) = try policy.compile(path, proves: false)
      presentation.add(compilation.diagnostics, of: compilation.sources, rootPrefix: prefix)
      let failed =
        compilation.hasErrors
        || strict && compilation.diagnostics.contains { $0.severity == .warning }
      if compilation.couldNotRun {
        status = status.combined(with: .couldNotRun)
      } else if failed {
        status = status.combined(with: .no)
      }
    }
    try Terminal.writeProduct(report.rendered(presentation, format, stream: STDOUT_FILENO))
    if (format ?? report.diagnostics) == .text { Terminal.say(presentation.summary(of: policies)) }
    return status
  }
}

extension SourcePresentation {
  /// `2 errors, 1 warning in policy.yaml`, a line.
  fileprivate func summary(of policies: [String]) -> String {
    func counted(_ count: Int, _ noun: String) -> String {
      "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
    let found =
      [(Severity.error, "error"), (.warning, "warning")]
      .filter { count(of: $0.0) > 0 }
      .map { counted(count(of: $0.0), $0.1) }
    let place = policies.count == 1 ? policies[0].visible : counted(policies.count, "policy file")
    return (found.isEmpty ? "no problems" : found.joined(separator: ", ")) + " in \(place)\n"
  }
}
