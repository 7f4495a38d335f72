/// One problem: what is wrong, where, why, and what to do about it.
///
/// `message` says *what*, in lowercase without a final period, names in backticks, phrased as a
/// rule. `notes` give context. `help` is the change to make.
package struct Diagnostic: Hashable, Sendable {
  package var code: DiagnosticCode
  package var severity: Severity
  package var message: String
  /// The smallest span that shows the problem; nil where no file is to blame (a missing privilege).
  package var primary: Label?
  /// The other parties, each with its text.
  package var secondary: [Label]
  package var notes: [String]
  package var help: [Help]

  package init(
    _ code: DiagnosticCode, _ severity: Severity = .error, _ message: String,
    at span: SourceSpan?, label: String? = nil, secondary: [Label] = [], notes: [String] = [],
    help: [Help] = []
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.primary = span.map { Label($0, label) }
    self.secondary = secondary
    self.notes = notes
    self.help = help
  }

  /// A span and what is to be said at it.
  package struct Label: Hashable, Sendable {
    package var span: SourceSpan
    package var text: String?

    package init(_ span: SourceSpan, _ text: String? = nil) {
      self.span = span
      self.text = text
    }
  }

  /// The change to make, in words and, where it can be pasted, as a replacement of a span.
  package struct Help: Hashable, Sendable {
    package var text: String
    package var replacement: Replacement?

    package init(_ text: String, replacing span: SourceSpan? = nil, with new: String? = nil) {
      self.text = text
      if let span, let new { replacement = Replacement(span: span, text: new) }
    }
  }

  /// Text that takes the place of a span; an empty span inserts.
  package struct Replacement: Hashable, Sendable {
    package var span: SourceSpan
    package var text: String
  }
}

/// How bad it is.
///
/// An error stops the stage after this one; a warning does not.
package enum Severity: Int, Comparable, Hashable, Sendable, CaseIterable {
  case note
  case warning
  case error

  package static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }

  package var name: String {
    switch self {
    case .note: "note"
    case .warning: "warning"
    case .error: "error"
    }
  }
}

/// The stable name of a kind of problem: `FW101`, and a short name that reads after "allow".
///
/// 0xx syntax, 1xx model and resolution, 2xx reachability, 3xx mail, 4xx exposure, 5xx hygiene,
/// 6xx lowering and proof, 7xx kernel and deployment. Each room declares its codes as static
/// members in one file of its own, and lists them in its `catalogue`.
package struct DiagnosticCode: Hashable, Sendable {
  package let code: String
  package let name: String

  package init(_ code: String, _ name: String) {
    self.code = code
    self.name = name
  }
}

/// What a pure stage returns: a value, if there is one, and everything it has to say.
package struct Staged<Value> {
  package var value: Value?
  package var diagnostics: [Diagnostic]

  package init(_ value: Value?, _ diagnostics: [Diagnostic] = []) {
    self.value = value
    self.diagnostics = diagnostics
  }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

extension Staged: Sendable where Value: Sendable {}

extension Diagnostic {
  private static let exampleWords = "for example "

  /// The note that shows a packet, or what else stands for many.
  package static func exampleNote(_ example: some CustomStringConvertible) -> String {
    exampleWords + "\(example)"
  }

  /// The same without the notes that show an example, which need not be equal where the rest is.
  package var withoutExamples: Diagnostic {
    var result = self
    result.notes.removeAll { $0.hasPrefix(Self.exampleWords) }
    return result
  }
}

extension [Diagnostic] {
  /// By file, offset and code, exact repeats removed: the same order on every run.
  package func inReportOrder() -> [Diagnostic] {
    func key(_ d: Diagnostic) -> (Int, UInt32, String) {
      guard let span = d.primary?.span else { return (-1, 0, d.code.code) }
      return (Int(span.file.index), span.start, d.code.code)
    }
    var seen: Set<Diagnostic> = []
    return enumerated()
      .sorted { (key($0.element), $0.offset) < (key($1.element), $1.offset) }
      .map(\.element)
      .filter { seen.insert($0).inserted }
  }
}

/// Compares a key of three with the order of arrival behind it.
private func < (a: ((Int, UInt32, String), Int), b: ((Int, UInt32, String), Int)) -> Bool {
  a.0 == b.0 ? a.1 < b.1 : a.0 < b.0
}
