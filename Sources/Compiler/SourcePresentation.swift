package import Diagnostics

/// How files are named where a person or an editor must find them again.
///
/// Inside a compilation files are named from the policy root, so that products do not depend on where
/// it lies. Reports name them from the working directory, if the root is below it.
package struct SourcePresentation: Sendable {
  private var sources = SourceMap()
  private var diagnostics: [Diagnostic] = []
  private var waived: [WaivedDiagnostic] = []

  package init() {}

  /// Adds what one compilation has to say.
  ///
  /// - Parameter silenced: what the policy waives, which reports list apart.
  package mutating func add(
    _ found: [Diagnostic], waived silenced: [WaivedDiagnostic] = [], of map: SourceMap,
    rootPrefix: String?
  ) {
    let offset = UInt32(clamping: sources.files.count)
    for file in map.files {
      let name = Self.name(of: file, rootPrefix: rootPrefix)
      _ = sources.add(SourceFile(name: name, sharing: file))
    }
    diagnostics += map.foldingInstances(found).inReportOrder().map { $0.shifted(by: offset) }
    waived += silenced.map { map.written($0).shifted(by: offset) }
  }

  /// How a report names a file.
  package static func name(of file: SourceFile, rootPrefix: String?) -> String {
    let name = file.name
    let isNamedFromRoot =
      !file.isNamedByOperator && !name.utf8.starts(with: "std/".utf8)
      && !name.utf8.starts(with: "--".utf8) && name != FileSystemProvider.standardInputName
    return isNamedFromRoot ? (rootPrefix ?? "") + name : name
  }

  mutating func add(_ file: SourceFile) -> SourceFileID { sources.add(file) }

  /// Adds what points into files that were added.
  mutating func add(_ found: [Diagnostic], waived silenced: [WaivedDiagnostic]) {
    diagnostics += found
    waived += silenced
  }

  package var isEmpty: Bool { diagnostics.isEmpty }

  /// - Parameters:
  ///   - more: further members of a document, such as a summary; in SARIF they are the run's
  ///     properties, and forms that are no document leave them out.
  ///   - text: of codes, for a document that explains them.
  package func rendered(
    _ format: DiagnosticFormat, coloured: Bool, more: [JSONText.Member] = [],
    text: @escaping @Sendable (DiagnosticCode) -> DiagnosticText? = { _ in nil }
  ) -> String {
    switch format {
    case .text: TextRenderer(coloured: coloured).render(diagnostics, sources: sources)
    case .concise: ConciseRenderer().render(diagnostics, sources: sources)
    case .json: JSONRenderer().render(diagnostics, waived: waived, extra: more, sources: sources)
    case .sarif:
      SARIFRenderer(toolVersion: programVersion, text: text)
        .render(diagnostics, waived: waived, properties: more, sources: sources)
    case .github: GitHubRenderer().render(diagnostics, sources: sources)
    }
  }

  package func count(of severity: Severity) -> Int {
    diagnostics.count { $0.severity == severity }
  }

  /// A line for each diagnostic that is waived, with its place and the reason.
  package var waivedLines: [String] {
    waived.map { silenced in
      let file = sources[silenced.span.file]
      let line = file.line(at: Int(silenced.span.start))
      let column = Int(silenced.span.start) - file.lineStarts[line - 1] + 1
      let diagnostic = silenced.diagnostic
      return "waived: \(diagnostic.code.code) \(diagnostic.message) "
        + "(\(file.name):\(line):\(column): \(silenced.reason))"
    }
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
    mapping { $0.shifted(by: offset) }
  }

  /// The same, about other spans.
  func mapping(_ span: (SourceSpan) -> SourceSpan) -> Diagnostic {
    var result = self
    if let primary { result.primary?.span = span(primary.span) }
    for index in secondary.indices {
      result.secondary[index].span = span(secondary[index].span)
    }
    for index in help.indices {
      if let replacement = help[index].replacement {
        result.help[index].replacement?.span = span(replacement.span)
      }
    }
    return result
  }
}

extension WaivedDiagnostic {
  fileprivate func shifted(by offset: UInt32) -> WaivedDiagnostic {
    mapping { $0.shifted(by: offset) }
  }

  /// The same, about other spans.
  func mapping(_ span: (SourceSpan) -> SourceSpan) -> WaivedDiagnostic {
    WaivedDiagnostic(diagnostic.mapping(span), reason: reason, at: span(self.span))
  }
}

extension SourceSpan {
  fileprivate func shifted(by offset: UInt32) -> SourceSpan {
    inFile(SourceFileID(index: file.index + offset))
  }
}
