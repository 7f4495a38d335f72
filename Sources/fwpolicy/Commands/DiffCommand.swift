import ArgumentParser
import Compiler
import Deployment
import Diagnostics
import Glibc
import Kernel
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// `fwpolicy diff`.
struct DiffCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Say what traffic changes when one policy takes the place of another.",
    discussion: """
      Traffic that is opened comes first, port 25 and the ports that machines are managed by above \
      all; then what is closed, and what is refused in another way. Each with its region in the \
      policy's names, a packet, and what decides on both sides. Apart from these: what is logged, \
      counted, limited or helped otherwise, and which parts of the text are other without a change \
      of traffic.

      The old policy is a file, or REV:PATH, as git has it; then its includes and lists are those of \
      the revision, too. With --each the two are compared for every router, and routers with the \
      same change are told together; the values files of a revision are its own. With --live it is \
      what the kernel has in the table of the new policy's name.

      Exit status: 0 no packet fares otherwise; 1 some do (--fail-on chooses which); 2 a policy \
      could not be read, or has errors.

      Examples:
        fwpolicy diff HEAD:policy.yaml policy.yaml
        fwpolicy diff --fail-on opened --format markdown old.yaml new.yaml
        fwpolicy diff --live policy.yaml
        fwpolicy diff HEAD:edge.yaml edge.yaml --each 'pops/*.yaml'
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case markdown
    case json
  }

  enum Failure: String, ExpressibleByArgument, CaseIterable {
    case opened
    case closed
    case any
  }

  @Argument(
    help: ArgumentHelp(
      "The old policy, a file or REV:PATH, and the new one; with --live the new one alone.",
      valueName: "policy"))
  var policies: [String]

  @Flag(help: "Compare with what the kernel filters now; needs CAP_NET_ADMIN.")
  var live = false

  @OptionGroup(title: "Many routers") var each: EachOptions

  var new: String { policies.last ?? "" }

  @Option(help: "How to write the differences.")
  var format: Format = .text

  @Option(help: "Exit 1 where traffic is opened, closed, or fares otherwise in any way.")
  var failOn: Failure = .any

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func validate() throws {
    let wanted = live ? 1 : 2
    if policies.count != wanted {
      throw ValidationError(
        live ? "--live is compared with one policy" : "give the old policy and the new one")
    }
    if live, each.isGiven {
      throw ValidationError("the kernel is one router: --live goes without --each")
    }
    if policies.filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read once: give `-` at most once")
    }
  }

  func execute() throws -> ExitStatus {
    if live { return try compareWithKernel() }
    if each.isGiven { return try compareEach() }
    let (before, beforePlaces, revision) = try side(policies[0])
    let (after, afterPlaces, _) = try side(new)
    // The files of a revision stay until everything has been said of them.
    defer { withExtendedLifetime(revision) {} }
    guard let before, let after else { return .couldNotRun }
    do {
      let comparison = try PolicyComparison(before, after)
      let difference = try comparison.difference()
      return try write(difference, DiffReport(difference, old: beforePlaces, new: afterPlaces))
    } catch let error as PacketSpaceError {
      Terminal.say("fwpolicy: the policies cannot be compared: \(error)\n")
      return .couldNotRun
    }
  }

  private func write(
    _ difference: TrafficDifference, _ written: DiffReport
  ) throws -> ExitStatus {
    switch format {
    case .text: try Terminal.writeProduct(written.text)
    case .markdown: try Terminal.writeProduct(written.markdown)
    case .json: try Terminal.writeProduct(written.json.text)
    }
    let fails =
      switch failOn {
      case .opened: difference.count(.opened) > 0
      case .closed: difference.count(.closed) > 0
      case .any: difference.changesMeaning
      }
    return fails ? .no : .clean
  }

  /// The old side is the table of the policy's name, read back.
  private func compareWithKernel() throws -> ExitStatus {
    let (compilation, prefix) = try policy.compile(new, proves: false)
    report.say(compilation, rootPrefix: prefix)
    guard let lowered = compilation.lowered, let after = compilation.policy,
      !compilation.hasErrors
    else { return .couldNotRun }
    let places = QueryPlaces(sources: compilation.sources, rootPrefix: prefix ?? "")
    do {
      let socket = try NetlinkSocket()
      let ruleset = try LiveRuleset(tableNamed: after.table, transport: socket)
      let difference = try ruleset.difference(from: after, lowered: lowered)
      return try write(
        difference,
        DiffReport(difference, old: places, new: places, oldSide: ruleset.description))
    } catch let error as LiveRuleset.Failure {
      var presentation = SourcePresentation()
      presentation.add([error.diagnostic], of: compilation.sources, rootPrefix: prefix)
      Terminal.say(report.rendered(presentation, stream: STDERR_FILENO))
      return .couldNotRun
    } catch let error as NetlinkError {
      Terminal.say("fwpolicy: the kernel's ruleset cannot be read: \(error)\n")
      return .couldNotRun
    }
  }

  /// One policy; nil, and said why, where it has errors.
  private func side(_ text: String) throws -> (ResolvedPolicy?, QueryPlaces, GitRevision?) {
    let question = PolicyQuestion(hook: nil, values: [])
    var revision: GitRevision?
    var path = text
    var options = policy
    if let parsed = GitRevision.parse(text) {
      let found = try GitRevision(parsed.revision, path: parsed.path)
      revision = found
      path = found.policyPath
      // A root that is given is one of the work tree.
      options.root = nil
    }
    let (read, prefix) = try options.ask(question, of: path)
    let shown = revision?.prefix ?? prefix
    report.say(read, rootPrefix: shown)
    return (
      read.policy, QueryPlaces(sources: read.sources, rootPrefix: shown ?? ""), revision
    )
  }
}
