/// What is to be said of a code at length, for readers who have no other page of it.
package struct DiagnosticText: Hashable, Sendable {
  /// A sentence.
  package var summary: String
  /// A paragraph, without line breaks of its own.
  package var explanation: String?
  /// Everything, as plain text and as Markdown.
  package var help: String?
  package var markdown: String?
  /// Of its findings, unless one says otherwise; nil where there is no usual one.
  package var severity: Severity?
  /// Each once.
  package var tags: [String]

  package init(
    summary: String, explanation: String? = nil, help: String? = nil, markdown: String? = nil,
    severity: Severity? = nil, tags: [String] = []
  ) {
    self.summary = summary
    self.explanation = explanation
    self.help = help
    self.markdown = markdown
    self.severity = severity
    self.tags = tags
  }
}
