import Compiler
import Diagnostics
import PacketSpace
import PolicyAnalysis
import PolicyLanguage

/// What `check` has found in one policy; of its files only those that something points into.
struct CheckedPolicy: Sendable {
  /// As on the command line.
  let path: String
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

  init(_ compilation: Compilation, _ report: CheckReport?, path: String, rootPrefix: String?) {
    self.path = path
    self.rootPrefix = rootPrefix
    diagnostics = compilation.diagnostics
    waived = compilation.waived
    declarations = compilation.declarations
    couldNotRun = compilation.couldNotRun
    profiles = report?.profiles
    figures = report?.figures
    wasTooLarge = compilation.diagnostics.contains { $0.code == .uncheckedPolicy }
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

extension Diagnostic {
  /// The files that it points into.
  fileprivate var files: [SourceFileID] {
    let labels = [primary].compactMap { $0 } + secondary
    return labels.map(\.span.file) + help.compactMap { $0.replacement?.span.file }
  }
}
