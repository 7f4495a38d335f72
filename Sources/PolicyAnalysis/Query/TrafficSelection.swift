package import NetworkTypes
import PacketSpace
package import PolicyLanguage

/// A region of packets that can arrive, as tests and queries name it: language reference, Tests.
package struct TrafficSelection: Sendable {
  package var path: Packet.Path
  package var from: ResolvedEndpoint
  package var to: ResolvedEndpoint
  package var service: ServiceSet
  /// Nil for every interface but `lo`.
  package var inputs: TestInterfaces?
  /// Nil for every interface but `lo`.
  package var outputs: TestInterfaces?
  package var states: Set<TestState>
  /// Nil for any packet.
  package var users: [UInt32]?
  package var isSpoofed: Bool
  package var limitExceeded: Bool
  /// Nil for a time before every expiry.
  package var asOf: Timestamp?
  /// Whether the port that was dialled may be another than the packet's own.
  package var mayBeTranslated = false
  /// The networks that are filled at run time and whose members it may speak of; of any other, none
  /// of its packets comes from or goes to one.
  private var sourceNetworks: Set<String>
  private var destinationNetworks: Set<String>

  /// Packets of new connections that nothing holds against them: not spoofed, within every limit,
  /// before every expiry.
  package init(
    on path: Packet.Path, from: ResolvedEndpoint, to: ResolvedEndpoint, service: ServiceSet = .any
  ) {
    self.path = path
    self.from = from
    self.to = to
    self.service = service
    states = [.new]
    isSpoofed = false
    limitExceeded = false
    sourceNetworks = Set(from.members.names)
    destinationNetworks = Set(to.members.names)
  }

  /// Whether it speaks of addresses in a network that is filled at run time.
  func names(_ network: String, as side: AddressSide) -> Bool {
    switch side {
    case .source: sourceNetworks.contains(network)
    case .destination: destinationNetworks.contains(network)
    }
  }

  package init(_ test: ResolvedTest) {
    path = Packet.Path(test.path)
    from = test.from
    to = test.to
    service = test.service
    inputs = test.inputs
    outputs = test.outputs
    states = test.states
    users = test.users
    isSpoofed = test.isSpoofed
    limitExceeded = test.limitExceeded
    asOf = test.asOf
    sourceNetworks = Set(test.from.members.names)
    destinationNetworks = Set(test.to.members.names)
  }

  /// The same without what it says of ends, interfaces and service: everything that can arrive there.
  func widened(in policy: ResolvedPolicy) -> TrafficSelection {
    let everywhere = ResolvedEndpoint(
      parts: [
        .init(zones: ZoneSet(zones: Array(policy.zones.indices), others: true), addresses: .any)
      ])
    var wide = self
    wide.from = everywhere
    wide.to = everywhere
    wide.service = .any
    wide.inputs = nil
    wide.outputs = nil
    wide.users = nil
    return wide
  }

  /// The names of single interfaces, which the classes of interfaces must tell apart.
  package var interfaceNames: [String] { (inputs?.names ?? []) + (outputs?.names ?? []) }
}

extension Packet.Path {
  package init(_ section: PolicySection) {
    switch section {
    case .inbound: self = .inbound
    case .forward: self = .forward
    case .outbound: self = .outbound
    }
  }
}

/// What turns selections into sets of packets: one policy, in one arena.
struct SelectionBuilder {
  let policy: ResolvedPolicy
  let arena: PacketArena
  let interfaces: InterfaceClasses
  let limiters: LimiterNumbers
  let possible: PacketSet
  let zones: InterfaceZones

  /// The packets that a selection speaks of; empty where none can arrive.
  func packets(of selection: TrafficSelection) throws(PacketSpaceError) -> PacketSet {
    var families: [(upper: UInt32, then: Diagram)] = []
    for family in AddressFamily.allCases {
      families.append((family.value, try packets(of: selection, family)))
    }
    families.append((.max, .constant(0)))
    let onPath = try arena.choice(
      .path, in: IntervalSet<UInt32>(selection.path.value.rawValue),
      then: try arena.cases(.family, families), else: .constant(0))
    let set = try arena.intersection(PacketSet(diagram: onPath), possible)
    return try arena.intersection(set, try circumstances(of: selection))
  }

  /// Between its ends, of its service, state and user, and not spoofed.
  private func packets(
    of selection: TrafficSelection, _ family: AddressFamily
  ) throws(PacketSpaceError) -> Diagram {
    var slice = PacketSlice(
      arena: arena, path: selection.path, family: family, zones: zones, numbers: limiters)
    let yes = Diagram.constant(1)
    let users = selection.users.map { users in
      IntervalSet<UInt32>(users.filter { $0 != Dimension.noUser }.map { .init($0, $0) })
    }
    let ofService = try slice.service(selection.service, users: users, then: (yes, yes))
    let ofState = try slice.states(
      selection.states.map { StateValue(Packet.ConntrackState($0)) }, then: ofService,
      else: .undecided)
    let between = try slice.from(selection.from, then: try slice.to(selection.to, then: ofState))
    var set = try arena.map(between) { $0 == 1 ? 1 : 0 }
    if !selection.isSpoofed {
      let refused = try AntiSpoofingStep(policy: policy, slice: slice).diagram { _ in .constant(1) }
      let admitted = try arena.map(refused) { $0 == 1 ? 0 : 1 }
      set = try arena.intersection(PacketSet(diagram: set), PacketSet(diagram: admitted)).diagram
    }
    return set
  }

  /// What does not depend on the family: interfaces, limits, the date, the port that was dialled.
  private func circumstances(
    of selection: TrafficSelection
  ) throws(PacketSpaceError) -> PacketSet {
    var set = PacketSet.all
    if let date = selection.asOf {
      set = try arena.set(.date, IntervalSet<UInt128>(UInt128(max(date.seconds, 0))))
    } else {
      set = try arena.set(.date, IntervalSet<UInt128>(0))
    }
    // From the last dimension to the first.
    for index in limiters.rules.indices.reversed() {
      let room = LimiterValue.room.rawValue
      let values =
        selection.limitExceeded
        ? IntervalSet<UInt32>([.init(room + 1, .max)]) : IntervalSet<UInt32>(room)
      set = try arena.intersection(try arena.set(.limiter(index), values), set)
    }
    for (index, name) in limiters.networks.enumerated().reversed() {
      for side in AddressSide.allCases where !selection.names(name, as: side) {
        set = try arena.intersection(
          try arena.set(.member(side, ofNetwork: index), IntervalSet<UInt32>(0)), set)
      }
    }
    if !selection.mayBeTranslated { set = try arena.intersection(try untranslated(), set) }
    for (dimension, named, isMet) in [
      (Dimension.inputInterface, selection.inputs, selection.path != .outbound),
      (.outputInterface, selection.outputs, selection.path != .inbound),
    ] where isMet {
      let classes = named.map { self.classes(of: $0) } ?? allButLoopback
      set = try arena.intersection(try arena.set(dimension, classes), set)
    }
    return set
  }

  private var allButLoopback: IntervalSet<UInt32> {
    interfaces.named.subtracting(IntervalSet(interfaces.classOf("lo")))
  }

  private func classes(of named: TestInterfaces) -> IntervalSet<UInt32> {
    let owned = zones.zones.indices.filter { place in
      zones.zones[place].map { named.zones.contains($0) } ?? false
    }.map { UInt32($0) }
    return IntervalSet<UInt32>(
      (owned + named.names.map(interfaces.classOf)).map { .init($0, $0) })
  }

  /// Packets whose port was not translated on the way: the port that was dialled is their own.
  ///
  /// Told apart no finer than the policy does.
  private func untranslated() throws(PacketSpaceError) -> PacketSet {
    let published = (policy.forward?.rules ?? []).compactMap(\.published)
    if published.isEmpty { return .all }
    var cuts: Set<UInt32> = [0]
    for ports in published.flatMap(\.ports.values) {
      for interval in ports.intervals {
        cuts.insert(UInt32(interval.lower))
        cuts.insert(UInt32(interval.upper) + 1)
      }
    }
    let starts = cuts.filter { $0 <= 65535 }.sorted()
    let none = Dimension.noPort
    var runs: [(upper: UInt32, then: Diagram)] = []
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] - 1 : 65535
      // What conntrack does not follow has no port before NAT.
      let own = IntervalSet<UInt32>([.init(start, end), .init(none, none)])
      runs.append((end, try arena.set(.originalPort, own).diagram))
    }
    runs.append((.max, .constant(1)))
    return PacketSet(diagram: try arena.cases(.destinationPort, runs))
  }
}

extension Packet.ConntrackState {
  package init(_ state: TestState) {
    switch state {
    case .new: self = .new
    case .established: self = .established
    case .related: self = .related
    case .invalid: self = .invalid
    case .untracked: self = .untracked
    }
  }
}

extension StateValue {
  fileprivate init(_ state: Packet.ConntrackState) { self = state.value }
}
