import ArgumentParser
import Compiler
import Diagnostics
import Evidence
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
      --watch it reads again and again and tells rates; JSON is a line for each reading then.

      The JSON is {"version": 1, "policy", "isCurrent", "milliseconds"?, "counters": [{kind, name?, \
      prefix?, owner?, counter, packets, bytes, packetsSince?, bytesSince?, place?}…], "missing": \
      [text…]}.

      Exit status: 0; 1 the policy has errors; 2 the policy is not in force, or the kernel cannot be \
      asked.

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
    do {
      let socket = try NetlinkSocket()
      var earlier: (report: CounterReport, at: ContinuousClock.Instant)?
      var readings = 0
      while true {
        guard let isCurrent = try live.isCurrent(socket, warns: readings == 0) else {
          return .couldNotRun
        }
        let values = try Dump.counters(ofTable: live.policy.table, socket)
        let now = ContinuousClock.now
        let read = CounterReport(
          values, of: live.lowered, policy: live.policy, sources: live.sources)
        var shown = read
        if let earlier {
          let time = (now - earlier.at).components
          shown.compare(
            with: earlier.report,
            milliseconds: UInt64(
              clamping: time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000))
        }
        if nonzero { shown.keepNonZero() }
        if sort == .count { shown.sortByCount() }
        let isHeard = try Terminal.streamProduct(text(of: shown, live, isCurrent: isCurrent))
        readings += 1
        if readings == 1, !read.missing.isEmpty {
          Terminal.say(
            "fwpolicy: warning: the kernel's table has no counter "
              + read.missing.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
              + (read.missing.count > 8 ? " and \(read.missing.count - 8) more" : "") + "\n")
        }
        if !watch || !isHeard || readings == times { return .clean }
        earlier = (read, now)
        guard Terminal.rest(milliseconds: Int32(clamping: every.seconds * 1000)) else {
          return .clean
        }
      }
    } catch let error as NetlinkError {
      sayTrouble(error)
      return .couldNotRun
    }
  }

  private func text(of shown: CounterReport, _ live: LivePolicy, isCurrent: Bool) -> String {
    switch format {
    case .csv: return shown.csv
    case .json:
      let json = shown.json(policy: live.policy.name, isCurrent: isCurrent)
      return watch ? json.lineText : json.text
    case .table:
      let table = shown.table
      let text = TextTable(heading: table.heading.map { $0.uppercased() }, rows: table.rows).text
      // A terminal shows the last reading alone: home, and clear what was there.
      return watch ? (isatty(STDOUT_FILENO) == 1 ? "\u{1B}[H\u{1B}[2J" : "") + text + "\n" : text
    }
  }
}
