package import Diagnostics
package import Kernel
import NetworkTypes
import Nftables
package import PolicyLanguage

extension Application {
  /// Checks and commits, and then ends the connections that were let in before and no longer are.
  ///
  /// What was let in is what the very table does that the commit takes the place of. Where that is not
  /// known nothing is ended, and a warning says so.
  ///
  /// - Parameters:
  ///   - netfilter: a socket of nfnetlink.
  ///   - routes: a socket of rtnetlink.
  /// - Returns: nil for what is cut where nothing was committed, or nothing could be told.
  package func runCutting(
    session: SSHSession?, now: Timestamp,
    netfilter: borrowing some NetlinkTransport & ~Copyable,
    routes: borrowing some NetlinkTransport & ~Copyable
  ) -> (applied: Staged<Report>, cut: FlowCut.Report?) {
    var patience = ListeningPatience(netfilter)
    while true {
      let (flows, why) = openFlows(now, netfilter)
      var options = options
      options.reading = flows?.reading
      var applied = Application(policy: policy, lowered: lowered, options: options)
        .run(session: session, now: now, transport: netfilter)
      guard applied.value != nil else {
        let isStale = applied.diagnostics.contains { $0.code == .rulesetChanged }
        if isStale, flows != nil, patience.lasts() { continue }
        return (applied, nil)
      }
      guard let flows else {
        return (Staged(applied.value, applied.diagnostics + [nothingCut(why)]), nil)
      }
      do throws(NetlinkError) {
        let cut = try FlowCut(flows).run(
          isDryRun: options.isDryRun, netfilter: netfilter, routes: routes)
        return (applied, cut)
      } catch {
        let trouble = Diagnostic(
          .kernelTrouble, .error,
          "the connections that are closed now could not be ended: \(error)",
          at: nil, notes: options.isDryRun ? [] : ["the policy is in the kernel all the same"])
        applied = Staged(applied.value, applied.diagnostics + [trouble])
        return (applied, nil)
      }
    }
  }

  /// What the kernel's table lets in; nil, and why, where that cannot be told.
  private func openFlows(
    _ now: Timestamp, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) -> (ClosedFlows?, why: String) {
    do throws(LiveRuleset.Failure) {
      let live = try LiveRuleset(tableNamed: policy.table, transport: transport)
      guard let table = live.kernelTable?.table else {
        return (nil, "there was no table inet \(policy.table): everything was open")
      }
      guard table.comment?.hasPrefix("fwpolicy ") ?? false else {
        return (nil, "table inet \(policy.table) was not fwpolicy's")
      }
      return (try ClosedFlows(from: live, to: policy, lowered: lowered, now: now), "")
    } catch {
      return (nil, error.description)
    }
  }

  private func nothingCut(_ why: String) -> Diagnostic {
    Diagnostic(
      .nothingCut, .warning,
      "no connection is ended where what was open before is not known", at: policy.nameSpan,
      notes: [why], help: [Diagnostic.Help("`conntrack -D` ends connections by hand")])
  }
}
