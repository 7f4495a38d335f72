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
        fwpolicy compile edge.yaml --each pops/*.yaml -o 'out/{name}.nft'
      """)

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write here, whole or not at all, and not to standard output.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Many routers") var each: EachOptions

  @Option(
    help: ArgumentHelp(
      "Where `--each` lists what it has written.",
      discussion: "Default: manifest.json in the folder that holds all outputs.",
      valueName: "file"))
  var manifest: String?

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

  func validate() throws {
    if manifest != nil, !each.isGiven { throw ValidationError("--manifest goes with --each") }
    guard each.isGiven else { return }
    guard let output, RouterOutputs(pattern: output) != nil else {
      throw ValidationError(
        "with --each, --output is a path with {name} in it: -o 'out/{name}.nft'")
    }
  }

  func execute() throws -> ExitStatus {
    if each.isGiven { return try compileEach() }
    var (compilation, prefix) = try policy.compile(path, proves: !noProve)
    if test { compilation.examineTests() }
    report.say(compilation, rootPrefix: prefix)
    if compilation.couldNotRun { return .couldNotRun }
    guard let product = compilation.product(format), !compilation.hasErrors else { return .no }
    if let output, output != "-" {
      try refuseOverwriting([compilation.sources], rootPrefix: prefix, by: [output])
      try AtomicFile.write(product, to: output)
    } else {
      try Terminal.writeProduct(product)
    }
    return .clean
  }
}

extension CompileCommand {
  /// Writes the policy for every router, all or nothing.
  fileprivate func compileEach() throws -> ExitStatus {
    let routers = try each.routers()
    guard let output, let outputs = RouterOutputs(pattern: output, manifest: manifest) else {
      return .couldNotRun
    }
    let provider = try FileSystemProvider(policy: path, root: policy.root)
    let compilations = Compiler.compile(
      path, for: routers, provider: provider, overrides: try policy.overrides(), format: format,
      proves: !noProve, tests: test)
    report.say(compilations.map(\.talk), rootPrefix: provider.rootFromWorkingDirectory)
    if compilations.contains(where: \.couldNotRun) { return .couldNotRun }
    let broken = compilations.filter { $0.product == nil }
    guard broken.isEmpty else {
      Terminal.say(
        "fwpolicy: nothing is written: \(broken.count) of \(routers.count) routers have errors\n")
      return .no
    }
    let list = RouterManifest(
      policy: path, format: format, isProven: !noProve, of: compilations, outputs: outputs)
    var files = compilations.map { (outputs.path(of: $0.router.name), $0.product ?? []) }
    if let same = files.first(where: { $0.0 == outputs.manifest }) {
      throw Router.Misuse(reason: "`\(same.0)` is the manifest: give another --manifest")
    }
    try refuseSharing(files.map(\.0) + [outputs.manifest])
    // The list comes last: what it says is there is there.
    files.append((outputs.manifest, list.bytes))
    try refuseOverwriting(
      compilations.map(\.files), rootPrefix: provider.rootFromWorkingDirectory,
      by: files.map(\.0))
    try AtomicFile.write(all: files)
    Terminal.say(
      "\(routers.count) router\(routers.count == 1 ? "" : "s") written, listed in "
        + "\(outputs.manifest.visible)\n")
    return .clean
  }
}
