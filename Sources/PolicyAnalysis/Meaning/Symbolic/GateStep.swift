import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Step 6, the gate for outbound TCP 25: language reference §5.
///
/// Undecided about what it does not govern. What it lets pass goes on to the section's rules, and
/// is marked with the part of the gate that let it.
struct GateStep {
  let gate: ResolvedSMTPEgress
  var slice: PacketSlice
  let naming: SubnetNaming
  /// The parts of the gate that let packets pass, by their marks.
  private var passes = Numbering<Decision.Decider>()

  /// Marks stand above the numbers of decisions.
  private static let firstMark: UInt32 = 1 << 30

  init(_ gate: ResolvedSMTPEgress, _ slice: PacketSlice, naming: SubnetNaming) {
    self.gate = gate
    self.slice = slice
    self.naming = naming
  }

  /// What the gate and then the section make of the packets that reach the gate.
  mutating func diagram(
    before section: Diagram, _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    let governed = try slice.clients(of: gate, then: .constant(1), else: .constant(0))
    if governed == .constant(0) { return section }
    let answer = try slice.arena.restrict(
      try answer(&numbering), to: PacketSet(diagram: governed), otherwise: Diagram.undecidedNumber)
    return try slice.arena.combine(answer, section) { answer, section in
      if answer == .undecided { return section }
      guard let number = answer.constant else { return nil }
      if number < Self.firstMark { return answer }
      guard let decision = section.constant else { return nil }
      return numbering.constant(decision, passedBy: passes[number - Self.firstMark])
    }
  }

  mutating func mark(_ decider: Decision.Decider) -> Diagram {
    .constant(Self.firstMark + passes.number(of: decider))
  }

  /// TCP 25 that is not part of an established connection; the rest is undecided.
  func governed(then inside: Diagram) throws(PacketSpaceError) -> Diagram {
    try slice.states(
      [.established], then: .undecided, else: try slice.smtp(then: inside, else: .undecided))
  }

  /// What becomes of governed packets, whoever sent them.
  private mutating func answer(
    _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    let bySource = try entries(&numbering)
    if slice.path != .outbound || gate.users.isEmpty { return bySource }
    let users = IntervalSet(
      gate.users.filter { $0 != Dimension.noUser }.map { IntervalSet<UInt32>.Interval($0, $0) })
    let byUser = try governed(
      then: try slice.arena.choice(
        .user, in: users, then: mark(gate.usersPass), else: .undecided))
    return try slice.arena.first(byUser, then: bySource)
  }

  /// Relays pass, the rest is stopped: what a source in no entry is, and where entries end.
  ///
  /// - Parameter row: that says so.
  mutating func relaysOnly(
    by row: Decision.Decider?, isCounted: Bool, _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    try slice.arena.first(
      try slice.to(gate.relays, then: try governed(then: mark(gate.relaysPass))),
      then: try stop(by: row, isCounted: isCounted, &numbering))
  }

  /// Nothing passes.
  ///
  /// - Parameter end: of what says so; undecided from then on.
  func stop(
    by row: Decision.Decider?, before end: Timestamp? = nil, isCounted: Bool,
    _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    let decision = gate.stopDecision(by: row, countedIn: isCounted ? slice.family : nil)
    return try governed(then: try slice.before(end, then: numbering.constant(decision)))
  }
}

extension PacketSlice {
  /// One function for the clients of the gate, another for the rest: in forward what comes in by a
  /// zone of `clients` or from a governed network, outbound everything.
  ///
  /// Both ask nothing before the destination.
  mutating func clients(
    of gate: ResolvedSMTPEgress, then inside: Diagram, else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    switch path {
    case .inbound: return outside
    case .forward:
      if !gate.governsForward { return outside }
      let bySource = try source(in: gate.clientNetworks, then: inside, else: outside)
      return try arena.choice(
        .inputInterface, in: zones.classes(of: gate.clientZones), then: inside, else: bySource)
    case .outbound: return gate.governsOwn ? inside : outside
    }
  }

  /// One function for TCP 25, another for the rest; both ask nothing before the source port.
  func smtp(then inside: Diagram, else outside: Diagram) throws(PacketSpaceError) -> Diagram {
    try arena.choice(
      .ipProtocol, in: IntervalSet<UInt32>(UInt32(IPProtocol.tcp.number)),
      then: try arena.choice(
        .destinationPort, in: IntervalSet<UInt32>(25), then: inside, else: outside),
      else: outside)
  }
}
