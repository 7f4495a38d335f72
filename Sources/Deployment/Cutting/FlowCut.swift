package import Kernel
import NetworkTypes
package import PolicyAnalysis

/// Ends the connections that a policy has closed, and no others.
package struct FlowCut {
  /// One connection that the policy no longer lets in.
  package struct Flow: Hashable, Sendable {
    package var entry: ConntrackEntry
    package var ways: FlowWays
    /// Nil where nothing was to be changed.
    package var deletion: Conntrack.Deletion?
    /// What let it in; nil beyond the first thousand.
    package var allowedBy: String?
    /// What let it past the gate for TCP 25, where it came there.
    package var passedBy: String?
    /// What decides now.
    package var now: TrafficDifference.Side?
    /// Whether the policy lets in what the other end sends: its next packet then begins a connection
    /// that goes on.
    package var comesBack = false
    /// By what, as far as it is told.
    package var comesBackBy: TrafficDifference.Side?
  }

  package struct Report: Hashable, Sendable {
    /// Connections that conntrack had.
    package var examined = 0
    /// Those that the policy closes, in the order of their addresses and ports.
    package var closed: [Flow] = []
    /// Those of which it cannot be told: what decides differs between the ways that they may go, or
    /// by the user who sends.
    package var unclear: [Flow] = []
  }

  /// So many connections are told with what let them in, which is looked up for each.
  private static let explained = 1000

  package let flows: ClosedFlows

  package init(_ flows: ClosedFlows) { self.flows = flows }

  /// Finds the closed connections and deletes their entries, unless it is a dry run.
  ///
  /// Called after the policy is in the kernel: what is deleted cannot come back as it came, and may by
  /// what its other end sends. Linear in the entries; routes are asked for those only that may be closed.
  package func run(
    isDryRun: Bool, netfilter: borrowing some NetlinkTransport & ~Copyable,
    routes: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Report {
    var report = Report()
    var routing = FlowRouting(flows)
    let entries = try Conntrack.entries(netfilter)
    report.examined = entries.count
    for entry in entries where entry.zone == nil && !entry.isFinished && flows.mayClose(entry) {
      guard let ways = try routing.ways(of: entry, routes) else { continue }
      let flow = Flow(entry: entry, ways: ways)
      switch flows.judge(entry, on: ways) {
      case .stays: break
      case .closed: report.closed.append(flow)
      case .unclear: report.unclear.append(flow)
      }
    }
    report.closed.sort { $0.sortKey < $1.sortKey }
    report.unclear.sort { $0.sortKey < $1.sortKey }
    if !isDryRun {
      let deletions = try Conntrack.delete(report.closed.map(\.entry), netfilter)
      for (index, deletion) in deletions.enumerated() {
        report.closed[index].deletion = deletion
      }
    }
    if report.closed.isEmpty { return report }
    for index in report.closed.indices {
      let flow = report.closed[index]
      report.closed[index].comesBack = flows.comesBack(flow.entry, on: flow.ways)
    }
    let former = flows.formerPass
    for index in report.closed.indices.prefix(Self.explained) {
      let flow = report.closed[index]
      let why = flows.explanation(of: flow.entry, on: flow.ways, former)
      report.closed[index].allowedBy = why.allowedBy
      report.closed[index].passedBy = why.passedBy
      report.closed[index].now = why.now
      report.closed[index].comesBackBy = why.comesBackBy
    }
    return report
  }
}

extension FlowCut.Flow {
  /// `tcp 198.51.100.20:40000 -> 203.0.113.9:25`: as the first packet was sent.
  package var words: String {
    let tuple = entry.original
    let ends = tuple.addresses.ends
    func end(_ address: String, _ port: UInt16?) -> String {
      guard let port else { return address }
      return tuple.addresses.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
    var name = tuple.ipProtocol.name ?? "proto/\(tuple.ipProtocol.number)"
    if let type = tuple.icmpType { name += "/\(type)" }
    return "\(name) \(end(ends.source, tuple.sourcePort)) -> "
      + end(ends.destination, tuple.destinationPort)
  }

  /// `in bng1 out eth0`; several where it may have gone several ways.
  package var interfaces: String {
    func some(_ names: [String]) -> String {
      names.prefix(3).joined(separator: " or ") + (names.count > 3 ? " or others" : "")
    }
    return [("in", ways.inputs), ("out", ways.outputs)].filter { !$0.1.isEmpty }
      .map { "\($0.0) \(some($0.1))" }.joined(separator: " ")
  }

  fileprivate var sortKey: (UInt128, UInt128, UInt32) {
    let ports =
      UInt32(entry.original.sourcePort ?? 0) << 16 | UInt32(entry.original.destinationPort ?? 0)
    switch entry.original.addresses {
    case .ipv4(let source, let destination):
      return (UInt128(source.bits), UInt128(destination.bits), ports)
    case .ipv6(let source, let destination): return (source.bits, destination.bits, ports)
    }
  }
}
