import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// The table while it grows: hands out names, shares what is equal, remembers origins.
///
/// Everything is appended in a fixed order derived from the policy alone, so that equal inputs give
/// equal bytes.
struct TableBuilder {
  let policy: ResolvedPolicy
  private let sources: SourceMap
  private var names = NameTable()
  private var origins: [SourceSpan] = []
  private var originOf: [SourceSpan: Origin] = [:]
  private var objects: [Object] = []
  private var objectNames: [String: String] = [:]
  private var counters: [PolicyCounter: String] = [:]
  /// The rule whose limit a dynamic set, or the limit statements of a chain, are.
  var ruleOfLimiterSet: [String: String] = [:]
  var ruleOfLimiterChain: [String: String] = [:]
  private var offenderSets: FamilySets?
  /// The counter of each row of the gate's inventory, and the maps that lead to them.
  var subnetCounters: [String] = []
  var subnetCounterMaps: [AddressFamily: String] = [:]
  private var dynamicSets: [String: FamilySets] = [:]
  private var sets: [NamedSet] = []
  private var setNames4: [IntervalSet<UInt32>: String] = [:]
  private var setNames6: [IntervalSet<UInt128>: String] = [:]
  /// What a declared network would call the set of its addresses.
  private var networkNames4: [IntervalSet<UInt32>: Located<String>] = [:]
  private var networkNames6: [IntervalSet<UInt128>: Located<String>] = [:]
  private var chains: [Chain] = []
  private var chainIndex: [String: Int] = [:]
  private var sharedChains: [SharedChain: String] = [:]

  /// A chain by what it holds, so that equal ones exist once.
  private struct SharedChain: Hashable {
    let hint: String
    let rules: [[Statement]]
  }

  init(policy: ResolvedPolicy, sources: SourceMap) {
    self.policy = policy
    self.sources = sources
    for network in policy.networks {
      if networkNames4[network.addresses.ipv4] == nil {
        networkNames4[network.addresses.ipv4] = network.name
      }
      if networkNames6[network.addresses.ipv6] == nil {
        networkNames6[network.addresses.ipv6] = network.name
      }
    }
    // Declared whether or not a rule names them: what is put into one must not depend on that.
    for network in policy.dynamicNetworks { declare(network) }
  }

  /// The table that all of this makes.
  func finish(comment: String) -> LoweredPolicy {
    var lowered = LoweredPolicy(
      table: Table(
        name: policy.table, comment: comment, objects: objects, sets: sets,
        chains: chains.filter { $0.base == nil } + chains.filter { $0.base != nil },
        origin: originOf[policy.nameSpan] ?? Origin(index: 0)),
      origins: origins)
    lowered.counters = counters
    lowered.offenderSets = offenderSets
    lowered.subnetCounters = subnetCounters
    lowered.subnetCounterMaps = subnetCounterMaps
    lowered.dynamicSets = dynamicSets
    lowered.ruleOfLimiterSet = ruleOfLimiterSet
    lowered.ruleOfLimiterChain = ruleOfLimiterChain
    return lowered
  }

  // MARK: Origins and comments

  mutating func origin(_ span: SourceSpan) -> Origin {
    if let known = originOf[span] { return known }
    let new = Origin(index: origins.count)
    origins.append(span)
    originOf[span] = new
    return new
  }

  /// Name, place, ticket and owner: the name first, because a comment may be cut.
  func comment(
    _ name: String, at span: SourceSpan, ticket: String? = nil, owner: String? = nil,
    others: Int = 0
  ) -> String {
    var text = "\(name) \(sources.citation(of: span))"
    if others > 0 { text += " +\(others)" }
    if let ticket { text += " ticket \(ticket)" }
    if let owner { text += " owner \(owner)" }
    return safeComment(text)
  }

  // MARK: Objects

  mutating func counter(_ counter: PolicyCounter, at span: SourceSpan) -> Statement {
    let name = object(counter.hint, .counter, at: span)
    counters[counter] = name
    return .counter(name)
  }

  mutating func object(_ name: String, _ kind: Object.Kind, at span: SourceSpan) -> String {
    if let known = objectNames[name] { return known }
    let unique = names.unique(name, among: .objects)
    objectNames[name] = unique
    objects.append(
      Object(
        name: unique, kind: kind, comment: comment(policy.name, at: span), origin: origin(span)))
    return unique
  }

  /// Makes room for the counters of so many rows.
  mutating func reserveRowCounters(_ count: Int) {
    objects.reserveCapacity(objects.count + count)
    origins.reserveCapacity(origins.count + count)
    names.reserve(count, among: .objects)
  }

  /// A counter of a row of its own: nothing shares it, so that nothing looks for it.
  mutating func rowCounter(_ hint: String, at span: SourceSpan) -> String {
    let name = names.unique(hint, among: .objects)
    objects.append(
      Object(
        name: name, kind: .counter, comment: comment(policy.name, at: span),
        origin: Origin(index: origins.count)))
    origins.append(span)
    return name
  }

  // MARK: Sets

  mutating func add(_ set: NamedSet) -> String {
    var set = set
    set.name = names.unique(set.name, among: .sets)
    sets.append(set)
    return set.name
  }

  /// The name of the set of these addresses; equal sets are one set.
  mutating func addressSet(_ set: IntervalSet<UInt32>, hint: String, at span: SourceSpan) -> String
  {
    if let known = setNames4[set] { return known }
    let declared = networkNames4[set]
    let place = declared?.span ?? span
    let name = add(
      NamedSet(
        name: declared.map { "net-\($0.value)-4" } ?? "\(hint)-4", kind: .set,
        key: [.ipv4Address], isInterval: true, elements: .ipv4(set),
        comment: comment(declared?.value ?? hint, at: place), origin: origin(place)))
    setNames4[set] = name
    return name
  }

  mutating func addressSet(_ set: IntervalSet<UInt128>, hint: String, at span: SourceSpan) -> String
  {
    if let known = setNames6[set] { return known }
    let declared = networkNames6[set]
    let place = declared?.span ?? span
    let name = add(
      NamedSet(
        name: declared.map { "net-\($0.value)-6" } ?? "\(hint)-6", kind: .set,
        key: [.ipv6Address], isInterval: true, elements: .ipv6(set),
        comment: comment(declared?.value ?? hint, at: place), origin: origin(place)))
    setNames6[set] = name
    return name
  }

  /// The sets that record the gate's offenders; made once for all paths.
  mutating func offenders(_ offenders: Offenders, at span: SourceSpan) -> FamilySets {
    if let offenderSets { return offenderSets }
    func set(_ family: String, _ type: DataType, _ builder: inout TableBuilder) -> String {
      builder.add(
        NamedSet(
          name: "offenders-\(family)", kind: .set, key: [type], isDynamic: true,
          timeoutSeconds: offenders.keepSeconds, size: offenders.capacity, elements: .none,
          comment: "offenders", origin: builder.origin(span)))
    }
    let made = FamilySets(
      ipv4: set("4", .ipv4Address, &self), ipv6: set("6", .ipv6Address, &self))
    offenderSets = made
    return made
  }

  /// The two sets of a network that is filled at run time, named from its name alone.
  private mutating func declare(_ network: ResolvedDynamicNetwork) {
    func set(_ family: String, _ type: DataType, _ builder: inout TableBuilder) -> String {
      builder.add(
        NamedSet(
          name: "net-\(network.name.value)-\(family)", kind: .set, key: [type], isInterval: true,
          timeoutSeconds: network.keepSeconds, hasTimeouts: true, size: network.capacity,
          elements: .none, comment: safeComment("network \(network.name.value)"),
          origin: builder.origin(network.name.span)))
    }
    dynamicSets[network.name.value] = FamilySets(
      ipv4: set("4", .ipv4Address, &self), ipv6: set("6", .ipv6Address, &self))
  }

  /// Whether an address is in a network that is filled at run time, or is not.
  func memberMatch(_ member: MemberMatch, family: AddressFamily) -> Statement {
    let sets = dynamicSets[member.network]
    switch family {
    case .ipv4:
      return .lookup(
        Key(member.side.field4), isNegated: !member.isMember, set: sets?.ipv4 ?? member.network)
    case .ipv6:
      return .lookup(
        Key(member.side.field6), isNegated: !member.isMember, set: sets?.ipv6 ?? member.network)
    }
  }

  mutating func verdictMap(
    _ hint: String, key: [DataType], isInterval: Bool, _ elements: [Element], at span: SourceSpan
  ) -> String {
    add(
      NamedSet(
        name: hint, kind: .verdictMap, key: key, isInterval: isInterval,
        elements: .tuples(elements), comment: comment(policy.name, at: span), origin: origin(span)))
  }

  mutating func counterMap(
    _ hint: String, key: [DataType], _ elements: [Element], at span: SourceSpan
  ) -> String {
    add(
      NamedSet(
        name: hint, kind: .counterMap, key: key, isInterval: true, elements: .tuples(elements),
        comment: comment(policy.name, at: span), origin: origin(span)))
  }

  // MARK: Chains

  /// Reserves the name of a chain; its rules may come later.
  mutating func reserveChain(_ hint: String) -> String { names.unique(hint, among: .chains) }

  /// Adds a chain under a reserved name.
  mutating func addChain(
    named name: String, base: BaseChain? = nil, _ rules: [Rule], comment text: String? = nil,
    at span: SourceSpan
  ) {
    chainIndex[name] = chains.count
    chains.append(
      Chain(name: name, base: base, comment: text, rules: rules, origin: origin(span)))
  }

  /// The name of a chain with these rules; an equal one with the same hint is used again.
  mutating func chain(_ hint: String, _ rules: [Rule], at span: SourceSpan) -> String {
    let key = SharedChain(hint: hint, rules: rules.map(\.statements))
    if let known = sharedChains[key] { return known }
    let name = reserveChain(hint)
    addChain(named: name, rules, at: span)
    sharedChains[key] = name
    return name
  }

  mutating func rule(_ statements: [Statement], comment: String? = nil, at span: SourceSpan) -> Rule
  {
    Rule(statements, comment: comment, origin: origin(span))
  }
}
