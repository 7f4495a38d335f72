import ArgumentParser
import Compiler
import Deployment
import Diagnostics
import Glibc
import Kernel
import PolicyLanguage

/// `fwpolicy apply`.
struct ApplyCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Put a policy into the kernel, in one transaction.",
    discussion: """
      Replaces the policy's own table and touches no other; all of it takes effect at once or \
      nothing does, and nothing is sent before the ruleset is proven to do with every packet what \
      the policy says. Run over SSH, it refuses a policy that would \
      not let the session's peer in again. sudo hides the session unless told otherwise: \
      sudo --preserve-env=SSH_CONNECTION fwpolicy apply policy.yaml

      Connections that are established go on under a policy that would not let them in. --cut-closed \
      ends those that the kernel's present table lets in and the new policy does not; one of which it \
      cannot be told by which interfaces it goes is listed and left.

      The JSON is {"version": 1, "table", "dryRun", "replaced", "inPlace", "generation", "messages", "bytes", \
      "digest", "cut"}.

      Exit status: 0 applied (or, dry, would be); 1 the policy has errors, or is refused without \
      --force or --adopt; 2 a file could not be read, or the kernel refused.

      Examples:
        fwpolicy apply --dry-run policy.yaml
        fwpolicy apply policy.yaml
        fwpolicy apply --dry-run --cut-closed policy.yaml
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Flag(help: "Let the kernel validate everything and change nothing.")
  var dryRun = false

  @Flag(help: "Apply although this SSH session's peer would not be let in again.")
  var force = false

  @Flag(help: "Replace a table of the policy's name that fwpolicy did not make.")
  var adopt = false

  @Flag(help: "End the established connections that the policy closes; with --dry-run list them.")
  var cutClosed = false

  @Option(help: "How to write what was done.")
  var format: Format = .text

  @Flag(
    help: ArgumentHelp(
      "Go without the proof that the ruleset does with every packet what the policy says."))
  var noProve = false

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func execute() throws -> ExitStatus {
    let (compilation, prefix) = try policy.compile(path, proves: !noProve)
    guard let lowered = compilation.lowered, let meaning = compilation.policy,
      !compilation.hasErrors
    else {
      report.say(compilation, rootPrefix: prefix)
      return compilation.couldNotRun ? .couldNotRun : .no
    }
    var options = Application.Options()
    options.isDryRun = dryRun
    options.force = force
    options.adopt = adopt
    let (result, cut) = apply(Application(policy: meaning, lowered: lowered, options: options))
    report.say(compilation, more: result.diagnostics, rootPrefix: prefix)
    guard let done = result.value else {
      let isRefusal = result.diagnostics.contains { $0.severity == .error && $0.code.isRefusal }
      return isRefusal ? .no : .couldNotRun
    }
    let places = QueryPlaces(sources: compilation.sources, rootPrefix: prefix ?? "")
    let cutReport = cut.map {
      CutReport(cut: $0, isDryRun: dryRun, policy: meaning, places: places)
    }
    try Terminal.writeProduct(text(of: done, meaning, digest: compilation.digest, cutReport))
    // Applied, but not all of what was asked for.
    return result.diagnostics.contains { $0.severity == .error } ? .couldNotRun : .clean
  }

  /// Everything that needs this machine: its environment, its clock, its kernel.
  private func apply(
    _ application: Application
  ) -> (Staged<Application.Report>, cut: FlowCut.Report?) {
    var session: SSHSession?
    var notes: [Diagnostic] = []
    if let environment = getenv("SSH_CONNECTION"), environment.pointee != 0 {
      session = SSHSession(environment: String(cString: environment))
      if session == nil {
        notes = [
          Diagnostic(
            .unreadableSSHConnection, force ? .warning : .error,
            "SSH_CONNECTION must read `PEER PORT LOCAL PORT`", at: nil,
            notes: ["whether the policy lets this session's peer in again cannot be told"],
            help: force
              ? [] : [Diagnostic.Help("unset it, or pass --force if you have another way in")])
        ]
        if !force { return (Staged(nil, notes), nil) }
      }
    } else if sudoMayHideSession {
      notes = [
        Diagnostic(
          .hiddenSSHConnection, .note,
          "`apply` knows of an SSH session by SSH_CONNECTION, which sudo takes away", at: nil,
          notes: ["whether the policy lets you in again has not been checked"],
          help: [Diagnostic.Help("over SSH, use `sudo --preserve-env=SSH_CONNECTION`")])
      ]
    }
    do throws(NetlinkError) {
      let socket = try NetlinkSocket()
      let now = Timestamp(seconds: Int64(time(nil)))
      if cutClosed {
        let (result, cut) = application.runCutting(
          session: session, now: now, netfilter: socket, routes: try NetlinkSocket(.route))
        return (Staged(result.value, notes + result.diagnostics), cut)
      }
      let result = application.run(session: session, now: now, transport: socket)
      return (Staged(result.value, notes + result.diagnostics), nil)
    } catch {
      return (Staged(nil, notes + [application.diagnostic(of: error)]), nil)
    }
  }

  /// sudo was used on a pseudo-terminal, as sshd gives one out; so does a terminal window.
  private var sudoMayHideSession: Bool {
    guard let user = getenv("SUDO_USER"), user.pointee != 0, let name = ttyname(STDIN_FILENO)
    else { return false }
    return String(cString: name).hasPrefix("/dev/pts/")
  }

  private func text(
    of done: Application.Report, _ policy: ResolvedPolicy, digest: String, _ cut: CutReport?
  ) -> String {
    switch format {
    case .json:
      return JSONText.object([
        "version": .number(1),
        "table": .string(policy.table),
        "dryRun": .bool(done.isDryRun),
        "replaced": .bool(done.replaced),
        "inPlace": .bool(done.isInPlace),
        "generation": .number(Int(done.receipt.generation)),
        "messages": .number(done.receipt.messages),
        "bytes": .number(done.receipt.bytes),
        "digest": .string(digest),
        "cut": cut?.json,
      ]).text
    case .text:
      let verb =
        switch (done.isDryRun, done.replaced) {
        case (true, true): "would replace"
        case (true, false): "would add"
        case (false, true): "replaced"
        case (false, false): "added"
        }
      return "\(verb) table inet \(policy.table): policy \(policy.name), \(done.receipt.messages) "
        + "messages, \(done.receipt.bytes) bytes, generation \(done.receipt.generation)\n"
        + (cut?.text ?? "")
    }
  }
}

extension DiagnosticCode {
  /// Whether it refuses what an option would allow.
  fileprivate var isRefusal: Bool {
    self == .foreignTable || self == .sshLockout || self == .unreadableSSHConnection
  }
}
