import Diagnostics
import Lowering
import PacketSpace
package import PolicyAnalysis
package import PolicyLanguage

/// Compiles a policy and asks its checks.
///
/// A table is made, because a policy that cannot be lowered is in error; it is not proven.
///
/// - Parameters:
///   - byteLimit: as for `Compilation.runChecks`.
///   - isAlone: whether no other policy keeps the machine busy, so that the checks may be asked while
///     the table is made. What comes out does not depend on it.
package func check(
  _ path: String, provider: some SourceProvider, overrides: VariableOverrides = VariableOverrides(),
  options: CheckOptions, byteLimit: Int? = nil, isAlone: Bool = false
) -> (Compilation, CheckReport?) {
  var compilation = resolvedPolicy(path, provider: provider, overrides: overrides)
  guard let meaning = compilation.policy else { return (compilation, nil) }
  let resolved = compilation
  let table = { @Sendable in lower(meaning, sources: resolved.sources, digest: resolved.digest) }
  let checks = { @Sendable in resolved.askChecks(options, byteLimit: byteLimit) }
  let (lowered, asked) = isAlone ? inParallel(table, checks) : (table(), checks())
  compilation.add(lowered)
  // Of a policy in error the checks say nothing.
  guard let report = asked, !compilation.hasErrors else { return (compilation, nil) }
  compilation.add(report)
  return (compilation, report)
}

extension Compilation {
  /// Asks the checks of a policy that compiles without an error, and adds what they say.
  ///
  /// - Parameter byteLimit: of the checks' diagrams, as for `PolicyAnalysis.runChecks`; nil for what
  ///   one policy may take.
  /// - Returns: what was asked and what that took; nil where nothing was asked.
  @discardableResult
  package mutating func runChecks(_ options: CheckOptions, byteLimit: Int? = nil) -> CheckReport? {
    guard let report = askChecks(options, byteLimit: byteLimit) else { return nil }
    add(report)
    return report
  }

  /// What the checks say, and which tests speak of nothing; nil for a policy in error.
  fileprivate func askChecks(_ options: CheckOptions, byteLimit: Int?) -> CheckReport? {
    guard let policy, let written, !hasErrors else { return nil }
    var report = PolicyAnalysis.runChecks(
      on: policy, written: written, options: options,
      byteLimit: byteLimit ?? PacketArena.defaultByteLimit)
    // What a test expects, `fwpolicy test` examines; that it speaks of something is seen without.
    do {
      if !policy.tests.isEmpty {
        report.diagnostics += try emptyTests(of: policy).compactMap(\.diagnostic)
      }
    } catch {
      report.diagnostics.append(.unchecked(policy, because: error))
    }
    return report
  }

  fileprivate mutating func add(_ report: CheckReport) {
    diagnostics += report.diagnostics
    waived = report.waived
  }

  /// What the policy says of itself and nothing can verify; none where it has no meaning.
  package var declarations: [Declaration] {
    guard let policy, let written else { return [] }
    return Declaration.all(in: written, policy)
  }
}
