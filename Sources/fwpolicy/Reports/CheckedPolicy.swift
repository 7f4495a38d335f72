import Compiler
import Diagnostics
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// What `check` has found in one policy; of its files only those that something points into.
struct CheckedPolicy: Sendable {
  /// As on the command line.
  let path: String
  /// Whose policy it is, where it is one for many routers.
  let router: String?
  let rootPrefix: String?
  let diagnostics: [Diagnostic]
  let waived: [WaivedDiagnostic]
  let declarations: [Declaration]
  let sources: SourceMap
  let couldNotRun: Bool
  /// Nil where no check was asked: the policy does not compile.
  let profiles: Set<CheckProfile>?
  let figures: CheckReport.Figures?
  /// Whether the checks did not fit into the memory that they were given.
  let wasTooLarge: Bool

  init(
    _ compilation: Compilation, _ report: CheckReport?, path: String, router: String? = nil,
    rootPrefix: String?
  ) {
    self.path = path
    self.router = router
    self.rootPrefix = rootPrefix
    let map = compilation.sources
    // Of a policy by itself only the text is kept, of which instances of templates are none; many
    // routers are folded together.
    diagnostics =
      router == nil ? map.foldingInstances(compilation.diagnostics) : compilation.diagnostics
    waived = router == nil ? compilation.waived.map { map.written($0) } : compilation.waived
    declarations = compilation.declarations.map { declaration in
      var written = declaration
      written.span = map.written(declaration.span)
      return written
    }
    couldNotRun = compilation.couldNotRun
    profiles = report?.profiles
    figures = report?.figures
    wasTooLarge = compilation.diagnostics.contains { $0.code == .uncheckedPolicy }
    // Routers share what they have read alike, and a file has one text in what is said of all.
    if router != nil {
      sources = compilation.sources
      return
    }
    var used = Set(declarations.map(\.span.file))
    for diagnostic in diagnostics + waived.map(\.diagnostic) { used.formUnion(diagnostic.files) }
    used.formUnion(waived.map(\.span.file))
    var kept = SourceMap()
    for (index, file) in compilation.sources.files.enumerated() {
      let isUsed = used.contains(SourceFileID(index: UInt32(clamping: index)))
      _ = kept.add(isUsed ? file : SourceFile(name: file.name, bytes: []))
    }
    sources = kept
  }

  /// What it is called beside others.
  var title: String { router ?? path }

  func count(of severity: Severity) -> Int {
    diagnostics.count { $0.severity == severity }
  }

  /// How it fared, by the worst that was found.
  enum Result: String, CaseIterable {
    case unread
    case errors
    case warnings
    case clean
  }

  var result: Result {
    if couldNotRun { return .unread }
    if count(of: .error) > 0 { return .errors }
    return count(of: .warning) > 0 ? .warnings : .clean
  }
}

extension CheckedPolicy {
  /// What there is to say of one router among many; nil for a policy of its own.
  var talk: RouterTalk? {
    router.map { RouterTalk($0, diagnostics, waived: waived, sources: sources) }
  }
}

extension Diagnostic {
  /// The files that it points into.
  fileprivate var files: [SourceFileID] {
    let labels = [primary].compactMap { $0 } + secondary
    return labels.map(\.span.file) + help.compactMap { $0.replacement?.span.file }
  }
}
