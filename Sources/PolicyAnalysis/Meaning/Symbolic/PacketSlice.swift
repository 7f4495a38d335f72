import NetworkTypes
import PacketSpace
import PolicyLanguage

/// The packets of one path and one family: what the steps of the order of decision are built for.
///
/// Functions are built from the last dimension to the first, so that each node is made once.
struct PacketSlice {
  let arena: PacketArena
  let path: Packet.Path
  let family: AddressFamily
  /// Of the interfaces' classes.
  var zones: InterfaceZones
  /// Of the networks that are filled at run time.
  let numbers: LimiterNumbers

  // MARK: Addresses

  /// One function for packets from some addresses, another for the rest.
  func source(
    in set: AddressSet, then inside: Diagram, else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    switch family {
    case .ipv4: try arena.choice(.source4, in: set.ipv4, then: inside, else: outside)
    case .ipv6: try arena.choice(.source6, in: set.ipv6, then: inside, else: outside)
    }
  }

  /// The same for packets to some addresses.
  func destination(
    in set: AddressSet, then inside: Diagram, else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    switch family {
    case .ipv4: try arena.choice(.destination4, in: set.ipv4, then: inside, else: outside)
    case .ipv6: try arena.choice(.destination6, in: set.ipv6, then: inside, else: outside)
    }
  }

  // MARK: Interfaces

  /// A function for each zone that the input interface may belong to (nil: to none).
  func byInputZone(
    _ function: (Int?) throws(PacketSpaceError) -> Diagram
  ) throws(PacketSpaceError) -> Diagram {
    var known: [Int?: Diagram] = [:]
    var runs: [(upper: UInt32, then: Diagram)] = []
    for (interfaceClass, zone) in zones.zones.enumerated() {
      let diagram: Diagram
      if let made = known[zone] {
        diagram = made
      } else {
        diagram = try function(zone)
        known[zone] = diagram
      }
      let isLast = interfaceClass == zones.zones.count - 1
      runs.append((isLast ? .max : UInt32(interfaceClass), diagram))
    }
    return try arena.cases(.inputInterface, runs)
  }

  // MARK: Endpoints

  /// A function for the packets that come from an endpoint; others are undecided.
  mutating func from(
    _ endpoint: ResolvedEndpoint, then inside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let inside = try members(endpoint.members, .source, then: inside)
    var parts: [Diagram] = []
    for part in endpoint.parts where !part.addresses.isEmpty(in: family) {
      let addressed = try source(in: part.addresses, then: inside, else: .undecided)
      parts.append(
        try arena.choice(
          .inputInterface, in: zones.classes(of: part.zones), then: addressed, else: .undecided))
    }
    return try any(of: parts)
  }

  /// A function for the packets that go to an endpoint; others are undecided.
  ///
  /// `inside` asks nothing before the conntrack state.
  mutating func to(
    _ endpoint: ResolvedEndpoint, then inside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let inside = try members(endpoint.members, .destination, then: inside)
    var parts: [Diagram] = []
    for part in endpoint.parts where !part.addresses.isEmpty(in: family) {
      let leaving = try arena.choice(
        .outputInterface, in: zones.classes(of: part.zones), then: inside, else: .undecided)
      parts.append(try destination(in: part.addresses, then: leaving, else: .undecided))
    }
    return try any(of: parts)
  }

  /// A function for packets with an address in some networks that are filled at run time and not in
  /// others; the rest are undecided.
  private func members(
    _ members: DynamicMembership, _ side: AddressSide, then inside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    if members.isEmpty { return inside }
    var set = PacketSet.all
    for (names, value) in [(members.inside, UInt32(1)), (members.outside, 0)] {
      for name in names {
        guard let number = numbers.network(name) else {
          preconditionFailure("the networks are of other policies")
        }
        set = try arena.intersection(
          set, try arena.set(.member(side, ofNetwork: number), IntervalSet<UInt32>(value)))
      }
    }
    return try arena.restrict(inside, to: set, otherwise: Diagram.undecidedNumber)
  }

  /// The parts of an endpoint, which have no packet in common.
  private func any(of parts: [Diagram]) throws(PacketSpaceError) -> Diagram {
    var all = FirstMatch()
    for part in parts { all.append(part) }
    return try all.diagram(in: arena)
  }

  // MARK: What lies below the addresses

  /// A function for packets of a service; others are undecided.
  ///
  /// - Parameters:
  ///   - byOriginalPort: match the ports before NAT.
  ///   - users: who may have created the sending socket; nil for any packet.
  ///   - inside: for TCP and for other protocols; asks nothing before the reverse path.
  func service(
    _ service: ServiceSet, byOriginalPort: Bool = false, users: IntervalSet<UInt32>? = nil,
    then inside: (tcp: Diagram, other: Diagram)
  ) throws(PacketSpaceError) -> Diagram {
    func sent(_ diagram: Diagram) throws(PacketSpaceError) -> Diagram {
      guard let users else { return diagram }
      return try arena.choice(.user, in: users, then: diagram, else: .undecided)
    }
    var table = [Diagram](repeating: .undecided, count: 256)
    if !service.protocols.isEmpty {
      let other = try sent(inside.other)
      for interval in service.protocols.intervals {
        for number in interval.lower...interval.upper { table[Int(number)] = other }
      }
      if service.protocols.contains(IPProtocol.tcp.number) {
        table[Int(IPProtocol.tcp.number)] = try sent(inside.tcp)
      }
    }
    for (ipProtocol, ports) in service.ports {
      let ports = ports.widened
      let inside = ipProtocol == .tcp ? inside.tcp : inside.other
      table[Int(ipProtocol.number)] =
        byOriginalPort
        ? try sent(try arena.choice(.originalPort, in: ports, then: inside, else: .undecided))
        : try arena.choice(.destinationPort, in: ports, then: try sent(inside), else: .undecided)
    }
    let (icmp, types) =
      family == .ipv4 ? (IPProtocol.icmp, service.icmp) : (.icmpv6, service.icmpv6)
    if !types.isEmpty {
      table[Int(icmp.number)] = try arena.choice(
        .icmp, in: types.widened, then: try sent(inside.other), else: .undecided)
    }
    return try byProtocol(table)
  }

  /// The table's last entry stands for the numbers that no packet has, too.
  private func byProtocol(_ table: [Diagram]) throws(PacketSpaceError) -> Diagram {
    var runs: [(upper: UInt32, then: Diagram)] = []
    for number in 0..<255 where table[number] != table[number + 1] {
      runs.append((UInt32(number), table[number]))
    }
    runs.append((.max, table[255]))
    return try arena.cases(.ipProtocol, runs)
  }

  /// A function for packets in some conntrack states.
  func states(
    _ states: [StateValue], then inside: Diagram, else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    try arena.choice(
      .state, in: IntervalSet<UInt32>(states.map { .init($0.rawValue, $0.rawValue) }), then: inside,
      else: outside)
  }

  /// A function for packets seen before a date, another from then on.
  func before(
    _ date: Timestamp?, then inside: Diagram, else outside: Diagram = .undecided
  ) throws(PacketSpaceError) -> Diagram {
    guard let date else { return inside }
    if date.seconds <= 0 { return outside }
    return try arena.choice(
      .date, in: IntervalSet<UInt128>([.init(0, UInt128(date.seconds) - 1)]), then: inside,
      else: outside)
  }
}

extension IntervalSet<UInt16> {
  /// The same numbers as values of a dimension.
  fileprivate var widened: IntervalSet<UInt32> {
    IntervalSet<UInt32>(
      canonical: intervals.map { .init(UInt32($0.lower), UInt32($0.upper)) })
  }
}
