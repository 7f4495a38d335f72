package import Diagnostics
package import PolicyLanguage

/// Any bytes read as a policy and resolved, and what the readers promised and did not keep.
///
/// A first line `#set NAME=VALUE` stands for `--set`, `#values YAML` for a values file.
package struct CorpusPolicy {
  package private(set) var resolved: ResolvedPolicy?
  package private(set) var sources: SourceMap
  /// Empty where every promise was kept.
  package private(set) var brokenPromises: [String] = []

  package init(_ bytes: [UInt8]) {
    let provider = CorpusFiles(root: bytes)
    let (parsed, sources) = parsePolicy(
      CorpusFiles.rootName, provider: provider, builtInServices: CorpusFiles.services,
      overrides: Self.overrides(in: bytes))
    self.sources = sources
    check(parsed)
    guard let policy = parsed.value else { return }
    let resolution = resolve(policy, provider: provider, sources: &self.sources)
    check(resolution)
    resolved = resolution.value
  }

  /// A value or an error, and diagnostics that can be shown in every form.
  package mutating func check<Value>(_ staged: Staged<Value>) {
    if (staged.value == nil) != staged.hasErrors {
      brokenPromises.append("there is a value or an error, never both, never neither")
    }
    if staged.diagnostics.isEmpty { return }
    for diagnostic in staged.diagnostics {
      if diagnostic.message.isEmpty { brokenPromises.append("a diagnostic says something") }
      let labels = (diagnostic.primary.map { [$0] } ?? []) + diagnostic.secondary
      let spans = labels.map(\.span) + diagnostic.help.compactMap { $0.replacement?.span }
      for span in spans
      where span.file.index >= sources.files.count
        || span.range.upperBound > sources[span.file].bytes.count
      {
        brokenPromises.append("a span lies in its file: \(diagnostic)")
        return
      }
    }
    for rendered in [
      TextRenderer().render(staged.diagnostics, sources: sources),
      JSONRenderer().render(staged.diagnostics, sources: sources),
      ConciseRenderer().render(staged.diagnostics, sources: sources),
      GitHubRenderer().render(staged.diagnostics, sources: sources),
    ] where rendered.isEmpty {
      brokenPromises.append("a diagnostic is shown")
    }
  }

  private static func overrides(in bytes: [UInt8]) -> VariableOverrides {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    if line.starts(with: "#set ".utf8) {
      let parts = line.dropFirst(5).split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return VariableOverrides() }
      let name = String(decoding: parts[0], as: UTF8.self)
      return VariableOverrides(settings: [(name, String(decoding: parts[1], as: UTF8.self))])
    }
    if line.starts(with: "#values ".utf8) {
      return VariableOverrides(valuesFiles: [
        ProvidedSource(name: "values.yaml", bytes: Array(line.dropFirst(8)))
      ])
    }
    return VariableOverrides()
  }
}
