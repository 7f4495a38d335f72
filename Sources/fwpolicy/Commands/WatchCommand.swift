import ArgumentParser
import Compiler
import Deployment
import Diagnostics
import Evidence
import Glibc
import Kernel
import PolicyLanguage

/// `fwpolicy watch`.
struct WatchCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Show blocked and logged packets as they come.",
    discussion: """
      Hears the log groups that the policy logs to (`log: { to: group N }`) and tells of each packet \
      whose it is and what decided: the rule, the gate or the default, with its place in the policy. \
      On a terminal: who decides how often, who talks most, what came last; drawn anew four times a \
      second. Elsewhere, and with --format json, a line for each packet.

      Shown is what the policy logs, at the rates that it logs with. What the kernel could not deliver \
      is counted as lost, and said. A group has one reader at a time.

      Exit status: 0 enough was seen, or Ctrl-C; 1 the policy has errors; 2 it logs to no group, or \
      the kernel refused.

      Examples:
        fwpolicy watch policy.yaml
        fwpolicy watch --format json policy.yaml | logger -t fwpolicy
        fwpolicy watch --count 20 --for 1m policy.yaml
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @Argument(help: ArgumentHelp("The policy that the kernel runs.", valueName: "policy"))
  var path: String

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Hear this log group instead of the policy's; may be repeated.", valueName: "number"))
  var group: [UInt16] = []

  @Option(help: "How to write what comes.")
  var format: Format = .text

  @Option(help: ArgumentHelp("End after so many packets.", valueName: "number"))
  var count: UInt64?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("End after a time: 90s, 5m, 12h, 7d.", valueName: "duration"))
  var duration: DurationArgument?

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func execute() throws -> ExitStatus {
    let (compilation, prefix) = try policy.compile(path, proves: false)
    guard let meaning = compilation.policy, !compilation.hasErrors else {
      report.say(compilation, rootPrefix: prefix)
      return compilation.couldNotRun ? .couldNotRun : .no
    }
    let places = QueryPlaces(sources: compilation.sources, rootPrefix: prefix ?? "")
    let join = WatchJoin(of: meaning) {
      let place = places.place(of: $0)
      return Place(file: place.file, line: place.line)
    }
    let groups = group.isEmpty ? join.sources.groups : Array(Set(group)).sorted()
    if groups.isEmpty {
      report.say(
        compilation, more: [.noLogGroup(in: meaning, logsToKernel: join.sources.logsToKernel)],
        rootPrefix: prefix)
      return .couldNotRun
    }
    report.say(compilation, rootPrefix: prefix)
    let output: WatchLoop.Output =
      switch format {
      case .json: .json
      case .text: FullScreen.isPossible(on: STDOUT_FILENO) ? .screen : .text
      }
    let names = groups.map(String.init).joined(separator: ", ")
    var loop = WatchLoop(
      output, title: "\(meaning.name): log \(groups.count == 1 ? "group" : "groups") \(names)",
      count: count, duration: duration.map { Int64($0.seconds) * 1_000_000 }, join: join)
    do {
      let socket = try NetlinkSocket(receiveBuffer: 16 << 20)
      var subscription = try LogSubscription(groups: groups, transport: socket)
      try loop.run(&subscription, socket)
      return .clean
    } catch let error as LogSubscription.Failure {
      report.say(compilation, more: [error.diagnostic], rootPrefix: prefix)
    } catch let error as NetlinkError {
      report.say(
        compilation, more: [LogSubscription.Failure.netlink(error).diagnostic],
        rootPrefix: prefix)
    }
    return .couldNotRun
  }
}
