package import Diagnostics
package import Kernel
package import Lowering
import Nftables
import PolicyAnalysis
package import PolicyLanguage

/// One policy on its way into the kernel: what must hold first, then one transaction.
package struct Application: Sendable {
  package struct Options: Sendable {
    /// The kernel validates everything and commits nothing.
    package var isDryRun = false
    /// Apply although the operator's own SSH session would no longer be let in.
    package var force = false
    /// Take over a table of the policy's name that fwpolicy did not make.
    package var adopt = false

    package init() {}
  }

  /// What the kernel holds now, or would hold.
  package struct Report: Hashable, Sendable {
    package var receipt: CommitReceipt
    package var isDryRun: Bool
    /// Whether a table of that name was there before.
    package var replaced: Bool
  }

  package let policy: ResolvedPolicy
  package let lowered: LoweredPolicy
  package let options: Options

  package init(policy: ResolvedPolicy, lowered: LoweredPolicy, options: Options) {
    self.policy = policy
    self.lowered = lowered
    self.options = options
  }

  /// How often the whole of reading, checking and committing is tried when others change the ruleset
  /// in between.
  private static let attempts = 5

  /// Checks and commits.
  ///
  /// The table that is checked is the table that is replaced: the generation read first must still be
  /// current when the kernel commits.
  ///
  /// - Parameter session: the operator's, if there is one.
  package func run(
    session: SSHSession?, now: Timestamp,
    transport: borrowing some NetlinkTransport & ~Copyable
  ) -> Staged<Report> {
    var notes: [Diagnostic] = []
    if let session, let refusal = lockout(session, now: now) {
      if !options.force { return Staged(nil, [refusal]) }
      var warning = refusal
      warning.severity = .warning
      warning.help = []
      notes.append(warning)
    }
    for attempt in 1...Self.attempts {
      do throws(NetlinkError) {
        let generation = try Dump.generation(transport)
        let present = try Dump.tableState(named: policy.table, transport)
        if let present, !isOurs(present), !options.adopt {
          return Staged(nil, notes + [foreign(present)])
        }
        let receipt = try KernelTransaction().replace(
          table: try table(taking: present, transport), expectedGeneration: generation,
          dryRun: options.isDryRun,
          transport: transport)
        return Staged(
          Report(receipt: receipt, isDryRun: options.isDryRun, replaced: present != nil), notes)
      } catch .generationChanged where attempt < Self.attempts {
        continue
      } catch {
        return Staged(nil, notes + [diagnostic(of: error)])
      }
    }
    preconditionFailure("the last attempt returns")
  }

  /// The table to commit: named counters go on from where those of the same name stand.
  ///
  /// What is counted between this reading and the commit is lost.
  private func table(
    taking present: TableState?, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Table {
    var table = lowered.table
    guard let present, isOurs(present) else { return table }
    let counters = try Dump.counters(ofTable: present.name, transport)
    for index in table.objects.indices where table.objects[index].kind == .counter {
      table.objects[index].startingCount = counters[table.objects[index].name]
    }
    return table
  }

  // MARK: What must hold first

  /// fwpolicy's own tables say so in their comment.
  private func isOurs(_ table: TableState) -> Bool {
    table.comment?.hasPrefix("fwpolicy ") ?? false
  }

  private func foreign(_ table: TableState) -> Diagnostic {
    Diagnostic(
      .foreignTable, .error,
      "a table that fwpolicy did not make is not replaced: `table inet \(table.name)` exists",
      at: policy.nameSpan,
      notes: [
        "its comment is "
          + (table.comment.map { "`\($0)`" } ?? "empty")
          + "; fwpolicy's own begin with `fwpolicy `"
      ],
      help: [
        Diagnostic.Help("name another table with `table:`"),
        Diagnostic.Help("pass --adopt to replace it: all of its rules are lost"),
      ])
  }

  /// The refusal of a policy that would not let the operator in again.
  private func lockout(_ session: SSHSession, now: Timestamp) -> Diagnostic? {
    let route = session.expectedInterface
    let decision = session.decision(of: policy, inputInterface: route, at: now)
    if decision.verdict == .accept { return nil }
    let decider = decision.decider?.span ?? policy.inbound.keySpan ?? policy.nameSpan
    return Diagnostic(
      .sshLockout, .error, "a policy must let the operator's own SSH session in again",
      at: decider, label: "this answers \(decision.verdict.rawValue)",
      notes: [
        "SSH_CONNECTION names \(session.description)"
          + (route.map { ", which is reached by `\($0)`" } ?? "")
      ],
      help: [
        Diagnostic.Help(
          "add `- { allow: tcp/\(session.localPort), from: \(session.peer) }` to `inbound`"),
        Diagnostic.Help("pass --force if you have another way in"),
      ])
  }

  // MARK: What went wrong

  package func diagnostic(of error: NetlinkError) -> Diagnostic {
    let span = error.origin.flatMap { lowered.span(of: $0) }
    let help = error.advice.map { [Diagnostic.Help($0)] } ?? []
    switch error {
    case .notPermitted:
      return Diagnostic(
        .notPermitted, .error, "changing the ruleset needs CAP_NET_ADMIN", at: nil, help: help)
    case .generationChanged:
      return Diagnostic(
        .rulesetChanged, .error,
        "the ruleset changed \(Self.attempts) times between reading and committing it", at: nil,
        help: help)
    case .rejected(let rejection):
      var notes = ["nothing was changed"]
      if let message = rejection.message { notes.insert("the kernel says: \(message)", at: 0) }
      return Diagnostic(
        .kernelRefused, .error,
        "the kernel refused what this compiles to: \(SystemErrorText.of(rejection.errno))",
        at: span, notes: notes, help: help)
    case .systemCall(let call, let errno):
      return Diagnostic(
        .kernelTrouble, .error, "\(call) failed: \(SystemErrorText.of(errno))", at: nil,
        help: help)
    case .batchTooLarge(let bytes):
      return Diagnostic(
        .kernelTrouble, .error, "a transaction of \(bytes) bytes does not fit the send buffer",
        at: nil, notes: ["nothing was changed"], help: help)
    case .malformedReply, .truncatedReply:
      return Diagnostic(
        .kernelTrouble, .error, "the kernel's reply could not be read", at: nil,
        notes: ["read the ruleset back before you rely on it"], help: help)
    case .unconfirmed:
      return Diagnostic(
        .kernelTrouble, .error, "the kernel did not confirm the transaction", at: nil,
        notes: ["it may or may not have been applied"], help: help)
    case .dumpInterrupted:
      return Diagnostic(
        .kernelTrouble, .error, "the ruleset could not be read while others changed it", at: nil,
        notes: ["nothing was changed"], help: help)
    case .invalidTable(let what, _):
      return Diagnostic(
        .kernelTrouble, .error, "this compiles to what netlink cannot say: \(what)", at: span,
        notes: ["nothing was changed"], help: help)
    }
  }
}
