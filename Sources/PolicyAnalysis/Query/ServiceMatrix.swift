import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// Which services a policy lets pass between its zones, as a report shows it.
///
/// Computed from the policy's meaning: packets of new connections that can arrive, with room in every
/// limit, as of a date.
package struct ServiceMatrix: Sendable {
  /// How much of a service, between two ends, the policy lets pass.
  package enum Reach: String, Hashable, Sendable {
    case nothing
    /// Some of its packets: from some addresses, to some addresses, of one family.
    case part
    case everything
  }

  /// One way and one far end of it: a row for each service, a column for each zone.
  package struct Table: Sendable {
    package var path: Packet.Path
    /// In forward the zones that packets leave for, nil for interfaces of no zone; empty elsewhere.
    ///
    /// Zones for which all cells are equal share a table.
    package var zones: [String?]
    package var columns: [Column]
    package var rows: [Row]
  }

  package struct Column: Sendable {
    /// Nil for interfaces that belong to no zone.
    package var zone: String?
    package var kind: ZoneKind?
    /// What is let pass, in the policy's words, with who lets it; at most a few.
    package var parts: [QueryAnswer.Part]
  }

  package struct Row: Hashable, Sendable {
    /// A service's name or literal; nil for everything that no other row is about.
    package var service: String?
    /// Whether it is told by the port that was dialled before destination NAT.
    package var isPublished: Bool
    /// One for each column.
    package var cells: [Reach]
  }

  /// Where the zones are few.
  package var tables: [Table]
  /// Where they are many: what passes on each path, instead of tables.
  package var lists: [List] = []
}

extension PolicyQuestions {
  /// The matrix of a policy, rows in which nothing passes left out.
  ///
  /// - Parameters:
  ///   - asOf: nil for a time before every expiry.
  ///   - rowLimit: of services told apart in a table; what is beyond counts among everything else.
  ///   - zoneLimit: of zones that are columns of tables; where there are more, lists are made.
  package func serviceMatrix(
    asOf: Timestamp? = nil, rowLimit: Int = 60, zoneLimit: Int = 8
  ) throws(PacketSpaceError) -> ServiceMatrix {
    var matrix = ServiceMatrix(tables: [])
    let isListed = policy.zones.count > zoneLimit
    for path in [Packet.Path.inbound, .forward, .outbound] {
      guard let section = section(path) else { continue }
      let services = try MatrixServices(
        of: section.rules, in: self, on: path, rowLimit: isListed ? .max : rowLimit,
        withSMTP: path != .inbound && policy.smtpEgress != nil, asOf: asOf)
      let everywhere = selection(path, nil, to: nil, asOf)
      let reach = try ReachByZone(of: services, everywhere, in: self)
      if isListed {
        if let list = try list(reach, path, everywhere) { matrix.lists.append(list) }
      } else {
        matrix.tables += try tables(reach, path, asOf)
      }
    }
    return matrix
  }

  private func tables(
    _ reach: ReachByZone, _ path: Packet.Path, _ asOf: Timestamp?
  ) throws(PacketSpaceError) -> [ServiceMatrix.Table] {
    // Only forwarded packets have a zone at either end.
    var groups: [(rows: [ServiceMatrix.Row], outputs: [Int])] = []
    for output in path == .forward ? Array(reach.ends.indices) : [0] {
      let rows = reach.services.compactMap { service -> ServiceMatrix.Row? in
        let cells = reach.ends.indices.map { service.reach($0, output) }
        if cells.allSatisfy({ $0 == .nothing }) { return nil }
        return ServiceMatrix.Row(
          service: service.name, isPublished: service.isPublished, cells: cells)
      }
      if let same = groups.firstIndex(where: { $0.rows == rows }) {
        groups[same].outputs.append(output)
      } else {
        groups.append((rows, [output]))
      }
    }
    var tables: [ServiceMatrix.Table] = []
    for (rows, outputs) in groups where !rows.isEmpty {
      let zones = path == .forward ? outputs.map { reach.ends[$0] } : nil
      var columns: [ServiceMatrix.Column] = []
      for (place, end) in reach.ends.enumerated() {
        let passes = rows.contains { $0.cells[place] != .nothing }
        columns.append(
          ServiceMatrix.Column(
            zone: end.map { policy.zones[$0].name.value },
            kind: end.flatMap { policy.zones[$0].kind },
            parts: passes ? try acceptedParts(selection(path, [end], to: zones, asOf)) : []))
      }
      tables.append(
        ServiceMatrix.Table(
          path: path, zones: (zones ?? []).map { $0.map { policy.zones[$0].name.value } },
          columns: columns, rows: rows))
    }
    return tables
  }

  /// What of a selection the policy's author lets pass, each decider apart.
  func acceptedParts(
    _ selection: TrafficSelection
  ) throws(PacketSpaceError) -> [QueryAnswer.Part] {
    try answer(about: selection) { $0.verdict == .accept && $0.isTheAuthors }.parts
  }

  /// New connections between ends, nil being anywhere.
  ///
  /// - Parameters:
  ///   - ends: zones, or nil for interfaces of none: in which packets come, outbound by which they go.
  ///   - outputs: in forward by which they leave.
  private func selection(
    _ path: Packet.Path, _ ends: [Int?]?, to outputs: [Int?]?, _ asOf: Timestamp?
  ) -> TrafficSelection {
    var selection = TrafficSelection(on: path, from: endpoint(nil), to: endpoint(nil))
    switch path {
    case .inbound: selection.from = endpoint(ends)
    case .forward:
      selection.from = endpoint(ends)
      selection.to = endpoint(outputs)
    case .outbound: selection.to = endpoint(ends)
    }
    selection.asOf = asOf
    return selection
  }

  /// Any address behind some zones, nil being behind none of them; without a list, anywhere.
  func endpoint(_ ends: [Int?]?) -> ResolvedEndpoint {
    let zones =
      ends.map { ZoneSet(zones: $0.compactMap { $0 }.sorted(), others: $0.contains(nil)) }
      ?? ZoneSet(zones: Array(policy.zones.indices), others: true)
    return ResolvedEndpoint(parts: [.init(zones: zones, addresses: .any)])
  }

  private func section(_ path: Packet.Path) -> ResolvedSection? {
    switch path {
    case .inbound: policy.inbound
    case .forward: policy.forward
    case .outbound: policy.outbound
    }
  }
}
