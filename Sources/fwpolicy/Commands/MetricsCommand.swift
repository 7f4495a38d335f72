import ArgumentParser
import Compiler
import Diagnostics
import Evidence
import Kernel
import Lowering
import Nftables
import PolicyLanguage

/// `fwpolicy metrics`.
struct MetricsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Write what a monitoring system wants to know, as OpenMetrics text.",
    discussion: """
      Named counters, offenders, how full sets are, the ruleset's generation and the seconds until the \
      next expiry; docs/OUTPUT.md lists the metrics. With -o the file takes its name whole, as the node \
      exporter's folder of text files needs it.

      Exit status: 0; 1 the policy has errors; 2 the policy is not in force, or the kernel cannot be \
      asked.

      Examples:
        fwpolicy metrics policy.yaml -o /var/lib/prometheus/node-exporter/fwpolicy.prom
      """)

  @Argument(help: ArgumentHelp("The policy; - is standard input.", valueName: "policy"))
  var path: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Write here, whole or not at all, and not to standard output.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Policy options") var policy: PolicyOptions
  @OptionGroup(title: "Report options") var report: ReportOptions

  func execute() throws -> ExitStatus {
    let live: LivePolicy
    switch try LivePolicy.read(path, policy, report) {
    case .success(let value): live = value
    case .failure(let failure): return failure.status
    }
    let text: String
    do throws(NetlinkError) {
      let socket = try NetlinkSocket()
      guard let isCurrent = try live.isCurrent(socket) else { return .couldNotRun }
      text = try metrics(of: live, isCurrent: isCurrent, socket).text
    } catch {
      sayTrouble(error)
      return .couldNotRun
    }
    if let output, output != "-" {
      // The node exporter reads it as another user.
      try AtomicFile.write(Array(text.utf8), to: output, newMode: 0o644)
    } else {
      try Terminal.writeProduct(text)
    }
    return .clean
  }

  private func metrics(
    of live: LivePolicy, isCurrent: Bool, _ socket: borrowing NetlinkSocket
  ) throws(NetlinkError) -> Metrics {
    let generation = try Dump.generation(socket)
    let values = try Dump.counters(ofTable: live.policy.table, socket)
    var sets: [Metrics.SetFill] = []
    for set in try Dump.setsFilledInForce(ofTable: live.policy.table, socket) {
      // Of other sets, how many elements there are is all that is asked.
      let used = try Dump.elementCount(of: set, inTable: live.policy.table, socket)
      sets.append(Metrics.SetFill(set: set.name, used: used, size: set.size))
    }
    var offenders: [(family: String, sources: Int)] = []
    if let names = live.lowered.offenderSets {
      for (family, name) in [("ipv4", names.ipv4), ("ipv6", names.ipv6)] {
        // Of a table that records nobody, nothing is known.
        if let set = sets.first(where: { $0.set == name }) { offenders.append((family, set.used)) }
      }
    }
    return Metrics(
      policy: live.policy, digest: live.digest, isCurrent: isCurrent, generation: generation,
      counters: CounterReport(
        values, of: live.lowered, policy: live.policy, sources: live.sources),
      offenders: offenders, sets: sets, now: LivePolicy.now)
  }
}
