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
    /// The zone that packets leave for, in forward; nil elsewhere, and for interfaces of no zone.
    package var zone: String?
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
    let others = policy.zones.indices.map(Optional.some) + [nil]
    tables.append(try table(.inbound, to: nil, columns: others, asOf, rowLimit))
    if policy.forward != nil {
      for zone in others {
        tables.append(try table(.forward, to: .some(zone), columns: others, asOf, rowLimit))
      }
    }
    tables.append(try table(.outbound, to: nil, columns: others, asOf, rowLimit))
    return ServiceMatrix(tables: tables.filter { !$0.rows.isEmpty })
  }

  /// - Parameters:
  ///   - output: in forward the zone that packets leave for; its inner nil is no zone.
  ///   - columns: zones at the other end.
  private func table(
    _ path: Packet.Path, to output: Int??, columns: [Int?], _ asOf: Timestamp?, _ rowLimit: Int
  ) throws(PacketSpaceError) -> ServiceMatrix.Table {
    let section = section(path)
    let services = MatrixServices(
      of: section?.rules ?? [], in: policy, rowLimit: rowLimit,
      withSMTP: path != .inbound && policy.smtpEgress != nil)
    let everywhere = endpoint(nil)
    var serviceSets: [PacketSet] = []
    for service in services.named {
      var selection = TrafficSelection(
        on: path, from: everywhere, to: everywhere, service: service.set)
      selection.isSpoofed = true
      selection.asOf = asOf
      selection.mayBeTranslated = service.isPublished
      if service.isPublished { selection.service = .any }
      var packets = try packets(of: selection)
      if service.isPublished {
        packets = try arena.intersection(packets, try dialled(service.set))
      }
      serviceSets.append(packets)
    }
    let known = try arena.union(serviceSets)

    var result: [ServiceMatrix.Column] = []
    var cells = Array(repeating: [ServiceMatrix.Reach](), count: services.named.count + 1)
    for column in columns {
      var selection = TrafficSelection(on: path, from: everywhere, to: everywhere)
      switch path {
      case .inbound: selection.from = endpoint(.some(column))
      case .forward:
        selection.from = endpoint(.some(column))
        selection.to = endpoint(output)
      case .outbound: selection.to = endpoint(.some(column))
      }
      selection.asOf = asOf
      let own = try packets(of: selection)
      var translated = selection
      translated.mayBeTranslated = true
      let dialled = services.hasPublished ? try packets(of: translated) : own
      let table = try decisions(about: dialled)
      for (index, service) in services.named.enumerated() {
        let packets = try arena.intersection(
          service.isPublished ? dialled : own, serviceSets[index])
        cells[index].append(reach(of: packets, in: table))
      }
      let rest = try arena.difference(own, known)
      cells[services.named.count].append(reach(of: rest, in: table))
      result.append(
        ServiceMatrix.Column(
          zone: column.map { policy.zones[$0].name.value },
          kind: column.flatMap { policy.zones[$0].kind },
          parts: try answer(about: selection).parts.filter { $0.decision.verdict == .accept }))
    }
    let names =
      services.named.map { (name: Optional.some($0.name), $0.isPublished) } + [(nil, false)]
    let rows = zip(names, cells).map {
      ServiceMatrix.Row(service: $0.name, isPublished: $0.1, cells: $1)
    }
    let zone = output.flatMap { $0 }
    return ServiceMatrix.Table(
      path: path, zone: zone.map { policy.zones[$0].name.value }, columns: result,
      rows: rows.filter { row in row.cells.contains { $0 != .nothing } })
  }

  private func reach(of packets: PacketSet, in table: DecisionTable) -> ServiceMatrix.Reach {
    var passes = false
    var stops = false
    for number in arena.answers(of: table.diagram, within: packets) {
      guard let decision = table.numbering[number] else { continue }
      if decision.verdict == .accept { passes = true } else { stops = true }
    }
    return passes ? (stops ? .part : .everything) : .nothing
  }

  /// Packets that were dialled by some ports.
  private func dialled(_ service: ServiceSet) throws(PacketSpaceError) -> PacketSet {
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

  /// Any address behind a zone, behind no zone (an inner nil), or anywhere.
  private func endpoint(_ zone: Int??) -> ResolvedEndpoint {
    let zones: ZoneSet =
      switch zone {
      case .none: ZoneSet(zones: Array(policy.zones.indices), others: true)
      case .some(.none): ZoneSet(zones: [], others: true)
      case .some(.some(let index)): ZoneSet(zones: [index], others: false)
      }
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

/// The services that the rows of a table are about: the smallest named parts of what rules speak of.
private struct MatrixServices {
  struct Named {
    var name: String
    var set: ServiceSet
    var isPublished: Bool
  }

  var named: [Named] = []

  var hasPublished: Bool { named.contains(where: \.isPublished) }

  init(of rules: [ResolvedRule], in policy: ResolvedPolicy, rowLimit: Int, withSMTP: Bool) {
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
    let all =
      Self.parts(of: spoken, in: policy, isPublished: false)
      + Self.parts(of: published, in: policy, isPublished: true)
    named = Array(all.prefix(rowLimit))
  }

  /// Named services inside a set, each port of it in one of them; then literals.
  private static func parts(
    of set: ServiceSet, in policy: ResolvedPolicy, isPublished: Bool
  ) -> [Named] {
    if set.isEmpty { return [] }
    var rest = set
    var result: [Named] = []
    let candidates = policy.services.filter { !$0.value.isAny && !$0.value.isEmpty }
      .sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }
    for (name, service) in candidates.sorted(by: { $0.value.partCount < $1.value.partCount })
    where service.isSubset(of: set) && service.isSubset(of: rest) {
      result.append(Named(name: name, set: service, isPublished: isPublished))
      rest = rest.subtracting(service)
    }
    result.sort { $0.name < $1.name }
    if !rest.isEmpty {
      let words = ServiceNames(of: [policy])
      for part in rest.parts {
        result.append(Named(name: words.words(for: part), set: part, isPublished: isPublished))
      }
    }
    return result
  }
}

extension ServiceSet {
  fileprivate var partCount: Int { parts.count }

  fileprivate func subtracting(_ other: ServiceSet) -> ServiceSet {
    complement().union(other).complement()
  }

  fileprivate func isSubset(of other: ServiceSet) -> Bool { union(other) == other }
}
