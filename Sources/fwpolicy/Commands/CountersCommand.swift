import ArgumentParser
import Compiler
import Glibc
import Kernel
import PolicyLanguage

/// `fwpolicy counters`.
struct CountersCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "counters",
    abstract: "Say what the ruleset in force has counted, in the policy's names.",
    discussion: """
      By rule (`count: true`), limit, section default, gate, subnet (`count: per-subnet`) and \
      anti-spoofing. `unknown` is a counter of the kernel's table that this policy does not have. With \
      --watch it reads again and again, tells rates, and says when another version is applied; JSON is \
      a line for each reading then, and a terminal shows the rows that fit and how many more there are.

      The JSON is {"version": 1, "policy", "isCurrent", "milliseconds"?, "counters": [{kind, name?, \
      prefix?, owner?, counter, packets, bytes, packetsSince?, bytesSince?, place?}…], "missing": \
      [text…]}.

      Exit status: 0 told, or Ctrl-C; 1 the policy has errors; 2 the policy is not in force, or not any \
      more, or the kernel cannot be asked.

      Examples:
        fwpolicy counters policy.yaml --nonzero --sort count
        fwpolicy counters policy.yaml --watch --every 5s
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table
    case csv
    case json
  }

  enum Order: String, ExpressibleByArgument, CaseIterable {
    case name
    case count
  }

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Flag(help: "Read again and again, and tell rates.")
  var watch = false

  @Option(help: ArgumentHelp("Between two readings.", valueName: "duration"))
  var every = DurationArgument(seconds: 2)

  @Option(help: ArgumentHelp("Stop after so many readings.", valueName: "number"))
  var times: Int?

  @Flag(help: "Only what has counted something.")
  var nonzero = false

  @Option(help: "By kind and name, or the greatest first.")
  var sort: Order = .name

  @Option(help: "A table for people, CSV or JSON.")
  var format: Format = .table

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func validate() throws {
    if let times, times < 1 { throw ValidationError("--times takes a number from 1") }
    if times != nil, !watch { throw ValidationError("--times goes with --watch") }
    if every.seconds > 86_400 { throw ValidationError("--every takes at most a day") }
  }

  func execute() throws -> ExitStatus {
    let live: LivePolicy
    switch try LivePolicy.read(path, policy, report) {
    case .success(let value): live = value
    case .failure(let failure): return failure.status
    }
    var loop = CounterLoop(
      live, output, watches: watch, milliseconds: Int64(every.seconds) * 1000,
      times: watch ? times : 1, keepsNonZero: nonzero, sortsByCount: sort == .count)
    do {
      return try loop.run(try NetlinkSocket())
    } catch let error as NetlinkError {
      sayTrouble(error)
      return .couldNotRun
    }
  }

  private var output: CounterLoop.Output {
    switch format {
    case .csv: .csv
    case .json: .json
    case .table: watch && FullScreen.isPossible(on: STDOUT_FILENO) ? .screen : .table
    }
  }
}
