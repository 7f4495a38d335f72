package import Diagnostics
package import PolicyAnalysis
package import PolicyLanguage

/// A policy, and a question about its traffic looked up in it.
package struct QuestionedPolicy: Sendable {
  package var sources: SourceMap
  package var diagnostics: [Diagnostic]
  /// Nil after an error.
  package var policy: ResolvedPolicy?
  /// What the question is about, a selection for each hook.
  package var selections: [TrafficSelection] = []

  package var couldNotRun: Bool { diagnostics.contains(where: \.isUnreadableFile) }
}

/// Reads a policy and looks a question up in it: read → parse → resolve, nothing is lowered.
///
/// Where a question leaves the hook open, those in which its ends mean nothing are left out.
package func ask(
  _ question: PolicyQuestion, of path: String, provider: some SourceProvider,
  overrides: VariableOverrides = VariableOverrides()
) -> QuestionedPolicy {
  let (parsed, parsedSources) = parsePolicy(
    path, provider: provider, builtInServices: FileSystemProvider.builtInServices,
    overrides: overrides)
  var result = QuestionedPolicy(sources: parsedSources, diagnostics: parsed.diagnostics)
  guard var written = parsed.value, !parsed.hasErrors else { return result }
  let read = question.declarations(addingTo: &result.sources)
  result.diagnostics += read.diagnostics
  guard let asked = read.value else { return result }

  // Together, which is what mostly works; else each alone.
  let sources = result.sources
  var problems: [Diagnostic]?
  for group in [asked] + asked.map({ [$0] }) {
    written.tests = group.map(\.declaration)
    var tried = sources
    let resolved = resolve(written, provider: provider, sources: &tried)
    guard let policy = resolved.value, !resolved.hasErrors else {
      if group.count == 1 || asked.count == 1 {
        problems = problems ?? resolved.diagnostics
        if result.policy == nil { result.sources = tried }
      }
      continue
    }
    if result.policy == nil {
      result.policy = policy
      result.sources = tried
      result.diagnostics += resolved.diagnostics
    }
    result.selections += policy.tests.map { TrafficSelection($0) }
    if group.count == asked.count { break }
  }
  if result.policy == nil { result.diagnostics += problems ?? [] }
  return result
}
