import ArgumentParser
import Compiler
import Diagnostics
import Evidence
import Kernel
import Lowering
import NetworkTypes
import PolicyLanguage

/// `fwpolicy offenders`.
struct OffendersCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "offenders",
    abstract: "Say who was stopped at outbound TCP 25, and which customer that is.",
    discussion: """
      The kernel remembers sources that the gate stopped where the policy has `smtp-egress: \
      { offenders: … }`. Each is joined with the longest row of the inventory that holds it. The \
      worst come first; IPv6 is told by /64.

      The JSON is {"version": 1, "policy", "takenAt", "isCurrent", "by", "sources", "full", "offenders": \
      [{source?, subnet?, prefix?, owner?, ticket?, answer?, sources?, packets, bytes, lastSeen?}…]}.

      Exit status: 0; 1 the policy has errors, or records no offenders; 2 the policy is not in force, \
      what is in force records none, or the kernel cannot be asked.

      Examples:
        fwpolicy offenders policy.yaml --since 1h --top 20
        fwpolicy offenders policy.yaml --by owner --format csv
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table
    case csv
    case json
  }

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Option(help: ArgumentHelp("Only who was stopped within that time.", valueName: "duration"))
  var since: DurationArgument?

  @Option(help: ArgumentHelp("Only the worst.", valueName: "number"))
  var top: Int?

  @Option(help: "A line for each source, subnet of the inventory or owner.")
  var by: OffenderReport.Grouping = .source

  @Option(help: "A table for people, CSV or JSON.")
  var format: Format = .table

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top takes a number from 1") }
  }

  func execute() throws -> ExitStatus {
    let live: LivePolicy
    switch try LivePolicy.read(path, policy, report) {
    case .success(let value): live = value
    case .failure(let failure): return failure.status
    }
    guard live.lowered.offenderSets != nil else {
      Terminal.say(
        "fwpolicy: the policy records no offenders: add `offenders: { keep: 1d, capacity: 65536 }` to "
          + "`smtp-egress`\n")
      return .no
    }
    do throws(NetlinkError) {
      let socket = try NetlinkSocket()
      guard let isCurrent = try live.isCurrent(socket) else { return .couldNotRun }
      guard let (readings, full) = try live.offenders(socket) else {
        Terminal.say(
          "fwpolicy: the ruleset in force records no offenders: `fwpolicy apply` puts the policy into "
            + "force\n")
        return .couldNotRun
      }
      let found = OffenderReport(
        readings, subnets: live.policy.smtpEgress?.subnets ?? [], by: by, since: since?.seconds,
        top: top, takenAt: LivePolicy.now, full: full)
      if let warning = found.fullWarning { Terminal.say("fwpolicy: warning: \(warning)\n") }
      return try write(found, live, isCurrent: isCurrent)
    } catch {
      sayTrouble(error)
      return .couldNotRun
    }
  }

  private func write(
    _ found: OffenderReport, _ live: LivePolicy, isCurrent: Bool
  ) throws(NetlinkError) -> ExitStatus {
    let text: String
    switch format {
    case .csv: text = found.csv
    case .json: text = found.json(policy: live.policy.name, isCurrent: isCurrent).text
    case .table:
      let table = found.table
      text =
        TextTable(
          heading: table.heading.map { $0.uppercased().replacing("_", with: " ") },
          rows: table.rows
        ).text
    }
    do throws(SystemError) {
      try Terminal.writeProduct(text)
    } catch {
      Terminal.say("fwpolicy: \(error.description.visible)\n")
      return .couldNotRun
    }
    return .clean
  }
}

extension OffenderReading {
  /// What the kernel counted; its time begins anew with every packet.
  init(_ element: SetElement, _ family: AddressFamily) {
    var since: UInt64?
    if let timeout = element.timeout, let expires = element.expires, expires <= timeout {
      since = (timeout - expires) / 1000
    }
    self.init(
      family: family, address: element.lower, packets: element.packets ?? 0,
      bytes: element.bytes ?? 0, secondsSinceLast: since)
  }
}

extension OffenderReport.Grouping: ExpressibleByArgument {}
