package import Diagnostics
package import Lowering
package import Nftables
package import PolicyLanguage

/// What the named counters of a running ruleset stand at, in the words of the policy.
package struct CounterReport: Sendable {
  /// In the order in which they are told.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case rule
    case limitExcess = "limit-excess"
    case sectionDefault = "default"
    case invalid
    case smtpEgress = "smtp-egress"
    case subnet
    case antiSpoofing = "anti-spoofing"
    /// In the kernel's table, and nothing of this policy.
    case unknown
  }

  package struct Line: Hashable, Sendable {
    package var kind: Kind
    /// A rule's, section's, zone's or subnet's name.
    package var name: String
    /// The object in the table.
    package var counter: String
    package var value: CounterValue
    /// Index of the inventory's row.
    package var row: Int?
    /// `policy.yaml:12`.
    package var place: String?
    /// What was counted since the reading before, where there was one.
    package var since: CounterValue?
  }

  package private(set) var lines: [Line] = []
  /// Counters of the policy that the kernel's table does not have.
  package private(set) var missing: [String] = []
  /// Between the two readings.
  package private(set) var milliseconds: UInt64?
  private let subnets: [Subnet]

  package init(
    _ values: [String: CounterValue], of lowered: LoweredPolicy, policy: ResolvedPolicy,
    sources: SourceMap
  ) {
    subnets = policy.smtpEgress?.subnets ?? []
    var rest = values
    var origins: [String: SourceSpan] = [:]
    for object in lowered.table.objects {
      if let span = lowered.span(of: object.origin) { origins[object.name] = span }
    }
    var told: Set<String> = []
    func take(_ kind: Kind, _ name: String, _ counter: String, row: Int? = nil) {
      // Rows of one name and prefix have one counter, which is told with the first of them.
      guard told.insert(counter).inserted else { return }
      guard let value = rest.removeValue(forKey: counter) else {
        missing.append(counter)
        return
      }
      lines.append(
        Line(
          kind: kind, name: name, counter: counter, value: value, row: row,
          place: origins[counter].map { sources.citation(of: $0) }))
    }
    for (counter, object) in lowered.counters.sorted(by: { $0.value < $1.value }) {
      switch counter {
      case .rule(let name): take(.rule, name, object)
      case .limitExcess(let rule): take(.limitExcess, rule, object)
      case .sectionDefault(let section): take(.sectionDefault, section, object)
      case .invalid(let section): take(.invalid, section, object)
      case .smtpEgress: take(.smtpEgress, "smtp-egress", object)
      case .antiSpoofing(let zone): take(.antiSpoofing, zone, object)
      }
    }
    for (row, counter) in lowered.subnetCounters.enumerated() where row < subnets.count {
      take(.subnet, subnets[row].name, counter, row: row)
    }
    for (name, value) in rest.sorted(by: { $0.key < $1.key }) {
      lines.append(Line(kind: .unknown, name: "", counter: name, value: value))
    }
    missing.sort()
    let order = Dictionary(
      Kind.allCases.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    // Subnets in the order of the inventory, the others by name.
    lines.sort {
      if $0.kind != $1.kind { return order[$0.kind, default: 0] < order[$1.kind, default: 0] }
      if $0.row != $1.row { return ($0.row ?? 0) < ($1.row ?? 0) }
      return ($0.name, $0.counter) < ($1.name, $1.counter)
    }
  }

  /// Adds what was counted since an earlier reading; a counter that stands lower has started afresh.
  package mutating func compare(with earlier: CounterReport, milliseconds: UInt64) {
    self.milliseconds = milliseconds
    let before = Dictionary(
      earlier.lines.map { ($0.counter, $0.value) }, uniquingKeysWith: { a, _ in a })
    for index in lines.indices {
      let (now, was) = (lines[index].value, before[lines[index].counter])
      guard let was, now.packets >= was.packets, now.bytes >= was.bytes else {
        lines[index].since = now
        continue
      }
      lines[index].since = CounterValue(
        packets: now.packets - was.packets, bytes: now.bytes - was.bytes)
    }
  }

  package mutating func keepNonZero() {
    lines.removeAll { $0.value.packets == 0 }
  }

  /// The greatest first.
  package mutating func sortByCount() {
    let order = lines.indices.sorted {
      (lines[$1].value.packets, $0) < (lines[$0].value.packets, $1)
    }
    lines = order.map { lines[$0] }
  }

  // MARK: - Written

  /// A heading and lines, for a table.
  package var table: (heading: [String], rows: [[String]]) {
    let heading =
      ["kind", "name", "prefix", "owner", "packets", "bytes"]
      + (milliseconds == nil ? [] : ["packets/s", "bytes/s"]) + ["where"]
    return (
      heading,
      lines.map { line in
        let row = line.row.map { subnets[$0] }
        return [
          line.kind.rawValue, line.kind == .unknown ? line.counter : line.name,
          row.map { "\($0.prefix)" } ?? "", row?.owner ?? "", "\(line.value.packets)",
          "\(line.value.bytes)",
        ]
          + (milliseconds == nil
            ? [] : [rate(line.since?.packets), rate(line.since?.bytes)]) + [line.place ?? ""]
      }
    )
  }

  /// With one decimal.
  private func rate(_ count: UInt64?) -> String {
    guard let count, let milliseconds, milliseconds > 0 else { return "" }
    let (tenThousand, overflow) = count.multipliedReportingOverflow(by: 10_000)
    if overflow { return "" }
    let tenths = tenThousand / milliseconds
    return "\(tenths / 10).\(tenths % 10)"
  }

  package var csv: String {
    let since = milliseconds == nil ? [] : ["packets_since", "bytes_since", "milliseconds"]
    return csvText(
      [["kind", "name", "prefix", "owner", "counter", "packets", "bytes"] + since]
        + lines.map { line in
          let row = line.row.map { subnets[$0] }
          return [
            line.kind.rawValue, line.name, row.map { "\($0.prefix)" } ?? "", row?.owner ?? "",
            line.counter, "\(line.value.packets)", "\(line.value.bytes)",
          ]
            + (milliseconds.map {
              ["\(line.since?.packets ?? 0)", "\(line.since?.bytes ?? 0)", "\($0)"]
            } ?? [])
        })
  }

  /// Version 1 of `{ version, policy, isCurrent, milliseconds?, counters, missing }`.
  package func json(policy: String, isCurrent: Bool) -> JSONText {
    .object([
      "version": .number(1), "policy": .string(policy), "isCurrent": .bool(isCurrent),
      "milliseconds": milliseconds.map { .number(Int(clamping: $0)) },
      "counters": .array(
        lines.map { line in
          let row = line.row.map { subnets[$0] }
          return .object([
            "kind": .string(line.kind.rawValue),
            "name": line.kind == .unknown ? nil : .string(line.name),
            "prefix": row.map { .string("\($0.prefix)") },
            "owner": row?.owner.map { .string($0) },
            "counter": .string(line.counter),
            "packets": .number(Int(clamping: line.value.packets)),
            "bytes": .number(Int(clamping: line.value.bytes)),
            "packetsSince": line.since.map { .number(Int(clamping: $0.packets)) },
            "bytesSince": line.since.map { .number(Int(clamping: $0.bytes)) },
            "place": line.place.map { .string($0) },
          ])
        }),
      "missing": .array(missing.map { .string($0) }),
    ])
  }

  /// The inventory's row of a line.
  package func subnet(of line: Line) -> Subnet? { line.row.map { subnets[$0] } }
}
