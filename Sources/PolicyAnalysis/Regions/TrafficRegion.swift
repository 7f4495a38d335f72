package import NetworkTypes
package import PacketSpace

/// A product of sets of packets' properties, both families in one: what a person would call one
/// region.
///
/// What is nil may be anything.
package struct TrafficRegion: Hashable, Sendable {
  package var path: Packet.Path
  /// Classes of interfaces.
  package var inputs: IntervalSet<UInt32>?
  package var outputs: IntervalSet<UInt32>?
  package var families: Set<AddressFamily>
  /// Of the families; a family that is not in `families` has none.
  package var source: AddressSet
  package var destination: AddressSet
  package var service: ServiceSet
  package var states: Set<Packet.ConntrackState>?
  package var users: IntervalSet<UInt32>?
  /// Everything else that tells its packets from others: source ports, the port that was dialled,
  /// hop limit, kind of frame, reverse path, date, dynamic networks, limits.
  package var conditions: [Dimension: ValueSet]
  /// The products of one family and one kind of service that it was put together from; disjoint.
  package var pieces: [Region]
}

extension PacketArena {
  /// A set of possible packets as few disjoint regions, in the order of their values.
  ///
  /// - Parameter name: what a set of addresses is called; IPv4 and IPv6 of one name are one region.
  /// - Returns: at most `limit` regions, and whether they are all.
  package func cover(
    of set: PacketSet, within possible: PacketSet, limit: Int,
    name: (AddressSet) -> String? = { _ in nil }
  ) throws(PacketSpaceError) -> (regions: [TrafficRegion], isComplete: Bool) {
    // Hardly anything comes from 0.0.0.0 and ::, so that they would stand apart everywhere. Where
    // they fare like the rest, they are not told from it.
    let specified = try specifiedSources()
    let usual = try cover(
      of: try intersection(set, specified), in: try intersection(possible, specified), limit, name)
    if try packets(of: usual.regions, within: possible) == set || !usual.isComplete {
      return usual
    }
    return try cover(of: set, in: possible, limit, name)
  }

  /// The possible packets of some regions.
  package func packets(
    of regions: [TrafficRegion], within possible: PacketSet
  ) throws(PacketSpaceError) -> PacketSet {
    var sets: [PacketSet] = []
    for piece in regions.flatMap(\.pieces) { sets.append(try packets(of: piece)) }
    return try intersection(try union(sets), possible)
  }

  private func specifiedSources() throws(PacketSpaceError) -> PacketSet {
    let no = Diagram.constant(0)
    let yes = Diagram.constant(1)
    return PacketSet(
      diagram: try cases(
        .family,
        [
          (
            AddressFamily.ipv4.value,
            try choice(.source4, in: IntervalSet<UInt32>(0), then: no, else: yes)
          ),
          (.max, try choice(.source6, in: IntervalSet<UInt128>(0), then: no, else: yes)),
        ]))
  }

  private func cover(
    of set: PacketSet, in possible: PacketSet, _ limit: Int, _ name: (AddressSet) -> String?
  ) throws(PacketSpaceError) -> (regions: [TrafficRegion], isComplete: Bool) {
    var regions: [TrafficRegion] = []
    var isComplete = true
    for path in PathValue.allCases {
      for family in AddressFamily.allCases {
        func part(_ set: PacketSet) throws(PacketSpaceError) -> PacketSet {
          PacketSet(
            diagram: try fix(
              try fix(set.diagram, .path, to: UInt128(path.rawValue)), .family,
              to: UInt128(family.value)))
        }
        let simple = try simplified(try part(set), within: try part(possible))
        // Pieces of one region are many: protocols, states.
        let found = self.regions(of: simple.diagram, limit: limit * 16) { $0 == 1 }
        isComplete = isComplete && found.isComplete
        regions += found.regions.map { TrafficRegion($0, Packet.Path(path), family) }
      }
    }
    TrafficRegion.join(&regions, name: name)
    return (Array(regions.prefix(limit)), isComplete && regions.count <= limit)
  }
}

extension TrafficRegion {
  fileprivate init(_ product: Region, _ path: Packet.Path, _ family: AddressFamily) {
    self.path = path
    families = [family]
    inputs = path == .outbound ? nil : product.narrow(.inputInterface)
    outputs = path == .inbound ? nil : product.narrow(.outputInterface)
    switch family {
    case .ipv4:
      source = AddressSet(ipv4: product.narrow(.source4) ?? .all)
      destination = AddressSet(ipv4: product.narrow(.destination4) ?? .all)
    case .ipv6:
      source = AddressSet(ipv6: product.wide(.source6) ?? .all)
      destination = AddressSet(ipv6: product.wide(.destination6) ?? .all)
    }
    service = ServiceSet(product, family)
    states = product.narrow(.state).map { values in
      Set(
        StateValue.allCases.filter { values.contains($0.rawValue) }
          .map { Packet.ConntrackState($0) })
    }
    users = product.narrow(.user)
    conditions = product.values.filter { $0.key.isCondition }
    var piece = product
    piece.values[.path] = .narrow(IntervalSet(path.value.rawValue))
    piece.values[.family] = .narrow(IntervalSet(family.value))
    pieces = [piece]
  }

  // MARK: Joining

  /// Joins regions that differ in one thing only, which keeps them what they were together.
  fileprivate static func join(
    _ regions: inout [TrafficRegion], name: (AddressSet) -> String?
  ) {
    var count: Int
    repeat {
      count = regions.count
      join(&regions) {
        $0.service = ServiceSet()
      } with: {
        $0.service = $0.service.union($1.service)
      }
      join(&regions) {
        $0.states = nil
      } with: {
        $0.unite(\.states, $1) { $0.union($1) }
      }
      join(&regions) {
        $0.inputs = nil
      } with: {
        $0.unite(\.inputs, $1) { $0.union($1) }
      }
      join(&regions) {
        $0.outputs = nil
      } with: {
        $0.unite(\.outputs, $1) { $0.union($1) }
      }
      join(&regions) {
        $0.users = nil
      } with: {
        $0.unite(\.users, $1) { $0.union($1) }
      }
      join(&regions) {
        $0.source = AddressSet()
      } with: {
        $0.source = $0.source.union($1.source)
      }
      join(&regions) {
        $0.destination = AddressSet()
      } with: {
        $0.destination = $0.destination.union($1.destination)
      }
    } while regions.count < count
    joinFamilies(&regions, name: name)
  }

  private static func join(
    _ regions: inout [TrafficRegion], forgetting forget: (inout TrafficRegion) -> Void,
    with unite: (inout TrafficRegion, TrafficRegion) -> Void
  ) {
    var places: [TrafficRegion: Int] = [:]
    var result: [TrafficRegion] = []
    for region in regions {
      var key = region
      key.pieces = []
      forget(&key)
      if let place = places[key] {
        unite(&result[place], region)
        result[place].pieces += region.pieces
      } else {
        places[key] = result.count
        result.append(region)
      }
    }
    regions = result
  }

  private mutating func unite<Value>(
    _ path: WritableKeyPath<TrafficRegion, Value?>, _ other: TrafficRegion,
    _ union: (Value, Value) -> Value
  ) {
    guard let own = self[keyPath: path], let others = other[keyPath: path] else {
      self[keyPath: path] = nil
      return
    }
    self[keyPath: path] = union(own, others)
  }

  /// What two regions of different families have in common if they say the same.
  private struct Sense: Hashable {
    var region: TrafficRegion
    var source: String?
    var destination: String?

    init(_ region: TrafficRegion, name: (AddressSet) -> String?) {
      self.region = region
      self.region.pieces = []
      self.region.families = []
      // Whether an end is restricted is part of the sense; by which addresses, is not.
      self.region.source = region.isAnySource ? .any : AddressSet()
      self.region.destination = region.isAnyDestination ? .any : AddressSet()
      self.region.service = region.service.withoutICMP
      if !region.isAnySource { source = name(region.source) }
      if !region.isAnyDestination { destination = name(region.destination) }
    }
  }

  /// Joins IPv4 regions with the IPv6 regions that say the same: between ends of the same names, and
  /// then what is the only one of its sense in either family.
  private static func joinFamilies(
    _ regions: inout [TrafficRegion], name: (AddressSet) -> String?
  ) {
    joinFamilies(&regions, regions.map { Sense($0, name: name) })
    joinFamilies(&regions, regions.map { Sense($0) { _ in nil } })
  }

  /// - Parameter senses: of the regions, in their order.
  private static func joinFamilies(_ regions: inout [TrafficRegion], _ senses: [Sense]) {
    var places: [Sense: [Int]] = [:]
    for place in regions.indices where regions[place].families.count == 1 {
      places[senses[place], default: []].append(place)
    }
    var isGone: Set<Int> = []
    for pair in places.values where pair.count == 2 {
      var (first, second) = (regions[pair[0]], regions[pair[1]])
      guard first.families != second.families,
        first.service.hasICMP == second.service.hasICMP
      else { continue }
      if first.families == [.ipv6] { swap(&first, &second) }
      first.families = [.ipv4, .ipv6]
      first.source = first.source.union(second.source)
      first.destination = first.destination.union(second.destination)
      first.service = first.service.joined(withIPv6: second.service)
      first.pieces += second.pieces
      regions[pair[0]] = first
      isGone.insert(pair[1])
    }
    regions = regions.enumerated().filter { !isGone.contains($0.offset) }.map(\.element)
  }

  /// Whether every address of its families may be the source.
  package var isAnySource: Bool { families.allSatisfy { source.isAll(in: $0) } }
  package var isAnyDestination: Bool { families.allSatisfy { destination.isAll(in: $0) } }
}

extension Dimension {
  /// Whether a region names it apart from ends, service, state and user.
  fileprivate var isCondition: Bool {
    switch self {
    case .sourcePort, .hopLimit, .packetType, .originalPort, .reversePath, .date: true
    default: limiterIndex != nil || networkMembership != nil
    }
  }
}

extension ServiceSet {
  /// What a product says of protocol, destination port and ICMP type.
  fileprivate init(_ product: Region, _ family: AddressFamily) {
    guard let protocols = product.narrow(.ipProtocol)?.clamped(to: 255) else {
      self = .any
      return
    }
    let ports = product.narrow(.destinationPort)?.clamped(to: 65535)
    let types = product.narrow(.icmp)?.clamped(to: 65535)
    let icmpNumber = family == .ipv4 ? IPProtocol.icmp : .icmpv6
    var whole: [IntervalSet<UInt8>.Interval] = []
    var partial: [IPProtocol: IntervalSet<UInt16>] = [:]
    var icmp = IntervalSet<UInt16>()
    for interval in protocols.intervals {
      for number in UInt8(interval.lower)...UInt8(interval.upper) {
        let ipProtocol = IPProtocol(number: number)
        if ipProtocol.hasPorts, let ports {
          partial[ipProtocol] = ports
        } else if ipProtocol == icmpNumber, let types {
          icmp = types
        } else {
          whole.append(.init(number, number))
        }
      }
    }
    self.init(
      protocols: IntervalSet(whole), ports: partial,
      icmp: family == .ipv4 ? icmp : IntervalSet(),
      icmpv6: family == .ipv6 ? icmp : IntervalSet())
  }

  /// The same without either family's ICMP.
  fileprivate var withoutICMP: ServiceSet {
    let both = IntervalSet<UInt8>(
      [IPProtocol.icmp, .icmpv6].map { .init($0.number, $0.number) })
    return ServiceSet(protocols: protocols.subtracting(both), ports: ports)
  }

  fileprivate var hasICMP: Bool {
    !icmp.isEmpty || !icmpv6.isEmpty
  }

  /// What is of this set in IPv4 and of another in IPv6.
  ///
  /// Each family's own ICMP counts; that of the other one, which hardly exists, is not spoken of.
  fileprivate func joined(withIPv6 other: ServiceSet) -> ServiceSet {
    func whole(_ set: ServiceSet, _ ipProtocol: IPProtocol) -> ServiceSet {
      set.protocols.contains(ipProtocol.number)
        ? ServiceSet(protocols: IntervalSet(ipProtocol.number)) : ServiceSet()
    }
    return withoutICMP.union(other.withoutICMP)
      .union(whole(self, .icmp)).union(whole(other, .icmpv6))
      .union(ServiceSet(icmp: icmp, icmpv6: other.icmpv6))
  }
}

extension IntervalSet<UInt32> {
  /// Its values up to a bound, which are 16 bits wide.
  fileprivate func clamped(to bound: UInt32) -> IntervalSet<UInt16> {
    IntervalSet<UInt16>(
      intervals.filter { $0.lower <= bound }
        .map { .init(UInt16($0.lower), UInt16(Swift.min($0.upper, bound))) })
  }
}
