package import Diagnostics
package import PolicyLanguage

/// What became of a policy for one router.
package struct RouterCompilation: Sendable {
  package var router: Router
  /// The policy's own `name`.
  package var policyName: String?
  /// Hexadecimal SHA-256 of all inputs.
  package var inputs: String
  /// Every file that was read; routers share what they read alike.
  package var files: SourceMap
  /// Nil after an error.
  package var product: [UInt8]?
  package var couldNotRun: Bool
  package var talk: RouterTalk
}

/// What there is to say about one router's policy.
package struct RouterTalk: Sendable {
  package var router: String
  package var diagnostics: [Diagnostic]
  package var waived: [WaivedDiagnostic]
  package var sources: SourceMap

  package init(
    _ router: String, _ diagnostics: [Diagnostic], waived: [WaivedDiagnostic] = [],
    sources: SourceMap
  ) {
    self.router = router
    self.diagnostics = diagnostics
    self.waived = waived
    // Nothing points into them.
    self.sources = diagnostics.isEmpty && waived.isEmpty ? SourceMap() : sources
  }
}

/// Compiles a policy for every router, several at once.
///
/// Files are read once, whatever the number of routers. What comes out does not depend on how many
/// work at once.
package func compile(
  _ path: String, for routers: [Router], provider: some SourceProvider,
  overrides: VariableOverrides = VariableOverrides(), format: OutputFormat, proves: Bool = true,
  tests: Bool = false, workers: Int = processorCount
) -> [RouterCompilation] {
  parallelMap(routers, workers: workers) { router in
    var compilation = compile(
      path, provider: provider, overrides: overrides.adding(router), proves: proves)
    if tests { compilation.examineTests() }
    let product = compilation.hasErrors ? nil : compilation.product(format)
    return RouterCompilation(
      router: router, policyName: compilation.policy?.name, inputs: compilation.digest,
      files: compilation.sources, product: product, couldNotRun: compilation.couldNotRun,
      talk: RouterTalk(
        router.name, compilation.diagnostics, sources: compilation.sources))
  }
}

extension VariableOverrides {
  /// With a router's values after those of all routers; settings still win.
  package func adding(_ router: Router) -> VariableOverrides {
    VariableOverrides(valuesFiles: valuesFiles + [router.values], settings: settings)
  }
}
