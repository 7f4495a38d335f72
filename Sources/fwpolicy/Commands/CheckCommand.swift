import ArgumentParser
import Compiler
import Diagnostics
import Glibc
import PolicyAnalysis
import PolicyLanguage

/// `fwpolicy check`.
struct CheckCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what is wrong with policies.",
    discussion: """
      Reads each policy with its includes and lists, looks up every name, lowers it to nftables \
      and asks every check of `fwpolicy list checks`. What it finds is the product, on standard \
      output; what the policy waives is listed with it. compile and apply ask no checks.

      Exit status: 0 no errors; 1 errors (with --strict, warnings too); 2 a policy could not be \
      read, or is too large for its checks.

      Examples:
        fwpolicy check --strict edge/policy.yaml
        fwpolicy check --all policy.yaml
        fwpolicy check --as-of 2027-06-30 policy.yaml
      """)

  @Argument(help: ArgumentHelp("The policies; - is standard input.", valueName: "policy"))
  var policies: [String]

  @Flag(help: "Let warnings fail too.")
  var strict = false

  @Flag(help: "List, as notes, what is odd but usual, too.")
  var all = false

  @Option(
    help: ArgumentHelp(
      "The day (or time, RFC 3339) as of which expiry is told; now unless given.",
      valueName: "date"))
  var asOf: String?

  @Flag(help: "Say how large the diagrams were that the checks needed.")
  var figures = false

  @Option(help: "The same as --diagnostics, which every command has.")
  var format: DiagnosticFormat?

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func validate() throws {
    if policies.filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read once: give `-` at most once")
    }
    if let asOf, Timestamp(parsing: asOf) == nil {
      throw ValidationError("--as-of takes a day such as 2027-06-30, or a time with its offset")
    }
  }

  func execute() throws -> ExitStatus {
    let now = Timestamp(seconds: Int64(time(nil)))
    let options = CheckOptions(listsAll: all, asOf: asOf.flatMap(Timestamp.init(parsing:)) ?? now)
    var presentation = SourcePresentation()
    var status = ExitStatus.clean
    for path in policies {
      var (compilation, prefix) = try policy.compile(path, proves: false)
      if let took = compilation.runChecks(options), figures {
        Terminal.say(
          "\(path.visible): \(took.nodes) nodes, \(took.edges) edges, \(took.bytes) bytes\n")
      }
      presentation.add(
        compilation.diagnostics, waived: compilation.waived, of: compilation.sources,
        rootPrefix: prefix)
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
    let isForPeople = [.text, .concise].contains(format ?? report.diagnostics)
    if isForPeople {
      for line in presentation.waivedLines { Terminal.say(line.visible + "\n") }
    }
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
      [(Severity.error, "error"), (.warning, "warning"), (.note, "note")]
      .filter { count(of: $0.0) > 0 }
      .map { counted(count(of: $0.0), $0.1) }
    let place = policies.count == 1 ? policies[0].visible : counted(policies.count, "policy file")
    let silenced = waivedLines.count
    return (found.isEmpty ? "no problems" : found.joined(separator: ", ")) + " in \(place)"
      + (silenced == 0 ? "\n" : ", \(silenced) waived\n")
  }
}
