import ArgumentParser
import Compiler
import Diagnostics
import Glibc
import PacketSpace
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
      output; what the policy waives is listed with it. compile and apply ask no checks. Several \
      policies are read in parallel; what is said of them is in the order given. With --each one \
      policy is checked for many routers, and what several of them have alike is said once.

      --profile chooses among warnings and notes; what can be an error is asked of every policy. \
      Unless given, it is what the policy's role, declarations and ports show, which leaves out \
      nothing that could be found.

      Exit status: 0 no errors; 1 errors (with --strict, warnings too); 2 a policy could not be \
      read, or is too large for its checks.

      Examples:
        fwpolicy check --strict edge/policy.yaml
        fwpolicy check --all policy.yaml
        fwpolicy check --as-of 2027-06-30 policy.yaml
        fwpolicy check --list --profile isp-edge
        fwpolicy check edge.yaml --each pops/*.yaml
      """)

  @Argument(help: ArgumentHelp("The policies; - is standard input.", valueName: "policy"))
  var policies: [String] = []

  @OptionGroup(title: "Many routers") var each: EachOptions

  @Flag(help: "Let warnings fail too.")
  var strict = false

  @Flag(help: "List, as notes, what is odd but usual, too.")
  var all = false

  @Option(help: "Whose checks to ask beside the common ones; all for everybody's.")
  var profile: ProfileArgument?

  @Flag(help: "List the checks, as `fwpolicy list checks` does, and read no policy.")
  var list = false

  @Flag(help: "Say what the policies assert of themselves (`serves`, `kind`, `class`).")
  var declarations = false

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
    if list != policies.isEmpty {
      throw ValidationError(
        list ? "--list reads no policy" : "Missing expected argument '<policy> ...'")
    }
    if each.isGiven, policies.count != 1 {
      throw ValidationError(
        list ? "--list reads no policy" : "with --each, one policy is checked, for every router")
    }
    if policies.filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read once: give `-` at most once")
    }
    if let asOf, Timestamp(parsing: asOf) == nil {
      throw ValidationError("--as-of takes a day such as 2027-06-30, or a time with its offset")
    }
  }

  func execute() throws -> ExitStatus {
    if list {
      try Terminal.writeProduct(CheckTable(of: profile?.choice ?? .all).text)
      return .clean
    }
    let checked = try checkedPolicies()
    var presentation = SourcePresentation()
    var status = ExitStatus.clean
    for policy in checked {
      if figures, let took = policy.figures {
        Terminal.say(
          "\(policy.title.visible): \(took.nodes) nodes, \(took.edges) edges, \(took.bytes) bytes\n"
        )
      }
      if policy.router == nil {
        presentation.add(
          policy.diagnostics, waived: policy.waived, of: policy.sources,
          rootPrefix: policy.rootPrefix)
      }
      switch policy.result {
      case .unread: status = status.combined(with: .couldNotRun)
      case .errors: status = status.combined(with: .no)
      case .warnings: status = status.combined(with: strict ? .no : .clean)
      case .clean: break
      }
    }
    if each.isGiven {
      presentation.add(checked.compactMap(\.talk), rootPrefix: checked.first?.rootPrefix)
    }
    let summary = CheckSummary(policies: checked)
    let asserted = DeclarationList(policies: checked)
    try Terminal.writeProduct(
      report.rendered(
        presentation, format, stream: STDOUT_FILENO,
        more: [.init("summary", summary.json), .init("declarations", asserted.json)]))
    talk(of: presentation, summary, asserted)
    return status
  }

  /// What is said beside the product.
  private func talk(
    of presentation: SourcePresentation, _ summary: CheckSummary, _ asserted: DeclarationList
  ) {
    let shape = format ?? report.diagnostics
    if shape.isDocument { return }
    if declarations {
      for line in asserted.lines { Terminal.say(line.visible + "\n") }
    }
    if shape != .github {
      for line in presentation.waivedLines { Terminal.say(line.visible + "\n") }
    }
    if shape == .text {
      Terminal.say(summary.text)
    } else if summary.policies.count > 1 {
      Terminal.say(summary.total + "\n")
    }
    if shape == .text, let left = profile?.leavesOut {
      Terminal.say("\(left) checks of other profiles were not asked; none of them finds errors\n")
    }
  }

  /// All policies, each checked by whichever core is free.
  ///
  /// Together they may take the memory of one: a policy that needs more than its share is checked
  /// again, alone and with all of it, so that what is found does not depend on the cores.
  private func checkedPolicies() throws -> [CheckedPolicy] {
    let now = Timestamp(seconds: Int64(time(nil)))
    let options = CheckOptions(
      listsAll: all, asOf: asOf.flatMap(Timestamp.init(parsing:)) ?? now,
      profile: profile?.choice ?? .derived)
    let prepared =
      each.isGiven
      ? try policy.prepared(policies[0], for: try each.routers()) : try policy.prepared(policies)
    let threads = min(processorCount, prepared.count)
    let share = PacketArena.defaultByteLimit / max(threads, 1)
    let first = parallelMap(prepared, workers: threads) { policy in
      // Standard input is read once only.
      Result {
        try policy.checked(
          options, byteLimit: policy.path == "-" ? nil : share, isAlone: prepared.count == 1)
      }
    }
    return try zip(prepared, first).map { policy, result in
      let checked = try result.get()
      return threads > 1 && checked.wasTooLarge && policy.path != "-"
        ? try policy.checked(options, isAlone: true) : checked
    }
  }
}

/// `--profile`.
enum ProfileArgument: String, ExpressibleByArgument, CaseIterable {
  case mailHost = "mail-host"
  case ispEdge = "isp-edge"
  case webHost = "web-host"
  case all

  var choice: ProfileChoice {
    switch self {
    case .mailHost: .only(.mailHost)
    case .ispEdge: .only(.ispEdge)
    case .webHost: .only(.webHost)
    case .all: .all
    }
  }

  /// How many checks it leaves out; nil for none.
  var leavesOut: Int? {
    guard case .only(let profile) = choice else { return nil }
    let count = Check.registry.count { !ProfileChoice.asks($0, in: [profile]) }
    return count == 0 ? nil : count
  }
}
