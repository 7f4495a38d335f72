package import Diagnostics

/// How files are named where a person or an editor must find them again.
///
/// Inside a compilation files are named from the policy root, so that products do not depend on where
/// it lies. Reports name them from the working directory, if the root is below it.
package struct SourcePresentation: Sendable {
  private var sources = SourceMap()
  private var diagnostics: [Diagnostic] = []

  package init() {}

  /// Adds what one compilation has to say.
  package mutating func add(_ found: [Diagnostic], of map: SourceMap, rootPrefix: String?) {
    let offset = UInt32(clamping: sources.files.count)
    for file in map.files {
      let isNamedFromRoot =
        !file.name.utf8.starts(with: "std/".utf8) && !file.name.utf8.starts(with: "--".utf8)
        && file.name != FileSystemProvider.standardInputName
      let name = isNamedFromRoot ? (rootPrefix ?? "") + file.name : file.name
      _ = sources.add(SourceFile(name: name, sharing: file))
    }
    diagnostics += found.inReportOrder().map { $0.shifted(by: offset) }
  }

  package var isEmpty: Bool { diagnostics.isEmpty }

  package func rendered(_ format: DiagnosticFormat, coloured: Bool) -> String {
    switch format {
    case .text: TextRenderer(coloured: coloured).render(diagnostics, sources: sources)
    case .concise: ConciseRenderer().render(diagnostics, sources: sources)
    case .json: JSONRenderer().render(diagnostics, sources: sources)
    case .sarif:
      SARIFRenderer(toolVersion: programVersion).render(diagnostics, sources: sources)
    case .github: GitHubRenderer().render(diagnostics, sources: sources)
    }
  }

  package func count(of severity: Severity) -> Int {
    diagnostics.count { $0.severity == severity }
  }
}

/// The shapes that diagnostics can be written in.
package enum DiagnosticFormat: String, Sendable, CaseIterable {
  case text
  case concise
  case json
  case sarif
  case github

  /// Whether a run without diagnostics is a document too.
  package var isDocument: Bool { self == .json || self == .sarif }
}

extension Diagnostic {
  /// The same, with its files counted from elsewhere.
  fileprivate func shifted(by offset: UInt32) -> Diagnostic {
    func shift(_ span: SourceSpan) -> SourceSpan {
      SourceSpan(
        file: SourceFileID(index: span.file.index + offset), start: Int(span.start),
        end: Int(span.end))
    }
    var result = self
    if let primary { result.primary?.span = shift(primary.span) }
    for index in secondary.indices { result.secondary[index].span = shift(secondary[index].span) }
    for index in help.indices {
      if let replacement = help[index].replacement {
        result.help[index].replacement?.span = shift(replacement.span)
      }
    }
    return result
  }
}
