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

  package var tables: [Table]
}

extension PolicyQuestions {
  /// The matrix of a policy, rows in which nothing passes left out.
  ///
  /// - Parameters:
  ///   - asOf: nil for a time before every expiry.
  ///   - rowLimit: of services told apart in a table; what is beyond counts among everything else.
  package func serviceMatrix(
    asOf: Timestamp? = nil, rowLimit: Int = 60
  ) throws(PacketSpaceError) -> ServiceMatrix {
    var tables: [ServiceMatrix.Table] = []
    let ends = policy.zones.indices.map(Optional.some) + [nil]
    for path in [Packet.Path.inbound, .forward, .outbound] {
      guard let section = section(path) else { continue }
      let services = try MatrixServices(
        of: section.rules, in: self, on: path, rowLimit: rowLimit,
        withSMTP: path != .inbound && policy.smtpEgress != nil, asOf: asOf)
      // Only forwarded packets have a zone at either end.
      var groups: [(rows: [ServiceMatrix.Row], zones: [Int?])] = []
      for output in path == .forward ? ends : [nil] {
        let rows = try rows(services, path, to: path == .forward ? [output] : nil, ends, asOf)
        if let same = groups.firstIndex(where: { $0.rows == rows }) {
          groups[same].zones.append(output)
        } else {
          groups.append((rows, [output]))
        }
      }
      for (rows, zones) in groups where !rows.isEmpty {
        let outputs = path == .forward ? zones : nil
        var columns: [ServiceMatrix.Column] = []
        for end in ends {
          let parts = try answer(about: selection(path, end, to: outputs, asOf)).parts
          columns.append(
            ServiceMatrix.Column(
              zone: end.map { policy.zones[$0].name.value },
              kind: end.flatMap { policy.zones[$0].kind },
              parts: parts.filter { $0.decision.verdict == .accept && $0.decision.isTheAuthors }))
        }
        tables.append(
          ServiceMatrix.Table(
            path: path,
            zones: outputs.map { $0.map { $0.map { policy.zones[$0].name.value } } } ?? [],
            columns: columns, rows: rows))
      }
    }
    return ServiceMatrix(tables: tables)
  }

  /// New connections between ends.
  ///
  /// - Parameters:
  ///   - end: a zone, or nil for interfaces of none: in which packets come, outbound by which they go.
  ///   - outputs: in forward by which they leave.
  private func selection(
    _ path: Packet.Path, _ end: Int?, to outputs: [Int?]?, _ asOf: Timestamp?
  ) -> TrafficSelection {
    var selection = TrafficSelection(on: path, from: endpoint(nil), to: endpoint(nil))
    switch path {
    case .inbound: selection.from = endpoint([end])
    case .forward:
      selection.from = endpoint([end])
      selection.to = endpoint(outputs)
    case .outbound: selection.to = endpoint([end])
    }
    selection.asOf = asOf
    return selection
  }

  private func rows(
    _ services: MatrixServices, _ path: Packet.Path, to outputs: [Int?]?, _ ends: [Int?],
    _ asOf: Timestamp?
  ) throws(PacketSpaceError) -> [ServiceMatrix.Row] {
    var cells = Array(repeating: [ServiceMatrix.Reach](), count: services.named.count + 1)
    for end in ends {
      var selection = selection(path, end, to: outputs, asOf)
      let own = try packets(of: selection)
      selection.mayBeTranslated = true
      let dialled = services.hasPublished ? try packets(of: selection) : own
      let table = try decisions(about: dialled)
      for (index, service) in services.named.enumerated() {
        let among = service.isPublished ? dialled : own
        let packets = try arena.intersection(among, service.packets)
        cells[index].append(reach(of: packets, in: table))
      }
      let rest = try arena.difference(own, services.all)
      cells[services.named.count].append(reach(of: rest, in: table))
    }
    return cells.enumerated().map { index, cells in
      let service = index < services.named.count ? services.named[index] : nil
      return ServiceMatrix.Row(
        service: service?.name, isPublished: service?.isPublished ?? false, cells: cells)
    }.filter { row in row.cells.contains { $0 != .nothing } }
  }

  private func reach(of packets: PacketSet, in table: DecisionTable) -> ServiceMatrix.Reach {
    var passes = false
    var stops = false
    for number in arena.answers(of: table.diagram, within: packets) {
      guard let decision = table.numbering[number] else { continue }
      // What passes or is dropped whatever the policy says, says nothing about a service.
      guard decision.isTheAuthors else { continue }
      if decision.verdict == .accept { passes = true } else { stops = true }
    }
    return passes ? (stops ? .part : .everything) : .nothing
  }

  /// Any address behind some zones, nil being behind none of them; without a list, anywhere.
  fileprivate func endpoint(_ ends: [Int?]?) -> ResolvedEndpoint {
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

extension Decision {
  /// Whether the gate, a rule or a default decided, and not what is the same on every machine.
  fileprivate var isTheAuthors: Bool {
    switch step {
    case .smtpEgress, .rules, .sectionDefault, .notGoverned: true
    case .loopback, .antiSpoofing, .conntrack, .essentialICMP, .invalid: false
    }
  }
}

/// The services that the rows of a table are about: the smallest named parts of what rules speak of.
private struct MatrixServices {
  struct Named {
    var name: String
    var isPublished: Bool
    var packets: PacketSet
  }

  var named: [Named] = []
  /// Packets of any of them.
  var all: PacketSet

  var hasPublished: Bool { named.contains(where: \.isPublished) }

  init(
    of rules: [ResolvedRule], in questions: PolicyQuestions, on path: Packet.Path, rowLimit: Int,
    withSMTP: Bool, asOf: Timestamp?
  ) throws(PacketSpaceError) {
    var spoken = ServiceSet()
    var published = ServiceSet()
    for rule in rules {
      if let ports = rule.published {
        published = published.union(ports)
      } else if !rule.service.isAny {
        spoken = spoken.union(rule.service)
      }
    }
    if withSMTP { spoken = spoken.union(ServiceSet(ports: [.tcp: IntervalSet<UInt16>(25)])) }
    let arena = questions.arena
    for (name, set) in Self.parts(of: spoken, in: questions.policy).prefix(rowLimit) {
      var selection = TrafficSelection(
        on: path, from: questions.endpoint(nil), to: questions.endpoint(nil), service: set)
      selection.isSpoofed = true
      selection.asOf = asOf
      selection.mayBeTranslated = true
      named.append(
        Named(name: name, isPublished: false, packets: try questions.packets(of: selection)))
    }
    for (name, set) in Self.parts(of: published, in: questions.policy).prefix(rowLimit) {
      named.append(
        Named(name: name, isPublished: true, packets: try Self.dialled(set, in: arena)))
    }
    all = try arena.union(named.map(\.packets))
  }

  /// Packets that were dialled by some ports.
  private static func dialled(
    _ service: ServiceSet, in arena: PacketArena
  ) throws(PacketSpaceError) -> PacketSet {
    var sets: [PacketSet] = []
    for (ipProtocol, ports) in service.ports.sorted(by: { $0.key < $1.key }) {
      let wide = IntervalSet<UInt32>(
        ports.intervals.map { .init(UInt32($0.lower), UInt32($0.upper)) })
      sets.append(
        try arena.intersection(
          try arena.set(.ipProtocol, IntervalSet<UInt32>(UInt32(ipProtocol.number))),
          try arena.set(.originalPort, wide)))
    }
    return try arena.union(sets)
  }

  /// Named services inside a set, none of which holds a port of another; then what has no name.
  private static func parts(
    of set: ServiceSet, in policy: ResolvedPolicy
  ) -> [(name: String, set: ServiceSet)] {
    if set.isEmpty { return [] }
    var rest = set
    var result: [(name: String, set: ServiceSet)] = []
    let candidates = policy.services.filter { !$0.value.isAny && !$0.value.isEmpty }
      .sorted { a, b in
        (a.value.partCount, a.key.utf8.count, a.key) < (b.value.partCount, b.key.utf8.count, b.key)
      }
    for (name, service) in candidates where service.isSubset(of: rest) {
      result.append((name, service))
      rest = rest.subtracting(service)
    }
    result.sort { $0.name < $1.name }
    let words = ServiceNames(of: [policy])
    return result + rest.parts.map { (words.words(for: $0), $0) }
  }
}

extension ServiceSet {
  fileprivate var partCount: Int { parts.count }

  fileprivate func subtracting(_ other: ServiceSet) -> ServiceSet {
    complement().union(other).complement()
  }

  fileprivate func isSubset(of other: ServiceSet) -> Bool { union(other) == other }
}
