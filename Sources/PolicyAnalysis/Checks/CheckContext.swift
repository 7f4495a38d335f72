package import Diagnostics
package import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// Where a rule stands.
package struct RulePlace: Hashable, Comparable, Sendable {
  package var section: PolicySection
  package var index: Int

  package static func < (a: RulePlace, b: RulePlace) -> Bool {
    (a.section.order, a.index) < (b.section.order, b.index)
  }
}

extension PolicySection {
  fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What checks look at: one policy, as written and as it means, and everything about it that more
/// than one check asks, worked out once.
///
/// Sets and diagrams of all checks are in one arena. Not for two threads at once.
package final class CheckContext {
  /// Names, uses and places; built-in services included.
  package let written: Policy
  package let policy: ResolvedPolicy
  package let options: CheckOptions
  package let arena: PacketArena
  package let interfaces: InterfaceClasses
  package let limiters: LimiterNumbers
  /// The packets that there can be.
  package let possible: PacketSet
  let zones: InterfaceZones
  /// Which names are used.
  lazy var nameUses = NameUses(in: written)
  /// Whom advice names.
  lazy var usualSource = likelySource()

  /// Waivers that have silenced something.
  var usedWaivers: Set<Waiver>
  /// The names of the checks that have run.
  var askedChecks: Set<String> = []

  private var knownDecisions: DecisionTable?
  var knownInternet: Internet?
  var knownOpenings: [Opening]?
  var knownSMTPEgressOpenings: [SMTPEgressOpening]?
  /// Of packets that exposures were shown with, by check.
  var exampleCounts: [String: Int] = [:]
  var knownTrafficOfOne: [PublicWay: PacketSet] = [:]
  private var knownReach: PacketSet?
  var knownOpposed: [RulePlace: OpposedRules] = [:]
  var knownDecidedByRules: [Bool: PacketSet] = [:]
  var knownReaching: [RulePlace: PacketSet] = [:]
  /// How many findings about opposed rules have been made.
  var opposedExamples = 0
  fileprivate var knownUnreachable: [RulePlace]?
  private var knownPlaces: [String: RulePlace]?

  /// - Parameter written: the declarations that `policy` was resolved from.
  init(
    _ policy: ResolvedPolicy, written: Policy, options: CheckOptions, arena: PacketArena
  ) throws(PacketSpaceError) {
    self.policy = policy
    self.written = written
    self.options = options
    self.arena = arena
    interfaces = InterfaceClasses(of: [policy])
    limiters = try LimiterNumbers(of: [policy])
    possible = try arena.possiblePackets(
      interfaces: interfaces, limiters: limiters.isPerSource, networks: limiters.networks.count)
    zones = InterfaceZones(of: policy, interfaces)
    usedWaivers = Set(policy.usedWaivers)
  }

  // MARK: Meaning

  /// What the policy decides about every packet, deciders told apart.
  package func decisions() throws(PacketSpaceError) -> DecisionTable {
    if let knownDecisions { return knownDecisions }
    var numbering = Numbering<Decision?>()
    let diagram = try PolicyDecisions(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: .all,
      numbering: &numbering
    ).diagram
    let table = DecisionTable(diagram: diagram, numbering: numbering)
    knownDecisions = table
    return table
  }

  /// The packets that come as far as the rules of their section.
  package func reachingRules() throws(PacketSpaceError) -> PacketSet {
    if let knownReach { return knownReach }
    var bare = policy
    bare.inbound.rules = []
    bare.forward?.rules = []
    bare.outbound.rules = []
    var numbering = Numbering<Decision?>()
    let diagram = try PolicyDecisions(
      of: bare, in: arena, interfaces: interfaces, limiters: limiters, possible: possible,
      numbering: &numbering
    ).diagram
    let reach = try arena.packets(of: diagram) { numbering[$0]?.step == .sectionDefault }
    knownReach = reach
    return reach
  }

  /// What the policy would decide without some rules.
  func decisions(without rules: Set<RulePlace>) throws(PacketSpaceError) -> DecisionTable {
    var numbering = Numbering<Decision?>()
    let diagram = try PolicyDecisions(
      of: policy(without: rules), in: arena, interfaces: interfaces, limiters: limiters,
      possible: .all, numbering: &numbering
    ).diagram
    return DecisionTable(diagram: diagram, numbering: numbering)
  }

  private func policy(without places: Set<RulePlace>) -> ResolvedPolicy {
    func kept(_ section: PolicySection) -> [ResolvedRule] {
      rules(of: section).enumerated()
        .filter { !places.contains(RulePlace(section: section, index: $0.offset)) }
        .map(\.element)
    }
    var policy = policy
    policy.inbound.rules = kept(.inbound)
    policy.forward?.rules = kept(.forward)
    policy.outbound.rules = kept(.outbound)
    return policy
  }

  /// The possible packets that a rule would match if it stood alone: any conntrack state, limits with
  /// room and without.
  package func matching(_ place: RulePlace) throws(PacketSpaceError) -> PacketSet {
    let section = ResolvedSection(rules: [rule(at: place)])
    var numbers = DecisionNumbers(numberingOfDecisions, .effects)
    var families: [(upper: UInt32, then: Diagram)] = []
    let path = place.section.path
    for family in AddressFamily.allCases {
      let slice = PacketSlice(
        arena: arena, path: path, family: family, zones: zones, numbers: limiters)
      var rules = SectionRules(section: section, limiters: limiters, slice: slice)
      families.append((family.value, try rules.diagram(default: .constant(0), &numbers)))
    }
    families.append((.max, .constant(0)))
    let matched = try arena.map(try arena.cases(.family, families)) { $0 == 0 ? 0 : 1 }
    let onPath = try arena.choice(
      .path, in: IntervalSet<UInt32>(path.value.rawValue), then: matched, else: .constant(0))
    return try arena.intersection(PacketSet(diagram: onPath), possible)
  }

  /// The packets that a selection speaks of, as tests and queries do; empty where none can arrive.
  package func packets(of selection: TrafficSelection) throws(PacketSpaceError) -> PacketSet {
    try SelectionBuilder(
      policy: policy, arena: arena, interfaces: interfaces, limiters: limiters, possible: possible,
      zones: zones
    ).packets(of: selection)
  }

  /// Addresses behind some zones' interfaces (nil: behind any), for a selection.
  ///
  /// Zones are indices in `policy.zones`; on a side without interface every zone is meant.
  package func endpoint(_ addresses: AddressSet = .any, in zones: ZoneSet? = nil)
    -> ResolvedEndpoint
  {
    let every = ZoneSet(zones: Array(policy.zones.indices), others: true)
    return ResolvedEndpoint(parts: [.init(zones: zones ?? every, addresses: addresses)])
  }

  /// Packets of new or untracked connections that are neither by nor to loopback.
  package func newFromOutside() throws(PacketSpaceError) -> PacketSet {
    let lo = IntervalSet<UInt32>(interfaces.classOf("lo"))
    let states = try arena.set(
      .state,
      IntervalSet<UInt32>([StateValue.new, .untracked].map { .init($0.rawValue, $0.rawValue) }))
    let comesByLo = try arena.set(.inputInterface, lo)
    let leavesByLo = try arena.set(.outputInterface, lo)
    return try arena.difference(
      try arena.intersection(states, possible), try arena.union(comesByLo, leavesByLo))
  }

  /// A numbering in which 0 is no decision.
  private var numberingOfDecisions: Numbering<Decision?> {
    var numbering = Numbering<Decision?>()
    _ = numbering.number(of: nil)
    return numbering
  }

  /// The distinct decisions about packets of a set of possible ones.
  package func decisions(about set: PacketSet) throws(PacketSpaceError) -> [Decision] {
    let table = try decisions()
    return arena.answers(of: table.diagram, within: set).compactMap { table.numbering[$0] }
  }

  /// The packets of a set of possible ones (nil: of all) that are decided in some way.
  ///
  /// Linear in the set and what is decided about it.
  package func packets(
    of set: PacketSet? = nil, where isWanted: (Decision) -> Bool
  ) throws(PacketSpaceError) -> PacketSet {
    let table = try decisions()
    let wanted = table.numbering.values.map { $0.map(isWanted) ?? false }
    let diagram = try arena.combine((set ?? possible).diagram, table.diagram) { set, diagram in
      if set == .constant(0) { return .constant(0) }
      guard set == .constant(1), let number = diagram.constant else { return nil }
      return .constant(wanted[Int(number)] ? 1 : 0)
    }
    return PacketSet(diagram: diagram)
  }

  /// `for example tcp …`, for a note; nil for the empty set.
  package func example(of set: PacketSet) -> String? {
    Packet(
      of: set, in: arena, interfaces: interfaces, networks: limiters.networks
    ).map { Diagnostic.exampleNote($0) }
  }

  // MARK: Rules

  /// The places of all rules, inbound, forward, outbound.
  package var rulePlaces: [RulePlace] {
    PolicySection.allCases.flatMap { section in
      rules(of: section).indices.map { RulePlace(section: section, index: $0) }
    }
  }

  package func rules(of section: PolicySection) -> [ResolvedRule] {
    switch section {
    case .inbound: policy.inbound.rules
    case .forward: policy.forward?.rules ?? []
    case .outbound: policy.outbound.rules
    }
  }

  package func rule(at place: RulePlace) -> ResolvedRule { rules(of: place.section)[place.index] }

  /// The rule as written; resolution keeps the order.
  package func declaration(of place: RulePlace) -> RuleDeclaration {
    switch place.section {
    case .inbound: written.inbound.rules[place.index]
    case .forward: written.forward.rules[place.index]
    case .outbound: written.outbound.rules[place.index]
    }
  }

  /// The rule of a name, such as a decision's decider or limiter.
  package func place(ofRule name: String) -> RulePlace? {
    if let knownPlaces { return knownPlaces[name] }
    var places: [String: RulePlace] = [:]
    for place in rulePlaces { places[rule(at: place).name] = place }
    knownPlaces = places
    return places[name]
  }

  /// The text that shows a rule: its name, or its verdict and service.
  package func span(ofRule place: RulePlace) -> SourceSpan {
    let declaration = declaration(of: place)
    if let name = declaration.name { return name.span }
    let verdict = declaration.verdict.span
    let service = declaration.service.span
    guard verdict.file == service.file, verdict.start < service.end else { return verdict }
    return SourceSpan(file: verdict.file, start: Int(verdict.start), end: Int(service.end))
  }

  package func waivers(of place: RulePlace) -> [Waiver] { declaration(of: place).waivers }

  /// Whether a declaration stands in the policy's own file.
  ///
  /// What several policies include may hold names that one of them does not use.
  package func isOwn(_ span: SourceSpan) -> Bool { span.file == written.name.span.file }
}

/// Numbers of decisions, and what they mean.
package struct DecisionTable {
  /// Means nothing for packets that are not possible.
  package let diagram: Diagram
  package let numbering: Numbering<Decision?>
}

extension PolicySection {
  init(_ path: Packet.Path) {
    switch path {
    case .inbound: self = .inbound
    case .forward: self = .forward
    case .outbound: self = .outbound
    }
  }

  package var path: Packet.Path {
    switch self {
    case .inbound: .inbound
    case .forward: .forward
    case .outbound: .outbound
    }
  }
}

extension CheckContext {
  /// The rules that decide no possible packet.
  ///
  /// The fate of packets within a limit and beyond it is one rule's.
  package func unreachableRules() throws(PacketSpaceError) -> [RulePlace] {
    if let knownUnreachable { return knownUnreachable }
    let table = try decisions()
    var alive: Set<String> = []
    for number in arena.answers(of: table.diagram, within: possible) {
      guard let decision = table.numbering[number], decision.step == .rules,
        let decider = decision.decider
      else { continue }
      alive.insert(decider.name)
    }
    let unreachable = rulePlaces.filter { !alive.contains(rule(at: $0).name) }
    knownUnreachable = unreachable
    return unreachable
  }
}
