import Nftables
package import PolicyLanguage

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
  /// Nil where the ruleset in force records nobody.
  package var offenders: [Offender]?
  /// What of them is not listed.
  package var offendersWarning: String?

  package init(
    takenAt: Timestamp, isCurrent: Bool, counts: [Count], subnetPackets: [Int: UInt64],
    offenders: [Offender]?, offendersWarning: String? = nil
  ) {
    self.takenAt = takenAt
    self.isCurrent = isCurrent
    self.counts = counts
    self.subnetPackets = subnetPackets
    self.offenders = offenders
    self.offendersWarning = offendersWarning
  }
}

extension ReportReadings {
  /// The readings that commands tell, as a page shows them.
  package init(
    _ counters: CounterReport, offenders: OffenderReport?, subnets: [Subnet], takenAt: Timestamp,
    isCurrent: Bool
  ) {
    var counts: [Count] = []
    var subnetPackets: [Int: UInt64] = [:]
    for line in counters.lines {
      let label =
        switch line.kind {
        case .rule: "rule `\(line.name)`"
        case .limitExcess: "over the limit of rule `\(line.name)`"
        case .sectionDefault: "default of `\(line.name)`"
        case .invalid: "invalid, `\(line.name)`"
        case .smtpEgress: "the port-25 gate"
        case .subnet: "subnet \(line.name)"
        case .antiSpoofing: "spoofed, zone `\(line.name)`"
        case .unknown: "`\(line.counter)`, not of this policy"
        }
      if let row = line.row { subnetPackets[row] = line.value.packets }
      let subnet = line.row.map { " (\(subnets[$0].prefix))" } ?? ""
      counts.append(
        Count(label: label + subnet, packets: line.value.packets, bytes: line.value.bytes))
    }
    self.init(
      takenAt: takenAt, isCurrent: isCurrent, counts: counts, subnetPackets: subnetPackets,
      offenders: offenders?.lines.map { line in
        Offender(
          source: line.source ?? "", packets: line.packets,
          subnet: line.row.map { subnets[$0].name }, owner: line.owner)
      }, offendersWarning: offenders?.fullWarning)
  }
}
