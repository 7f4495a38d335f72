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

/// What a running ruleset has counted, beside the policy.
package struct ReportReadings: Sendable {
  package struct Count: Hashable, Sendable {
    /// `rule `ssh``, `subnet acme`.
    package var label: String
    package var packets: UInt64
    package var bytes: UInt64?

    package init(label: String, packets: UInt64, bytes: UInt64?) {
      self.label = label
      self.packets = packets
      self.bytes = bytes
    }
  }

  package struct Offender: Hashable, Sendable {
    /// An address, or an IPv6 /64.
    package var source: String
    package var packets: UInt64
    package var subnet: String?
    package var owner: String?

    package init(source: String, packets: UInt64, subnet: String?, owner: String?) {
      self.source = source
      self.packets = packets
      self.subnet = subnet
      self.owner = owner
    }
  }

  /// When they were read.
  package var takenAt: Timestamp
  /// Whether the kernel runs this very policy.
  package var isCurrent: Bool
  package var counts: [Count]
  /// Blocked packets by index in `ResolvedSMTPEgress.subnets`; empty unless they are counted so.
  package var subnetPackets: [Int: UInt64]
  package var offenders: [Offender]

  package init(
    takenAt: Timestamp, isCurrent: Bool, counts: [Count], subnetPackets: [Int: UInt64],
    offenders: [Offender]
  ) {
    self.takenAt = takenAt
    self.isCurrent = isCurrent
    self.counts = counts
    self.subnetPackets = subnetPackets
    self.offenders = offenders
  }
}
