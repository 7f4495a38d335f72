package import Diagnostics
import PacketSpace
package import PolicyLanguage

/// What is asked, and as of when.
package struct CheckOptions: Sendable {
  /// Whether the checks are asked, too, that only list what is odd but usual.
  package var listsAll: Bool
  /// When "expired" and "soon" are told; checks never read the clock.
  package var asOf: Timestamp
  /// Whose checks are asked, beside the common ones.
  package var profile: ProfileChoice

  package init(
    listsAll: Bool = false, asOf: Timestamp = Timestamp(seconds: 0),
    profile: ProfileChoice = .derived
  ) {
    self.listsAll = listsAll
    self.asOf = asOf
    self.profile = profile
  }
}

/// What the checks have to say of one policy.
package struct CheckReport: Sendable {
  package var diagnostics: [Diagnostic] = []
  /// What the policy silences, those of resolution included.
  package var waived: [WaivedDiagnostic] = []
  /// Whose checks were asked, beside the common ones.
  package var profiles: Set<CheckProfile> = []
  /// Everything that was made on the way.
  package var figures = Figures()

  /// What the diagrams took.
  package struct Figures: Hashable, Sendable {
    package var nodes = 0
    package var edges = 0
    package var bytes = 0
  }
}

/// Asks checks of a policy that has no errors.
///
/// - Parameters:
///   - checks: in this order, but that those which look at the others come last.
///   - byteLimit: of the diagrams. Where it does not suffice, the report has one error, FW200, in
///     place of what the remaining checks would have said.
package func runChecks(
  _ checks: [Check] = Check.registry, on policy: ResolvedPolicy, written: Policy,
  options: CheckOptions = CheckOptions(), byteLimit: Int = PacketArena.defaultByteLimit
) -> CheckReport {
  var report = CheckReport(
    waived: policy.waived, profiles: options.profile.profiles(of: policy))
  let arena = PacketArena(byteLimit: byteLimit)
  do {
    let context = try CheckContext(policy, written: written, options: options, arena: arena)
    let ordered = checks.filter { !$0.looksAtOthers } + checks.filter(\.looksAtOthers)
    let asked = ordered.filter {
      (options.listsAll || !$0.isListedOnly) && ProfileChoice.asks($0, in: report.profiles)
    }
    for check in asked {
      for finding in try check.run(context) {
        let diagnostic = finding.diagnostic(of: check)
        if let waiver = finding.waivers.first(where: { $0.check.value == check.name }) {
          context.usedWaivers.insert(waiver)
          report.waived.append(
            WaivedDiagnostic(diagnostic, reason: waiver.reason.value, at: waiver.check.span))
        } else {
          report.diagnostics.append(diagnostic)
        }
      }
      context.askedChecks.insert(check.name)
    }
  } catch {
    report.diagnostics.append(.unchecked(policy, because: error))
  }
  report.diagnostics = report.diagnostics.inReportOrder()
  let statistics = arena.statistics
  report.figures = .init(
    nodes: statistics.nodes, edges: statistics.edges, bytes: statistics.bytes)
  return report
}

extension Finding {
  fileprivate func diagnostic(of check: Check) -> Diagnostic {
    Diagnostic(
      check.code, severity ?? check.severity, message, at: span, label: label,
      secondary: secondary, notes: notes, help: help)
  }
}

extension Diagnostic {
  /// That a policy's meaning does not fit into the memory that checks may use.
  package static func unchecked(_ policy: ResolvedPolicy, because error: any Error) -> Diagnostic {
    Diagnostic(
      .uncheckedPolicy, .error, "a policy must be small enough for its checks",
      at: policy.nameSpan, notes: ["\(error)"],
      help: [
        Diagnostic.Help(
          "rules that overlap in source, destination and service at once make it large: give "
            + "them common networks, or split the policy")
      ])
  }
}
