package import Compiler
package import Diagnostics
package import PolicyAnalysis
package import PolicyLanguage

/// Everything that a report shows of one policy, and of what the kernel has counted under it.
package struct PolicyReport: Sendable {
  package var policy: ResolvedPolicy
  package var written: Policy
  package var sources: SourceMap
  /// Hexadecimal, of all inputs.
  package var digest: String
  /// What checks and resolution found.
  package var findings: [Diagnostic]
  package var waived: [WaivedDiagnostic]
  package var matrix: ServiceMatrix
  /// As of when the expiry of rules and exemptions is told.
  package var asOf: Timestamp
  package var readings: ReportReadings?
  /// How many rows of the inventory are shown; the rest is counted.
  package var rowLimit: Int
  /// Where files lie, from the working directory.
  package var rootPrefix: String

  /// - Parameter compilation: without errors, its checks asked; nil is returned for any other.
  package init?(
    _ compilation: Compilation, matrix: ServiceMatrix, asOf: Timestamp, rowLimit: Int = 1000,
    rootPrefix: String = "", readings: ReportReadings? = nil
  ) {
    guard let policy = compilation.policy, let written = compilation.written else { return nil }
    self.policy = policy
    self.written = written
    sources = compilation.sources
    digest = compilation.digest
    findings = compilation.diagnostics.inReportOrder()
    waived = compilation.waived
    self.matrix = matrix
    self.asOf = asOf
    self.rowLimit = rowLimit
    self.rootPrefix = rootPrefix
    self.readings = readings
  }

  /// `policy.yaml:41`.
  func citation(of span: SourceSpan) -> String {
    let file = sources[span.file]
    let isLibrary = file.name.utf8.starts(with: "std/".utf8)
    return "\(isLibrary ? "" : rootPrefix)\(file.name):\(file.line(at: Int(span.start)))"
  }
}
