/// A diagnostic that the policy silences at the spot, and why.
///
/// It is no problem any more, but reports list it: a waiver is a decision that others must see.
package struct WaivedDiagnostic: Hashable, Sendable {
  package var diagnostic: Diagnostic
  package var reason: String
  /// Where the waiver names the check.
  package var span: SourceSpan

  package init(_ diagnostic: Diagnostic, reason: String, at span: SourceSpan) {
    self.diagnostic = diagnostic
    self.reason = reason
    self.span = span
  }
}
