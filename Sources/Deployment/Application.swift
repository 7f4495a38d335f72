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
    /// What is replaced must be as it was read there; nil for whatever is there.
    package var reading: RulesetReading?

    package init() {}
  }

  /// What the kernel holds now, or would hold.
  package struct Report: Hashable, Sendable {
    package var receipt: CommitReceipt
    package var isDryRun: Bool
    /// Whether a table of that name was there before.
    package var replaced: Bool
    /// Whether it was changed in place, so that counters and what sets hold were not touched.
    package var isInPlace: Bool
  }

  package let policy: ResolvedPolicy
  package let lowered: LoweredPolicy
  package let options: Options

  package init(policy: ResolvedPolicy, lowered: LoweredPolicy, options: Options) {
    self.policy = policy
    self.lowered = lowered
    self.options = options
  }

  /// Checks and commits.
  ///
  /// The table that is checked is the table that is replaced: what was read of it must still be so when
  /// the kernel commits. From the second attempt on, others' commits to anything else do no harm.
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
    var patience = ListeningPatience(transport)
    while true {
      do throws(NetlinkError) {
        let reading = try reading(transport)
        let present = try Dump.tableState(named: policy.table, transport)
        if let present, !isOurs(present), !options.adopt {
          return Staged(nil, notes + [foreign(present)])
        }
        let done = try commit(over: present, reading, transport)
        return Staged(done.report, notes + done.notes)
      } catch .generationChanged where options.reading == nil && patience.lasts() {
        continue
      } catch {
        let tried = options.reading == nil ? patience.description : nil
        return Staged(nil, notes + [diagnostic(of: error, tried: tried)])
      }
    }
  }

  /// Begins to read what is there, or goes on with a reading that must still hold.
  private func reading(
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> RulesetReading {
    guard var given = options.reading else {
      return try RulesetReading(ofTable: policy.table, elements: .none, transport)
    }
    let expected = given.generation
    guard try given.renew(transport) else { throw .generationChanged(expected: expected) }
    return given
  }

  /// Changes our present table in place, or adds or replaces it as a whole.
  private func commit(
    over present: TableState?, _ reading: RulesetReading,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> (report: Report, notes: [Diagnostic]) {
    func report(_ receipt: CommitReceipt, isInPlace: Bool = false) -> Report {
      Report(
        receipt: receipt, isDryRun: options.isDryRun, replaced: present != nil,
        isInPlace: isInPlace)
    }
    var table = lowered.table
    guard let present, isOurs(present) else {
      return (
        report(
          try KernelTransaction().replace(
            table: table, of: reading, dryRun: options.isDryRun, transport: transport)), []
      )
    }
    var reading = reading
    let parts = try Dump.presentTable(of: reading, transport)
    if let update = parts.flatMap({ TableUpdate(from: $0, to: table) }) {
      let carried = try CarriedContent(
        of: update.restartedSets, into: table, &reading, transport)
      do throws(NetlinkError) {
        let receipt = try KernelTransaction().update(
          table, by: update, filled: carried.changes, of: reading, dryRun: options.isDryRun,
          transport: transport)
        return (report(receipt, isInPlace: true), carried.lost.map { restarted($0, in: table) })
      } catch .rejected {
        // Whatever holds on to a part of the table goes with the whole of it. Where the new table
        // itself is at fault, that is refused too and says why.
      }
    }
    // What is counted between this reading and the commit is lost.
    let counters = try Dump.counters(ofTable: present.name, transport)
    for index in table.objects.indices where table.objects[index].kind == .counter {
      table.objects[index].startingCount = counters[table.objects[index].name]
    }
    let carried = try CarriedContent(into: table, &reading, transport)
    let receipt = try KernelTransaction().replace(
      table: table, filled: carried.changes, of: reading, dryRun: options.isDryRun,
      transport: transport)
    return (report(receipt), carried.lost.isEmpty ? [] : [replaced(carried.lost)])
  }

  private func restarted(_ name: String, in table: Table) -> Diagnostic {
    let set = table.sets.first { $0.name == name }
    return Diagnostic(
      .contentLost, .note, "a set that is defined otherwise starts empty: `\(name)`",
      at: set.flatMap { lowered.span(of: $0.origin) })
  }

  private func replaced(_ lost: [String]) -> Diagnostic {
    Diagnostic(
      .contentLost, .note,
      "a table that was changed by hand is replaced as a whole, and sets start empty: "
        + lost.map { "`\($0)`" }.joined(separator: ", "),
      at: policy.nameSpan, notes: ["counters go on from where they were read"])
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

  /// - Parameter tried: how often, where others came in between.
  package func diagnostic(of error: NetlinkError, tried: String? = nil) -> Diagnostic {
    let span = error.origin.flatMap { lowered.span(of: $0) }
    let help = error.advice.map { [Diagnostic.Help($0)] } ?? []
    switch error {
    case .notPermitted:
      return Diagnostic(
        .notPermitted, .error, "changing the ruleset needs CAP_NET_ADMIN", at: nil, help: help)
    case .generationChanged:
      return Diagnostic(
        .rulesetChanged, .error,
        "others changed the ruleset between reading and committing it"
          + (tried.map { ", \($0)" } ?? ""), at: nil,
        notes: ["nothing was changed"], help: help)
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
        .kernelTrouble, .error, "others changed the ruleset each time that it was read", at: nil,
        notes: ["nothing was changed"], help: help)
    case .invalidTable(let what, _):
      return Diagnostic(
        .kernelTrouble, .error, "this compiles to what netlink cannot say: \(what)", at: span,
        notes: ["nothing was changed"], help: help)
    }
  }
}
