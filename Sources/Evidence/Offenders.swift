package import Diagnostics
package import NetworkTypes
package import PolicyLanguage

/// A source that the gate has stopped, as the kernel remembers it.
package struct OffenderReading: Hashable, Sendable {
  package var family: AddressFamily
  /// Of IPv6 the first address of a /64.
  package var address: UInt128
  package var packets: UInt64
  package var bytes: UInt64
  /// Since it was stopped last; nil where that is not known.
  package var secondsSinceLast: UInt64?

  package init(
    family: AddressFamily, address: UInt128, packets: UInt64, bytes: UInt64,
    secondsSinceLast: UInt64?
  ) {
    self.family = family
    self.address = address
    self.packets = packets
    self.bytes = bytes
    self.secondsSinceLast = secondsSinceLast
  }

  /// `192.0.2.7`, `2001:db8::/64`.
  package var source: String {
    switch family {
    case .ipv4: IPv4Address(bits: UInt32(truncatingIfNeeded: address)).description
    case .ipv6: IPv6Address(bits: address & ~UInt128(UInt64.max)).description + "/64"
    }
  }
}

/// Who has been stopped, how often, and whose addresses they are.
package struct OffenderReport: Sendable {
  package enum Grouping: String, Hashable, Sendable, CaseIterable {
    case source
    case subnet
    case owner
  }

  /// One line: a source, or all sources of a subnet or owner.
  package struct Line: Hashable, Sendable {
    package var source: String?
    /// Index of the inventory's row.
    package var row: Int?
    package var owner: String?
    package var sources: Int
    package var packets: UInt64
    package var bytes: UInt64
    package var secondsSinceLast: UInt64?
  }

  package let grouping: Grouping
  private let subnets: [Subnet]
  private let takenAt: Timestamp
  /// The worst first.
  package private(set) var lines: [Line]
  /// Sources before any limit of lines.
  package let sourceCount: Int
  /// Families of which the kernel could remember nobody more: who came then is in no line.
  package let full: [AddressFamily]

  /// Joins readings with the inventory's rows.
  ///
  /// - Parameters:
  ///   - since: leaves out who was stopped longer ago, in seconds.
  ///   - top: lines at most.
  package init(
    _ readings: [OffenderReading], subnets: [Subnet], by grouping: Grouping = .source,
    since: UInt64? = nil, top: Int? = nil, takenAt: Timestamp,
    full: [AddressFamily] = []
  ) {
    self.grouping = grouping
    self.subnets = subnets
    self.takenAt = takenAt
    self.full = full
    var readings = readings
    if let since { readings.removeAll { ($0.secondsSinceLast ?? .max) > since } }
    readings.sort {
      ($0.family.rawValue, $0.address) < ($1.family.rawValue, $1.address)
    }
    sourceCount = readings.count
    let rows4 = PrefixIndex<UInt32>(subnets)
    let rows6 = PrefixIndex<UInt128>(subnets)
    lines = readings.map { reading in
      let found: UInt32?
      switch reading.family {
      case .ipv4:
        let address = UInt32(truncatingIfNeeded: reading.address)
        found = rows4.longest(holding: address, through: address)?.value
      case .ipv6:
        let last = reading.address | UInt128(UInt64.max)
        // Where a row is smaller than a /64, nobody knows whose packets they were.
        found =
          rows6.divides(reading.address, through: last)
          ? nil : rows6.longest(holding: reading.address, through: last)?.value
      }
      let row = found.map(Int.init)
      return Line(
        source: reading.source, row: row, owner: row.flatMap { subnets[$0].owner }, sources: 1,
        packets: reading.packets, bytes: reading.bytes,
        secondsSinceLast: reading.secondsSinceLast)
    }
    switch grouping {
    case .source: break
    case .subnet: lines = Self.together(lines) { Key(row: $0.row, owner: $0.owner) }
    case .owner: lines = Self.together(lines) { Key(row: nil, owner: $0.owner) }
    }
    // A stable order: what is equal stays in the order of addresses.
    let order = lines.indices.sorted {
      (lines[$1].packets, $0) < (lines[$0].packets, $1)
    }
    lines = order.prefix(top ?? .max).map { lines[$0] }
  }

  private struct Key: Hashable {
    var row: Int?
    var owner: String?
  }

  private static func together(_ lines: [Line], by key: (Line) -> Key) -> [Line] {
    var places: [Key: Int] = [:]
    var result: [Line] = []
    for line in lines {
      let key = key(line)
      guard let place = places[key] else {
        places[key] = result.count
        var first = line
        first.source = nil
        first.row = key.row
        result.append(first)
        continue
      }
      result[place].sources += 1
      result[place].packets = sum(result[place].packets, line.packets)
      result[place].bytes = sum(result[place].bytes, line.bytes)
      result[place].secondsSinceLast = [result[place].secondsSinceLast, line.secondsSinceLast]
        .compactMap(\.self).min()
    }
    return result
  }

  private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  // MARK: - Written

  private func lastSeen(_ line: Line) -> Timestamp? {
    line.secondsSinceLast.map { Timestamp(seconds: takenAt.seconds - Int64(clamping: $0)) }
  }

  /// What is not listed; nil where everybody is.
  package var fullWarning: String? {
    if full.isEmpty { return nil }
    let families = full.map { $0 == .ipv4 ? "IPv4" : "IPv6" }.joined(separator: " and ")
    return
      "no room is left for offenders of \(families): who came then was stopped and counted, and is "
      + "not listed. Raise `capacity`, or shorten `keep`"
  }

  /// A heading and lines, for a table or CSV.
  package var table: (heading: [String], rows: [[String]]) {
    var heading = grouping == .source ? ["source"] : []
    if grouping != .owner { heading += ["subnet", "prefix"] }
    heading.append("owner")
    if grouping != .owner { heading += ["ticket", "answer"] }
    if grouping != .source { heading.append("sources") }
    heading += ["packets", "bytes", "last_seen"]
    return (
      heading,
      lines.map { line in
        let row = line.row.map { subnets[$0] }
        var cells: [String] = []
        if grouping == .source { cells.append(line.source ?? "") }
        if grouping != .owner { cells += [row?.name ?? "", row.map { "\($0.prefix)" } ?? ""] }
        cells.append(line.owner ?? "")
        if grouping != .owner { cells += [row?.ticket ?? "", row?.answer.rawValue ?? ""] }
        if grouping != .source { cells.append("\(line.sources)") }
        return cells
          + ["\(line.packets)", "\(line.bytes)", lastSeen(line)?.moment ?? ""]
      }
    )
  }

  package var csv: String {
    let table = table
    return csvText([table.heading] + table.rows)
  }

  /// Version 1 of `{ version, policy, takenAt, isCurrent, by, sources, offenders }`.
  package func json(policy: String, isCurrent: Bool) -> JSONText {
    .object([
      "version": .number(1), "policy": .string(policy), "takenAt": .string(takenAt.moment),
      "isCurrent": .bool(isCurrent), "by": .string(grouping.rawValue),
      "sources": .number(sourceCount),
      "full": .array(full.map { .string($0 == .ipv4 ? "ipv4" : "ipv6") }),
      "offenders": .array(
        lines.map { line in
          let row = line.row.map { subnets[$0] }
          return .object([
            "source": line.source.map { .string($0) },
            "subnet": row.map { .string($0.name) },
            "prefix": row.map { .string("\($0.prefix)") },
            "owner": line.owner.map { .string($0) },
            "ticket": row?.ticket.map { .string($0) },
            "answer": row.map { .string($0.answer.rawValue) },
            "sources": grouping == .source ? nil : .number(line.sources),
            "packets": .number(Int(clamping: line.packets)),
            "bytes": .number(Int(clamping: line.bytes)),
            "lastSeen": lastSeen(line).map { .string($0.moment) },
          ])
        }),
    ])
  }
}
