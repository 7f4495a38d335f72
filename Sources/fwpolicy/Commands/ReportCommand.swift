import ArgumentParser
import Compiler
import Diagnostics
import Evidence
import Glibc
import Kernel
import Lowering
import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// `fwpolicy report`.
struct ReportCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a policy as a page for people.",
    discussion: """
      One HTML page that needs no network and no script: zones and services, port 25 by subnet, \
      exemptions with owner and expiry, what the policy asserts of itself, findings and waivers. \
      Expiry and findings are told as of --as-of, or of today. With --live, what the ruleset in force \
      has counted and whom it has stopped, too.

      Exit status: 0 written; 1 the policy has errors; 2 a file could not be read or written, or \
      (--live) the policy is not in force.

      Examples:
        fwpolicy report policy.yaml -o report.html
        fwpolicy report policy.yaml --live -o report.html
      """)

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write here, whole or not at all, and not to standard output.", valueName: "file"))
  var output: String?

  @Flag(help: "Show counters and offenders of the ruleset in force.")
  var live = false

  @Option(help: ArgumentHelp("How many rows of an inventory to show.", valueName: "number"))
  var rows = 1000

  @Option(
    help: ArgumentHelp(
      "The day (or time, RFC 3339) as of which expiry is told; now unless given.",
      valueName: "date"))
  var asOf: String?

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func validate() throws {
    if let asOf, Timestamp(parsing: asOf) == nil {
      throw ValidationError("--as-of takes a day such as 2027-06-30, or a time with its offset")
    }
    if rows < 0 { throw ValidationError("--rows takes a number from 0") }
  }

  func execute() throws -> ExitStatus {
    let asOf = asOf.flatMap(Timestamp.init(parsing:)) ?? Timestamp(seconds: Int64(time(nil)))
    var (compilation, prefix) = try policy.compile(path, proves: false)
    guard let resolved = compilation.policy, !compilation.hasErrors else {
      report.say(compilation, rootPrefix: prefix)
      return compilation.couldNotRun ? .couldNotRun : .no
    }
    // What checks find is in the page, errors too: it is for those who decide about them.
    compilation.runChecks(CheckOptions(listsAll: true, asOf: asOf))
    let matrix: ServiceMatrix
    do throws(PacketSpaceError) {
      matrix = try PolicyQuestions(about: resolved).serviceMatrix(asOf: asOf)
    } catch {
      compilation.diagnostics += tooLarge(error, at: resolved.nameSpan)
      report.say(compilation, rootPrefix: prefix)
      return .couldNotRun
    }
    var readings: ReportReadings?
    if live {
      guard let lowered = compilation.lowered else { return .no }
      let running = LivePolicy(
        policy: resolved, lowered: lowered, sources: compilation.sources, digest: compilation.digest
      )
      do throws(NetlinkError) {
        readings = try running.reportReadings()
      } catch {
        sayTrouble(error)
        return .couldNotRun
      }
      if readings == nil { return .couldNotRun }
    }
    guard
      let page = PolicyReport(
        compilation, matrix: matrix, asOf: asOf, rowLimit: rows, rootPrefix: prefix ?? "",
        readings: readings)?.page
    else { return .no }
    if let output, output != "-" {
      try AtomicFile.write(Array(page.utf8), to: output)
    } else {
      try Terminal.writeProduct(page)
    }
    return .clean
  }
}

extension LivePolicy {
  /// What a report shows of the kernel; nil, and said, where there is no table.
  fileprivate func reportReadings() throws(NetlinkError) -> ReportReadings? {
    let socket = try NetlinkSocket()
    guard let isCurrent = try isCurrent(socket) else { return nil }
    let counters = CounterReport(
      try Dump.counters(ofTable: policy.table, socket), of: lowered, policy: policy,
      sources: sources)
    let found = try offenders(socket)
    return ReportReadings(
      counters,
      offenders: found.map {
        OffenderReport(
          $0.readings, subnets: policy.smtpEgress?.subnets ?? [], takenAt: Self.now, full: $0.full)
      },
      subnets: policy.smtpEgress?.subnets ?? [], takenAt: Self.now, isCurrent: isCurrent)
  }
}
