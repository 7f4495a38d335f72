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
  /// The parts of the gate that let packets pass, by their marks.
  private var passes = Numbering<Decision.Decider>()

  /// Marks stand above the numbers of decisions.
  private static let firstMark: UInt32 = 1 << 30

  init(_ gate: ResolvedSMTPEgress, _ slice: PacketSlice) {
    self.gate = gate
    self.slice = slice
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

  private mutating func mark(_ decider: Decision.Decider) -> Diagram {
    .constant(Self.firstMark + passes.number(of: decider))
  }

  /// TCP 25 that is not part of an established connection; the rest is undecided.
  private func governed(then inside: Diagram) throws(PacketSpaceError) -> Diagram {
    try slice.states(
      [.established], then: .undecided, else: try slice.smtp(then: inside, else: .undecided))
  }

  /// What becomes of governed packets, whoever sent them.
  private mutating func answer(
    _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    // "else as relays-only", which is also what a source in no entry is.
    let stop = try governed(then: numbering.constant(gate.stopDecision))
    let relaysOnly = try slice.arena.first(
      try slice.to(gate.relays, then: try governed(then: mark(gate.relaysPass))), then: stop)
    let bySource = try entries(relaysOnly)
    if slice.path != .outbound || gate.users.isEmpty { return bySource }
    let users = IntervalSet(
      gate.users.filter { $0 != Dimension.noUser }.map { IntervalSet<UInt32>.Interval($0, $0) })
    let byUser = try governed(
      then: try slice.arena.choice(
        .user, in: users, then: mark(gate.usersPass), else: .undecided))
    return try slice.arena.first(byUser, then: bySource)
  }

  // MARK: The entries

  /// The longest prefix that holds the source decides.
  private mutating func entries(_ relaysOnly: Diagram) throws(PacketSpaceError) -> Diagram {
    switch slice.family {
    case .ipv4:
      let runs = try longestPrefixRuns(
        gate.allow.enumerated().flatMap { entry, allow in
          allow.from.ipv4.prefixes.map { HeldPrefix($0.block, length: Int($0.length), by: entry) }
        }, relaysOnly)
      return try slice.arena.cases(.source4, runs)
    case .ipv6:
      let runs = try longestPrefixRuns(
        gate.allow.enumerated().flatMap { entry, allow in
          allow.from.ipv6.prefixes.map { HeldPrefix($0.block, length: Int($0.length), by: entry) }
        }, relaysOnly)
      return try slice.arena.cases(.source6, runs)
    }
  }

  /// The sources in runs that the same entries hold, each with what these say.
  private mutating func longestPrefixRuns<Bound>(
    _ prefixes: [HeldPrefix<Bound>], _ relaysOnly: Diagram
  ) throws(PacketSpaceError) -> [(upper: Bound, then: Diagram)] {
    let prefixes = prefixes.sorted { $0.block.lower < $1.block.lower }
    var known: [[[Int]]: Diagram] = [:]
    /// What an entry says that alone holds a source: most do.
    var alone = [Diagram?](repeating: nil, count: gate.allow.count)
    var runs: [(upper: Bound, then: Diagram)] = []
    runs.reserveCapacity(2 * prefixes.count + 1)
    var holding: [HeldPrefix<Bound>] = []
    var next = 0
    var position: Bound = 0
    while true {
      holding.removeAll { $0.block.upper < position }
      while next < prefixes.count, prefixes[next].block.lower == position {
        holding.append(prefixes[next])
        next += 1
      }
      var upper = next < prefixes.count ? prefixes[next].block.lower - 1 : Bound.max
      for prefix in holding { upper = min(upper, prefix.block.upper) }
      let then: Diagram
      if holding.isEmpty {
        then = relaysOnly
      } else if holding.count == 1, let made = alone[holding[0].entry] {
        then = made
      } else {
        let groups = longestFirst(holding)
        if let made = known[groups] {
          then = made
        } else {
          then = try answer(of: groups, relaysOnly)
          known[groups] = then
        }
        if holding.count == 1 { alone[holding[0].entry] = then }
      }
      runs.append((upper, then))
      if upper == .max { return runs }
      position = upper + 1
    }
  }

  /// The entries that may decide for a source, in groups of equal length, down to the first that
  /// never expires.
  private func longestFirst<Bound>(_ holding: [HeldPrefix<Bound>]) -> [[Int]] {
    var groups: [[Int]] = []
    var length: Int?
    for prefix in holding.sorted(by: { ($1.length, $0.entry) < ($0.length, $1.entry) }) {
      if prefix.length == length {
        groups[groups.count - 1].append(prefix.entry)
        continue
      }
      if let last = groups.last, last.contains(where: { gate.allow[$0].expires == nil }) { break }
      groups.append([prefix.entry])
      length = prefix.length
    }
    return groups
  }

  /// What the entries say that hold a source: of those of the longest prefix that live, the first
  /// whose `to` matches lets it pass; where none does, the relays do.
  private mutating func answer(
    of groups: [[Int]], _ relaysOnly: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    var steps = FirstMatch()
    for group in groups {
      for entry in group {
        let allow = gate.allow[entry]
        let pass = try slice.before(allow.expires, then: mark(allow.pass))
        steps.append(try slice.to(allow.to, then: try governed(then: pass)))
      }
      // "An expired entry is as if absent (the next longest one that lives decides)."
      let lastExpiry =
        group.contains { gate.allow[$0].expires == nil }
        ? nil : group.compactMap { gate.allow[$0].expires }.max()
      let lives = try slice.before(lastExpiry, then: .constant(1), else: .constant(0))
      steps.append(
        try slice.arena.restrict(
          relaysOnly, to: PacketSet(diagram: lives), otherwise: Diagram.undecidedNumber))
    }
    steps.append(relaysOnly)
    return try steps.diagram(in: slice.arena)
  }
}

/// Addresses that an entry of the gate holds, and the length of the prefix that they are of.
private struct HeldPrefix<Bound: FixedWidthInteger & UnsignedInteger & Sendable> {
  let block: IntervalSet<Bound>.Interval
  let length: Int
  /// Index in `ResolvedSMTPEgress.allow`.
  let entry: Int

  init(_ block: IntervalSet<Bound>.Interval, length: Int, by entry: Int) {
    self.block = block
    self.length = length
    self.entry = entry
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
