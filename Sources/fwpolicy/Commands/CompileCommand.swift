import ArgumentParser
import Compiler
import Diagnostics
import Glibc

/// `fwpolicy compile`.
struct CompileCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Write a policy as an nftables ruleset.",
    discussion: """
      The ruleset is one transaction that replaces the policy's own table and touches no other. \
      With errors nothing is written. Diagnostics go to standard error.

      Exit status: 0 written; 1 the policy has errors; 2 a file could not be read or written.

      Examples:
        fwpolicy compile policy.yaml -o ruleset.nft && nft -f ruleset.nft
        fwpolicy compile --format json - < policy.yaml
      """)

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write here, whole or not at all, and not to standard output.", valueName: "file"))
  var output: String?

  @Option(help: "nft for `nft -f`, json for `nft -j -f`.")
  var format: OutputFormat = .nft

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func execute() throws -> ExitStatus {
    let (compilation, prefix) = try policy.compile(path)
    report.say(compilation, rootPrefix: prefix)
    if compilation.couldNotRun { return .couldNotRun }
    guard let lowered = compilation.lowered, let meaning = compilation.policy,
      !compilation.hasErrors
    else { return .no }
    let product = format.product(of: lowered, policy: meaning, digest: compilation.digest)
    if let output, output != "-" {
      try AtomicFile.write(product, to: output)
    } else {
      try Terminal.writeProduct(product)
    }
    return .clean
  }
}
