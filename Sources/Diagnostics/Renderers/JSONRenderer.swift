/// Diagnostics for programs, version 1.
///
/// `{"version": 1, "diagnostics": [DIAGNOSTIC…], "waived"?: [WAIVED…], …}`, where the rest is `extra`, and
/// - DIAGNOSTIC is `{code, name, severity, message, primary?, secondary: [LABEL…], notes: [text…],
///   help: [HELP…]}` with `severity` one of `error`, `warning`, `note`;
/// - LABEL is RANGE and `label?`, the text at it;
/// - RANGE is `{file, start: POSITION, end: POSITION}`, half-open;
/// - POSITION is `{line, column, offset}`: line and column from 1, the column in Unicode scalars, the
///   offset in UTF-8 bytes from the start of the file;
/// - HELP is `{text, replacement?}`; a replacement is RANGE and `text`, what takes its place;
/// - WAIVED is `{diagnostic: DIAGNOSTIC, reason, waiver: RANGE}`: what the policy itself silences.
///
/// Members may be added within a version, never changed or taken away.
package struct JSONRenderer: Sendable {
  package init() {}

  /// - Parameter extra: further members of the document, each with a name of its own.
  package func render(
    _ diagnostics: [Diagnostic], waived: [WaivedDiagnostic] = [],
    extra: [JSONText.Member] = [], sources: SourceMap
  ) -> String {
    var writer = Writer(sources: sources, positions: PositionReader(sources))
    let all = diagnostics.inReportOrder().map { writer.diagnostic($0) }
    let silenced = waived.map { writer.waived($0) }
    var members: [JSONText.Member] = [
      .init("version", .number(1)), .init("diagnostics", .array(all)),
    ]
    if !silenced.isEmpty { members.append(.init("waived", .array(silenced))) }
    return JSONText.object(members + extra).text
  }

  private struct Writer {
    let sources: SourceMap
    var positions: PositionReader

    mutating func diagnostic(_ diagnostic: Diagnostic) -> JSONText {
      .object([
        "code": .string(diagnostic.code.code),
        "name": .string(diagnostic.code.name),
        "severity": .string(diagnostic.severity.name),
        "message": .string(diagnostic.message),
        "primary": diagnostic.primary.map { label($0) },
        "secondary": .array(diagnostic.secondary.map { label($0) }),
        "notes": .array(diagnostic.notes.map { .string($0) }),
        "help": .array(diagnostic.help.map { help($0) }),
      ])
    }

    mutating func waived(_ waived: WaivedDiagnostic) -> JSONText {
      .object([
        "diagnostic": diagnostic(waived.diagnostic),
        "reason": .string(waived.reason),
        "waiver": .object(range(waived.span)),
      ])
    }

    private mutating func label(_ label: Diagnostic.Label) -> JSONText {
      .object(range(label.span) + (label.text.map { [.init("label", .string($0))] } ?? []))
    }

    private mutating func help(_ help: Diagnostic.Help) -> JSONText {
      .object([
        "text": .string(help.text),
        "replacement": help.replacement.map {
          .object(range($0.span) + [.init("text", .string($0.text))])
        },
      ])
    }

    private mutating func range(_ span: SourceSpan) -> [JSONText.Member] {
      [
        .init("file", .string(sources[span.file].name)),
        .init("start", position(positions.start(of: span))),
        .init("end", position(positions.end(of: span))),
      ]
    }

    private func position(_ position: PositionReader.Position) -> JSONText {
      .object([
        "line": .number(position.line),
        "column": .number(position.column),
        "offset": .number(position.offset),
      ])
    }
  }
}
