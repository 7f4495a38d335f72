package import Diagnostics
package import Lowering
package import PolicyLanguage

/// The whole road from a policy's text to a table, and what every stage had to say.
///
/// read → parse → resolve → lower → prove. A stage runs only if the one before it found no error.
package struct Compilation: Sendable {
  /// Every file read, in the order of reading.
  package var sources: SourceMap
  package var diagnostics: [Diagnostic]
  /// What `policy` was resolved from.
  package var written: Policy?
  package var policy: ResolvedPolicy?
  /// Hexadecimal SHA-256 of all inputs.
  package var digest: String
  package var lowered: LoweredPolicy?
  /// Nil where it was not asked for, or where there is no table.
  package var proof: MeaningProof?
  /// What the policy silences.
  package var waived: [WaivedDiagnostic] = []

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Whether the policy or a file that it names could not be read, or what it means neither proven nor
  /// checked, so that there is no answer at all.
  package var couldNotRun: Bool {
    diagnostics.contains { $0.isUnreadableFile || $0.code == .unprovenMeaning }
  }

  /// The table in a form for nft, with a head that says where it is from and what is proven of it.
  ///
  /// Nil where there is no table.
  package func product(_ format: OutputFormat) -> [UInt8]? {
    guard let lowered, let policy else { return nil }
    return format.product(
      of: lowered, policy: policy, digest: digest, isProven: proof != nil)
  }
}

/// Compiles a policy that a provider reads by its path.
///
/// - Parameter proves: whether the table must be shown to mean what the policy means; without that
///   proof there is no table.
package func compile(
  _ path: String, provider: some SourceProvider, overrides: VariableOverrides = VariableOverrides(),
  proves: Bool = true
) -> Compilation {
  var compilation = resolvedPolicy(path, provider: provider, overrides: overrides)
  guard let meaning = compilation.policy else { return compilation }
  let lowered = lower(meaning, sources: compilation.sources, digest: compilation.digest)
  compilation.add(lowered)
  guard proves, let table = compilation.lowered else { return compilation }
  let proof = prove(table, of: meaning)
  compilation.proof = proof
  compilation.diagnostics += proof.diagnostics(of: table, policy: meaning)
  if case .equal = proof { return compilation }
  compilation.lowered = nil
  return compilation
}

/// The road as far as the policy's meaning; without a `policy` where there is an error.
func resolvedPolicy(
  _ path: String, provider: some SourceProvider, overrides: VariableOverrides
) -> Compilation {
  let (parsed, parsedSources) = parsePolicy(
    path, provider: provider, builtInServices: FileSystemProvider.builtInServices,
    overrides: overrides)
  var compilation = Compilation(
    sources: parsedSources, diagnostics: parsed.diagnostics, policy: nil, digest: "", lowered: nil)
  guard let policy = parsed.value, !parsed.hasErrors else { return compilation }
  compilation.written = policy

  let resolved = resolve(policy, provider: provider, sources: &compilation.sources)
  compilation.diagnostics += resolved.diagnostics
  compilation.digest = digest(of: compilation.sources)
  guard let meaning = resolved.value, !resolved.hasErrors else { return compilation }
  compilation.policy = meaning
  compilation.waived = meaning.waived
  return compilation
}

extension Compilation {
  mutating func add(_ lowered: Staged<LoweredPolicy>) {
    diagnostics += lowered.diagnostics
    if !lowered.hasErrors { self.lowered = lowered.value }
  }
}
