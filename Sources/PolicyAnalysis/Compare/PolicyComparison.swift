import Diagnostics
import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// Two policies in one arena, so that what they mean can be compared.
package struct PolicyComparison {
  package let old: ResolvedPolicy
  package let new: ResolvedPolicy
  package let arena: PacketArena
  package let interfaces: InterfaceClasses
  package let limiters: LimiterNumbers
  /// The packets that there can be, but for loopback, which no policy can change.
  package let possible: PacketSet

  package init(
    _ old: ResolvedPolicy, _ new: ResolvedPolicy, arena: PacketArena = PacketArena()
  ) throws(PacketSpaceError) {
    self.old = old
    self.new = new
    self.arena = arena
    interfaces = InterfaceClasses(of: [old, new])
    limiters = try LimiterNumbers(of: [old, new])
    let all = try arena.possiblePackets(
      interfaces: interfaces, limiters: limiters.isPerSource, networks: limiters.networks.count)
    let lo = IntervalSet<UInt32>(interfaces.classOf("lo"))
    possible = try arena.difference(
      all, try arena.union(try arena.set(.inputInterface, lo), try arena.set(.outputInterface, lo)))
  }

  /// What changes, in the policies' own words.
  ///
  /// Linear in both meanings, and then in what differs: who decides is asked for the packets only that
  /// fare otherwise.
  ///
  /// - Parameter regionLimit: of each change; those beyond are not told.
  package func difference(
    regionLimit: Int = 4096
  ) throws(PacketSpaceError) -> TrafficDifference {
    var numbering = Numbering<Decision?>()
    let before = try meaning(of: old, .effects, possible, &numbering)
    let after = try meaning(of: new, .effects, possible, &numbering)
    let fates = numbering.values.map { $0.map { Fate($0.verdict) } ?? .impossible }
    let changed = try arena.differences(
      try arena.map(before) { fates[Int($0)].rawValue },
      try arena.map(after) { fates[Int($0)].rawValue })
    let otherwise = try arena.difference(try arena.differences(before, after), changed)
    let edits = PolicyEdit.edits(from: old, to: new)
    return TrafficDifference(
      changes: try changes(in: changed, regionLimit),
      effects: try effects(in: otherwise) + definitions,
      edits: edits, changedPackets: changed)
  }

  /// What becomes of the packets of a set by a policy's verdicts: numbers of `Fate`.
  package func fates(of policy: ResolvedPolicy) throws(PacketSpaceError) -> Diagram {
    var numbering = Numbering<Decision?>()
    let diagram = try meaning(of: policy, .effects, possible, &numbering)
    return try arena.map(diagram) {
      (numbering[$0].map { Fate($0.verdict) } ?? .impossible).rawValue
    }
  }

  private func meaning(
    of policy: ResolvedPolicy, _ detail: PolicyDecisions.Detail, _ packets: PacketSet,
    naming: SubnetNaming = .together, _ numbering: inout Numbering<Decision?>
  ) throws(PacketSpaceError) -> Diagram {
    if detail == .deciders {
      return try PolicyDecisions(
        of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: packets,
        detail: detail, naming: naming, numbering: &numbering
      ).diagram
    }
    // Restricted afterwards: none of the limits of packets below every decision.
    let diagram = try PolicyDecisions(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: .all,
      detail: detail, numbering: &numbering
    ).diagram
    return try arena.restrict(diagram, to: packets, otherwise: 0)
  }

  /// What a verdict is to a reviewer: both kinds of refusal are one.
  package enum Fate: UInt32, Hashable, Sendable {
    case impossible = 0
    case accepted
    case dropped
    case rejected

    init(_ verdict: Decision.Verdict) {
      switch verdict {
      case .accept: self = .accepted
      case .drop: self = .dropped
      case .tcpReset, .icmpReject: self = .rejected
      }
    }
  }

  // MARK: Verdicts

  private func changes(
    in packets: PacketSet, _ limit: Int
  ) throws(PacketSpaceError) -> [TrafficDifference.Change] {
    if packets.isEmpty { return [] }
    let writer = RegionWriter([old, new], interfaces: interfaces, limiters: limiters)
    let table = try pairs(of: packets)
    var groups: [Cause: (sides: SidePair, numbers: Set<UInt32>)] = [:]
    for number in arena.answers(of: table.diagram) {
      guard let pair = table.pairs[number] else { continue }
      let sides = SidePair(side(pair.old, of: old), side(pair.new, of: new))
      groups[Cause(sides), default: (sides, [])].numbers.insert(number)
    }
    let admitted = try admitted()
    var changes: [TrafficDifference.Change] = []
    for (sides, numbers) in groups.values {
      let set = try arena.packets(of: table.diagram) { numbers.contains($0) }
      guard
        let example = Packet(
          of: set, in: arena, interfaces: interfaces, networks: limiters.networks)
      else { continue }
      let cover = try arena.cover(
        of: set, within: admitted, limit: limit, name: writer.addresses.name)
      changes.append(
        TrafficDifference.Change(
          from: sides.old, to: sides.new, regions: cover.regions, isComplete: cover.isComplete,
          writer: writer, example: example))
    }
    return changes
  }

  /// The packets that anti-spoofing does not refuse under both policies: what regions speak of.
  package func admitted() throws(PacketSpaceError) -> PacketSet {
    var refused = PacketSet.all
    for policy in [old, new] {
      var bare = policy
      bare.inbound.rules = []
      bare.forward?.rules = []
      bare.outbound.rules = []
      bare.smtpEgress = nil
      var numbering = Numbering<Decision?>()
      let diagram = try meaning(of: bare, .deciders, .all, &numbering)
      refused = try arena.intersection(
        refused, try arena.packets(of: diagram) { numbering[$0]?.step == .antiSpoofing })
    }
    return try arena.difference(possible, refused)
  }

  /// What makes changes one for a reviewer: an exception of the gate is, whatever lets its packets
  /// through afterwards.
  private struct Cause: Hashable {
    let kind: TrafficDifference.Kind
    let old: [String?]
    let new: [String?]

    init(_ sides: SidePair) {
      kind = .init(sides.old.verdict, sides.new.verdict)
      func cause(_ side: TrafficDifference.Side) -> [String?] {
        if let pass = side.pass { return ["past the gate", "\(pass.span)"] }
        return [side.words, side.span.map { "\($0)" }]
      }
      old = cause(sides.old)
      new = cause(sides.new)
    }
  }

  private struct SidePair: Hashable {
    var old: TrafficDifference.Side
    var new: TrafficDifference.Side

    init(_ old: TrafficDifference.Side, _ new: TrafficDifference.Side) {
      self.old = old
      self.new = new
    }
  }

  /// What both policies decide about some packets, in pairs.
  private func pairs(
    of packets: PacketSet
  ) throws(PacketSpaceError) -> (diagram: Diagram, pairs: [UInt32: (old: Decision, new: Decision)])
  {
    var numbering = Numbering<Decision?>()
    let naming = SubnetNaming(for: packets, in: arena, of: [old, new])
    let before = try meaning(of: old, .deciders, packets, naming: naming, &numbering)
    let after = try meaning(of: new, .deciders, packets, naming: naming, &numbering)
    var numbers = Numbering<PairOfNumbers>()
    _ = numbers.number(of: PairOfNumbers(old: 0, new: 0))
    let diagram = try arena.combine(before, after) { a, b in
      guard let old = a.constant, let new = b.constant else { return nil }
      return .constant(numbers.number(of: PairOfNumbers(old: old, new: new)))
    }
    var pairs: [UInt32: (old: Decision, new: Decision)] = [:]
    for (number, pair) in numbers.values.enumerated() {
      guard let old = numbering[pair.old], let new = numbering[pair.new] else { continue }
      pairs[UInt32(number)] = (old, new)
    }
    return (diagram, pairs)
  }

  private struct PairOfNumbers: Hashable {
    var old: UInt32
    var new: UInt32
  }

  private func side(
    _ decision: Decision, of policy: ResolvedPolicy
  ) -> TrafficDifference.Side {
    TrafficDifference.Side(decision, of: policy)
  }

  // MARK: Beside verdicts

  private func effects(in packets: PacketSet) throws(PacketSpaceError) -> [EffectChange] {
    if packets.isEmpty { return [] }
    let table = try pairs(of: packets)
    var found: Set<EffectChange> = []
    for number in arena.answers(of: table.diagram) {
      guard let pair = table.pairs[number] else { continue }
      found.formUnion(EffectChange.changes(from: pair.old, to: pair.new))
    }
    return found.sorted()
  }

  /// Limits that are other limits of the same rule.
  private var definitions: [EffectChange] {
    let before = Dictionary(old.limitedRules.map { ($0.name, $0) }) { first, _ in first }
    return RunTimeSetChange.changes(from: old, to: new)
      + new.limitedRules.compactMap { rule in
        guard let other = before[rule.name], let limit = rule.limit, let earlier = other.limit,
          limit != earlier
        else { return nil }
        return EffectChange(
          kind: .limit, text: "the limit of rule `\(rule.name)` is \(limit), and was \(earlier)")
      }
  }
}

extension ResolvedPolicy {
  /// Inbound, forward, outbound.
  var rules: [ResolvedRule] { inbound.rules + (forward?.rules ?? []) + outbound.rules }
}
