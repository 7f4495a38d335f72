import Compiler
import Diagnostics
import Evidence
import Glibc
import Kernel
import PolicyLanguage

/// Reads the counters in force, once or again and again, and shows them.
struct CounterLoop {
  enum Output {
    /// A terminal that is drawn on.
    case screen
    case table
    case csv
    case json
  }

  let live: LivePolicy
  let output: Output
  let watches: Bool
  /// Between two readings.
  let milliseconds: Int64
  /// Ends after so many readings.
  let times: Int?
  let keepsNonZero: Bool
  let sortsByCount: Bool
  private var earlier: (report: CounterReport, version: LivePolicy.Version, at: Int64)?
  private var shown = CounterScreen(([], []))

  init(
    _ live: LivePolicy, _ output: Output, watches: Bool, milliseconds: Int64, times: Int?,
    keepsNonZero: Bool, sortsByCount: Bool
  ) {
    self.live = live
    self.output = output
    self.watches = watches
    self.milliseconds = milliseconds
    self.times = times
    self.keepsNonZero = keepsNonZero
    self.sortsByCount = sortsByCount
  }

  /// Runs until enough was read, a signal ends it, nobody reads any more, or the table is gone.
  mutating func run(_ socket: borrowing NetlinkSocket) throws -> ExitStatus {
    var screen = FullScreen(stream: STDOUT_FILENO)
    let ending = [SIGINT, SIGTERM, SIGHUP]
    let signals =
      watches ? PendingSignals(output == .screen ? ending + [SIGTSTP] : ending) : nil
    var readings = 0
    while true {
      let version = try live.version(socket)
      guard let isCurrent = version.isCurrent else {
        leave(&screen)
        Terminal.say("fwpolicy: \(live.notice(of: version) ?? "")\n")
        return .couldNotRun
      }
      let (report, notices) = try read(version, socket)
      if output == .screen {
        shown = CounterScreen(notices: notices, report.table)
        screen.enter()
        screen.draw(shown.lines(FullScreen.size(of: STDOUT_FILENO)))
      } else {
        let text = text(of: report, isCurrent: isCurrent)
        if try !Terminal.streamProduct(text, until: signals) { return .clean }
      }
      readings += 1
      if readings == times { break }
      if let signals, !rest(&screen, signals) { break }
    }
    leave(&screen)
    return .clean
  }

  /// The counters as they are to be shown, and what is to be said of them.
  private mutating func read(
    _ version: LivePolicy.Version, _ socket: borrowing NetlinkSocket
  ) throws(NetlinkError) -> (CounterReport, [String]) {
    let values = try Dump.counters(ofTable: live.policy.table, socket)
    let now = Clock.monotonic
    let read = CounterReport(values, of: live.lowered, policy: live.policy, sources: live.sources)
    var notices: [String] = []
    if let notice = live.notice(of: version) {
      notices.append(notice)
    } else if let earlier, earlier.version != version {
      notices.append("the kernel's table is of this version of the policy now")
    }
    if !read.missing.isEmpty {
      notices.append(
        "warning: the kernel's table has no counter "
          + read.missing.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
          + (read.missing.count > 8 ? " and \(read.missing.count - 8) more" : ""))
    }
    // A screen shows them as long as they hold; elsewhere they are said once.
    if version != earlier?.version, output != .screen || isatty(STDERR_FILENO) == 0 {
      for notice in notices { Terminal.say("fwpolicy: \(notice)\n") }
    }
    var shown = read
    if let earlier {
      shown.compare(
        with: earlier.report, milliseconds: UInt64(clamping: (now - earlier.at) / 1000))
    }
    earlier = (read, version, now)
    if keepsNonZero { shown.keepNonZero() }
    if sortsByCount { shown.sortByCount() }
    return (shown, notices)
  }

  /// Waits for the next reading, and draws anew where the screen has another size; false where there
  /// shall be none.
  private func rest(_ screen: inout FullScreen, _ signals: PendingSignals) -> Bool {
    let end = Clock.monotonic + milliseconds * 1000
    var size = FullScreen.size(of: STDOUT_FILENO)
    while true {
      let left = (end - Clock.monotonic) / 1000
      if left <= 0 { return true }
      if !Terminal.rest(milliseconds: Int32(clamping: min(left, 100))) { return false }
      let signal = signals.next()
      if let signal {
        if signal != SIGTSTP { return false }
        screen.stop()
      }
      let newSize = FullScreen.size(of: STDOUT_FILENO)
      if output == .screen, signal != nil || newSize != size {
        size = newSize
        screen.draw(shown.lines(size))
      }
    }
  }

  /// Gives the terminal back, with the last reading on it.
  private func leave(_ screen: inout FullScreen) {
    guard output == .screen, earlier != nil else { return }
    screen.leave()
    let lines = shown.lines(FullScreen.size(of: STDOUT_FILENO))
    Terminal.draw(lines.map { $0.text + "\n" }.joined(), on: STDOUT_FILENO)
  }

  private func text(of report: CounterReport, isCurrent: Bool) -> String {
    switch output {
    case .csv: return report.csv
    case .json:
      let json = report.json(policy: live.policy.name, isCurrent: isCurrent)
      return watches ? json.lineText : json.text
    case .screen, .table:
      let (heading, rows) = report.table
      let text = TextTable(heading: heading.map { $0.uppercased() }, rows: rows).text
      return watches ? text + "\n" : text
    }
  }
}
