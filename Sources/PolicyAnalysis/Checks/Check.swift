package import Diagnostics
package import PolicyLanguage

/// One question that is asked of every policy, such as whether a rule can ever match.
///
/// Each check is a file of its own, an extension with one static member, and a line in
/// `Check.registry`. The texts of that file are what `fwpolicy explain` and docs/CHECKS.md say.
package struct Check: Sendable {
  package var code: DiagnosticCode
  /// Of its findings, unless one says otherwise; `.note` for what is listed with `--all` only.
  package var severity: Severity
  /// What it finds, in a few words: "a rule that no packet can reach".
  package var summary: String
  /// What it means, why it matters, what the check cannot see, and where the advice is from.
  ///
  /// Paragraphs of at most 100 columns, in Markdown that reads well as plain text.
  package var explanation: String
  /// A whole policy in which it finds something, and nothing else does.
  package var example: String
  /// The same policy with the advice followed, in which nothing finds anything.
  package var fixed: String
  /// Whether it looks at what the other checks have found, and so runs after them.
  package var looksAtOthers = false
  /// Finds, in any order; throws only where the arena is out of space.
  package var run: @Sendable (CheckContext) throws -> [Finding]

  package init(
    _ code: String, _ name: String, _ severity: Severity = .warning, summary: String,
    explanation: String, example: String, fixed: String,
    run: @escaping @Sendable (CheckContext) throws -> [Finding]
  ) {
    self.code = DiagnosticCode(code, name)
    self.severity = severity
    self.summary = summary
    self.explanation = explanation
    self.example = example
    self.fixed = fixed
    self.run = run
  }

  /// The same check, run after the others.
  func afterOthers() -> Check {
    var check = self
    check.looksAtOthers = true
    return check
  }

  /// The name that `waive` knows it by; it reads after "allow".
  package var name: String { code.name }

  /// Whether it is asked only where someone wants to hear everything.
  package var isListedOnly: Bool { severity == .note }
}

/// One thing that a check has found.
package struct Finding: Sendable {
  /// As in a diagnostic: a rule, lowercase, names in backticks.
  package var message: String
  /// The smallest text that shows it.
  package var span: SourceSpan
  package var label: String?
  /// The other parties: the rule that opens the region, the rules that cover this one.
  package var secondary: [Diagnostic.Label]
  /// Context, such as `CheckContext.example(of:)`.
  package var notes: [String]
  /// The change to make, concrete enough to paste.
  package var help: [Diagnostic.Help]
  /// What the declarations that it is about say: `CheckContext.waivers(of:)`.
  package var waivers: [Waiver]
  /// Nil for the check's own.
  package var severity: Severity?

  package init(
    _ message: String, at span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String?] = [], help: [Diagnostic.Help] = [],
    waivers: [Waiver] = [], severity: Severity? = nil
  ) {
    self.message = message
    self.span = span
    self.label = label
    self.secondary = secondary
    self.notes = notes.compactMap { $0 }
    self.help = help
    self.waivers = waivers
    self.severity = severity
  }
}
