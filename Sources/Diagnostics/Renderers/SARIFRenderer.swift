/// Diagnostics for code scanning: one run of SARIF 2.1.0.
///
/// OASIS Static Analysis Results Interchange Format 2.1.0 (errata 01). Notes, and help that cannot be
/// pasted, are further lines of a result's message; help with a replacement is a fix. What the policy
/// itself waives is a result with a suppression (§3.35).
package struct SARIFRenderer: Sendable {
  package var toolVersion: String
  /// What is said of a code beside its name; nil where there is nothing.
  ///
  /// There is no `helpUri`: SARIF wants an absolute address (§3.49.12), and an installed program knows
  /// none of its own pages. `help` has the whole text.
  private let text: @Sendable (DiagnosticCode) -> DiagnosticText?

  package init(
    toolVersion: String,
    text: @escaping @Sendable (DiagnosticCode) -> DiagnosticText? = { _ in nil }
  ) {
    self.toolVersion = toolVersion
    self.text = text
  }

  /// - Parameter properties: the run's property bag (§3.8); left out where it is empty.
  package func render(
    _ diagnostics: [Diagnostic], waived: [WaivedDiagnostic] = [],
    properties: [JSONText.Member] = [], sources: SourceMap
  ) -> String {
    let ordered = diagnostics.inReportOrder()
    var codes: [DiagnosticCode] = []
    var index: [DiagnosticCode: Int] = [:]
    let all = ordered + waived.map(\.diagnostic)
    for code in all.map(\.code).sorted(by: { $0.code < $1.code }) where index[code] == nil {
      index[code] = codes.count
      codes.append(code)
    }
    var writer = Writer(sources: sources, positions: PositionReader(sources))
    let results =
      ordered.map { writer.result($0, ruleIndex: index[$0.code] ?? 0) }
      + waived.map {
        writer.result(
          $0.diagnostic, ruleIndex: index[$0.diagnostic.code] ?? 0, waived: $0)
      }
    let driver = JSONText.object([
      "name": .string("fwpolicy"),
      "version": .string(toolVersion),
      "rules": .array(codes.map(rule)),
    ])
    return JSONText.object([
      "$schema": .string("https://json.schemastore.org/sarif-2.1.0.json"),
      "version": .string("2.1.0"),
      "runs": .array([
        .object([
          "tool": .object(["driver": driver]),
          "columnKind": .string("unicodeCodePoints"),
          "results": .array(results),
          "properties": properties.isEmpty ? nil : .object(properties),
        ])
      ]),
    ]).text
  }

  /// §3.49: a code, whatever its findings are.
  private func rule(_ code: DiagnosticCode) -> JSONText {
    let about = text(code)
    func message(_ text: String?, markdown: String? = nil) -> JSONText? {
      text.map { .object(["text": .string($0), "markdown": markdown.map { .string($0) }]) }
    }
    return .object([
      "id": .string(code.code),
      "name": .string(code.name),
      "shortDescription": message(about?.summary),
      "fullDescription": message(about?.explanation),
      "help": message(about?.help, markdown: about?.markdown),
      "defaultConfiguration": about?.severity.map { .object(["level": .string($0.name)]) },
      "properties": about.flatMap { about in
        about.tags.isEmpty
          ? nil : .object(["tags": .array(about.tags.map { .string($0) })])
      },
    ])
  }

  private struct Writer {
    let sources: SourceMap
    var positions: PositionReader

    mutating func result(
      _ diagnostic: Diagnostic, ruleIndex: Int, waived: WaivedDiagnostic? = nil
    ) -> JSONText {
      var lines = [diagnostic.message]
      lines += diagnostic.notes.map { "note: \($0)" }
      lines += diagnostic.help.map { "help: \($0.text)" }
      let fixes = diagnostic.help.compactMap { help in help.replacement.map { (help.text, $0) } }
      return .object([
        "ruleId": .string(diagnostic.code.code),
        "ruleIndex": .number(ruleIndex),
        "level": .string(diagnostic.severity.name),
        "message": message(lines.joined(separator: "\n")),
        "locations": diagnostic.primary.map { .array([location($0)]) },
        "relatedLocations": diagnostic.secondary.isEmpty
          ? nil
          : .array(diagnostic.secondary.enumerated().map { location($0.element, id: $0.offset) }),
        "fixes": fixes.isEmpty ? nil : .array(fixes.map { fix($0.0, $0.1) }),
        "suppressions": waived.map { .array([suppression($0)]) },
      ])
    }

    private mutating func suppression(_ waived: WaivedDiagnostic) -> JSONText {
      .object([
        "kind": .string("inSource"), "justification": .string(waived.reason),
        "location": location(Diagnostic.Label(waived.span)),
      ])
    }

    private func message(_ text: String) -> JSONText { .object(["text": .string(text)]) }

    private mutating func location(_ label: Diagnostic.Label, id: Int? = nil) -> JSONText {
      .object([
        "id": id.map { .number($0) },
        "physicalLocation": .object([
          "artifactLocation": artifact(label.span),
          "region": region(label.span),
        ]),
        "message": label.text.map { message($0) },
      ])
    }

    private mutating func fix(_ text: String, _ replacement: Diagnostic.Replacement) -> JSONText {
      let change = JSONText.object([
        "deletedRegion": region(replacement.span),
        "insertedContent": .object(["text": .string(replacement.text)]),
      ])
      return .object([
        "description": message(text),
        "artifactChanges": .array([
          .object([
            "artifactLocation": artifact(replacement.span),
            "replacements": .array([change]),
          ])
        ]),
      ])
    }

    /// §3.30: lines and columns from 1, the end column behind the last scalar.
    private mutating func region(_ span: SourceSpan) -> JSONText {
      let start = positions.start(of: span)
      let end = positions.end(of: span)
      return .object([
        "startLine": .number(start.line),
        "startColumn": .number(start.column),
        "endLine": .number(end.line),
        "endColumn": .number(end.column),
        "byteOffset": .number(start.offset),
        "byteLength": .number(end.offset - start.offset),
      ])
    }

    private func artifact(_ span: SourceSpan) -> JSONText {
      .object(["uri": .string(Self.uriReference(sources[span.file].name))])
    }

    /// A relative reference: whatever is not unreserved is percent-encoded, RFC 3986 §2.3 and §4.2.
    private static func uriReference(_ name: String) -> String {
      var result = ""
      for byte in name.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
          result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
          let digits = String(byte, radix: 16, uppercase: true)
          result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
        }
      }
      return result
    }
  }
}
