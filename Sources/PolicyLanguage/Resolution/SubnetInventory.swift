package import Diagnostics

/// Rows that came from one place: a file, or rows of the policy that stand together.
package struct SubnetInventory: Sendable {
  /// Indices in `ResolvedSMTPEgress.subnets`.
  package var rows: Range<Int>
  /// Of their file; nil for rows of the policy.
  package var file: String?
  package var waivers: [Waiver]
  /// The path, or the first of the rows.
  package var span: SourceSpan

  package init(rows: Range<Int>, file: String?, waivers: [Waiver], span: SourceSpan) {
    self.rows = rows
    self.file = file
    self.waivers = waivers
    self.span = span
  }
}
