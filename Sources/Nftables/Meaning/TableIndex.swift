/// A table by name; every name has one owner.
struct TableIndex {
  /// NFT_JUMP_STACK_SIZE of linux/netfilter/nf_tables.h: chains on the way from a base chain.
  static let deepestNesting = 16

  /// The room that the kernel has for a key, in bytes.
  static let longestKey = 64

  let table: Table
  private let chains: [String: Chain]
  private let sets: [String: NamedSet]
  private let counters: Set<String>
  private let helpers: [String: (type: String, transport: Object.Transport)]

  init(_ table: Table) throws(RulesetMeaningError) {
    var chains: [String: Chain] = [:]
    for chain in table.chains where chains.updateValue(chain, forKey: chain.name) != nil {
      throw RulesetMeaningError(
        .duplicateName(chain.name), name: chain.name, origin: chain.origin)
    }
    var sets: [String: NamedSet] = [:]
    for set in table.sets where sets.updateValue(set, forKey: set.name) != nil {
      throw RulesetMeaningError(.duplicateName(set.name), name: set.name, origin: set.origin)
    }
    var counters = Set<String>(minimumCapacity: table.objects.count)
    var helpers: [String: (type: String, transport: Object.Transport)] = [:]
    for object in table.objects {
      let isNew: Bool
      switch object.kind {
      case .counter: isNew = counters.insert(object.name).inserted
      case .ctHelper(let type, let transport):
        isNew = helpers.updateValue((type, transport), forKey: object.name) == nil
      }
      if !isNew {
        throw RulesetMeaningError(
          .duplicateName(object.name), name: object.name, origin: object.origin)
      }
    }
    self.table = table
    self.chains = chains
    self.sets = sets
    self.counters = counters
    self.helpers = helpers
  }

  func chain(_ name: String) -> Chain? { chains[name] }
  func set(_ name: String) -> NamedSet? { sets[name] }
  func hasCounter(_ name: String) -> Bool { counters.contains(name) }
  func helper(_ name: String) -> (type: String, transport: Object.Transport)? { helpers[name] }

  /// The base chains of a hook in the order in which the kernel enters them.
  func baseChains(of hook: BaseChain.Hook) throws(RulesetMeaningError) -> [Chain] {
    var found: [(chain: Chain, priority: Int32)] = []
    for chain in table.chains {
      if let base = chain.base, base.hook == hook { found.append((chain, base.priority)) }
    }
    found.sort { $0.priority < $1.priority }
    for (first, second) in zip(found, found.dropFirst()) where first.priority == second.priority {
      throw RulesetMeaningError(
        .equalPriorities(first.chain.name, second.chain.name), name: second.chain.name,
        origin: second.chain.origin)
    }
    return found.map(\.chain)
  }
}

/// What the kernel knows of a packet where a chain runs.
struct HookContext: Hashable {
  /// False in prerouting, where the packet is not routed yet.
  var knowsOutputInterface: Bool
  /// False on output, where a packet has come in by no interface.
  var knowsReversePath: Bool
  /// False before conntrack has seen the packet: in prerouting and output up to its priority.
  var knowsConnection: Bool

  init(_ base: BaseChain) {
    knowsOutputInterface = base.hook != .prerouting
    knowsReversePath = base.hook != .output
    switch base.hook {
    // NF_IP_PRI_CONNTRACK of linux/netfilter_ipv4.h.
    case .prerouting, .output: knowsConnection = base.priority > -200
    case .input, .forward: knowsConnection = true
    }
  }
}
