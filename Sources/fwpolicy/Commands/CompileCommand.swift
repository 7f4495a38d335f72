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
      Before it is written it is proven to do with every packet what the policy says; what the \
      proof covers stands at its head. With errors nothing is written. Diagnostics go to standard \
      error.

      Exit status: 0 written; 1 the policy has errors; 2 a file could not be read or written, or \
      the proof does not fit into memory.

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

  @Flag(
    help: ArgumentHelp(
      "Go without the proof that the ruleset does with every packet what the policy says."))
  var noProve = false

  @Flag(help: "Write nothing if one of the policy's tests fails.")
  var test = false

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func execute() throws -> ExitStatus {
    var (compilation, prefix) = try policy.compile(path, proves: !noProve)
    if test { compilation.examineTests() }
    report.say(compilation, rootPrefix: prefix)
    if compilation.couldNotRun { return .couldNotRun }
    guard let product = compilation.product(format), !compilation.hasErrors else { return .no }
    if let output, output != "-" {
      try AtomicFile.write(product, to: output)
    } else {
      try Terminal.writeProduct(product)
    }
    return .clean
  }
}
