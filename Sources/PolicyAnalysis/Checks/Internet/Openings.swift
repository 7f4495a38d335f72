package import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// What one rule opens to the internet on one way.
package struct Opening: Sendable {
  package let place: RulePlace
  package let way: PublicWay
  /// By family; no entry is empty.
  package let ports: [AddressFamily: PortSet]

  package var allPorts: PortSet { ports.values.reduce(PortSet(tcp: [], udp: [])) { $0.union($1) } }
}

/// A way for strangers to reach a service.
package enum PublicWay: Hashable, Sendable, CaseIterable {
  case inbound
  /// Through a router, to zones that are neither outside nor clients'.
  case servers
  /// Through a router to clients; a rule for every service is transit, not a service.
  case customers
  /// Published to containers, by the port that is dialled.
  case published
  /// To containers by their own ports.
  case containers
}

extension CheckContext {
  package var internet: Internet {
    if let knownInternet { return knownInternet }
    let internet = Internet(of: policy)
    knownInternet = internet
    return internet
  }

  /// The zones of a kind, by index.
  package func zones(_ isWanted: (ZoneKind?) -> Bool) -> [Int] {
    policy.zones.indices.filter { isWanted(policy.zones[$0].kind) }
  }

  /// Everything that rules open to the internet, by rule and way.
  ///
  /// Packets of new connections with room in every limit, as of the date of the check.
  package func openings() throws(PacketSpaceError) -> [Opening] {
    if let knownOpenings { return knownOpenings }
    var result: [Opening] = []
    for way in PublicWay.allCases {
      guard let traffic = try traffic(on: way) else { continue }
      result += try openings(in: traffic, on: way)
    }
    result.sort { $0.place < $1.place }
    knownOpenings = result
    return result
  }

  /// The packets that are judged on a way; nil where the policy has no such way.
  ///
  /// - Parameter addresses: of the strangers; nil for all of the internet.
  func traffic(
    on way: PublicWay, from addresses: AddressSet? = nil
  ) throws(PacketSpaceError) -> PacketSet? {
    let strangers = endpoint(addresses ?? internet.addresses, in: internet.zones)
    var selection: TrafficSelection
    switch (way, policy.role) {
    case (.inbound, _): selection = TrafficSelection(on: .inbound, from: strangers, to: endpoint())
    case (.servers, .router), (.customers, .router):
      let isCustomers = way == .customers
      let behind = zones { $0 != .outside && ($0 == .clients) == isCustomers }
      if behind.isEmpty || policy.forward == nil { return nil }
      selection = TrafficSelection(
        on: .forward, from: strangers, to: endpoint(in: ZoneSet(zones: behind, others: false)))
    case (.published, .host), (.containers, .host):
      let containers = zones { $0 == .containers }
      if containers.isEmpty || policy.forward == nil { return nil }
      selection = TrafficSelection(
        on: .forward, from: strangers, to: endpoint(in: ZoneSet(zones: containers, others: false)))
      selection.mayBeTranslated = way == .published
    default: return nil
    }
    return try packets(ofNew: selection)
  }

  /// The packets of one stranger in each family: far fewer to look through for an example.
  func trafficOfOne(on way: PublicWay) throws(PacketSpaceError) -> PacketSet? {
    if let known = knownTrafficOfOne[way] { return known }
    func first<Bound>(_ set: IntervalSet<Bound>) -> IntervalSet<Bound> {
      IntervalSet(set.intervals.prefix(1).map { .init($0.lower, $0.lower) })
    }
    let one = AddressSet(ipv4: first(internet.addresses.ipv4), ipv6: first(internet.addresses.ipv6))
    let traffic = try traffic(on: way, from: one)
    knownTrafficOfOne[way] = traffic
    return traffic
  }

  /// The packets of a selection as of the date of the check, sent to this machine's own link address.
  func packets(ofNew selection: TrafficSelection) throws(PacketSpaceError) -> PacketSet {
    var selection = selection
    if options.asOf.seconds != 0 { selection.asOf = options.asOf }
    let set = try packets(of: selection)
    return try arena.intersection(set, try arena.set(.packetType, IntervalSet<UInt32>(0)))
  }

  private func openings(
    in traffic: PacketSet, on way: PublicWay
  ) throws(PacketSpaceError) -> [Opening] {
    let table = try decisions()
    var places: [RulePlace?] = []
    for decision in table.numbering.values {
      guard let decision, decision.step == .rules, decision.verdict == .accept,
        let place = decision.decider.flatMap({ place(ofRule: $0.name) })
      else {
        places.append(nil)
        continue
      }
      let rule = rule(at: place)
      let counts =
        switch way {
        case .inbound, .servers: true
        case .customers: !rule.service.isAny
        case .published: rule.published != nil
        case .containers: rule.published == nil
        }
      places.append(counts ? place : nil)
    }
    let accepted = try arena.combine(traffic.diagram, table.diagram) { set, diagram in
      if set == .constant(0) { return .constant(0) }
      guard set == .constant(1), let number = diagram.constant else { return nil }
      return .constant(places[Int(number)] == nil ? 0 : number + 1)
    }
    var summary = PortSummary(arena, by: way == .published ? .originalPort : .destinationPort)
    var found: [RulePlace: [AddressFamily: PortSet]] = [:]
    for family in AddressFamily.allCases {
      let slice = try arena.fix(
        try arena.fix(accepted, .path, to: UInt128(way.path.value.rawValue)), .family,
        to: UInt128(family.value))
      for (answer, ports) in summary.ports(of: slice) {
        guard let place = places[Int(answer) - 1] else { continue }
        let known = found[place]?[family]
        found[place, default: [:]][family] = known?.union(ports) ?? ports
      }
    }
    return found.map { Opening(place: $0.key, way: way, ports: $0.value) }
  }
}

extension PublicWay {
  var path: Packet.Path { self == .inbound ? .inbound : .forward }
}
