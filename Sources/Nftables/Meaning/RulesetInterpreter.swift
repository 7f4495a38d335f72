import NetworkTypes
import PacketSpace

/// The work of one `RulesetMeaning`: from rules to chains to paths, by composition.
///
/// A rule is a function that goes on for the packets that it does not match, so a chain is its rules
/// one after the other, and the order in which neighbours are put together is free: in a balanced
/// tree, n rules cost n log n.
final class RulesetInterpreter {
  /// Where the interpreter is, for errors and for what depends on the hook.
  struct Frame {
    let chain: Chain
    let context: HookContext
    /// Chains on the way here, this one included.
    let depth: Int
    var rule: Int?
    /// Chains on the longest way on from here.
    var height = 0

    func fault(_ kind: RulesetMeaningError.Kind) -> RulesetMeaningError {
      var origin = chain.origin
      if let rule, chain.rules.indices.contains(rule) { origin = chain.rules[rule].origin }
      return RulesetMeaningError(kind, name: chain.name, rule: rule, origin: origin)
    }

    /// An operation on diagrams, whose error is one of this place.
    func inSpace<Result>(
      _ body: () throws(PacketSpaceError) -> Result
    ) throws(RulesetMeaningError) -> Result {
      do { return try body() } catch { throw fault(.packetSpace(error)) }
    }
  }

  private struct ChainKey: Hashable {
    let name: String
    let context: HookContext
  }

  let index: TableIndex
  let arena: PacketArena
  let interfaces: InterfaceClasses
  let limiter: (LimiterPlace) -> Int?
  let flows = Flows()
  private var meanings: [ChainKey: (diagram: Diagram, height: Int)] = [:]
  /// The chains on the way here.
  private var open: Set<String> = []
  private var jumps: [Diagram: Diagram] = [:]
  private var gotos: [Diagram: Diagram] = [:]

  init(
    of index: TableIndex, in arena: PacketArena, interfaces: InterfaceClasses,
    limiter: @escaping (LimiterPlace) -> Int?
  ) throws(RulesetMeaningError) {
    self.index = index
    self.arena = arena
    self.interfaces = interfaces
    self.limiter = limiter
  }

  // MARK: Paths

  /// The outcome of every possible packet; 0 for the others.
  func outcomes(
    over possible: PacketSet, numbering: inout Numbering<Outcome?>
  ) throws(RulesetMeaningError) -> Diagram {
    let prerouting = try hook(.prerouting)
    let inbound = try hook(.input)
    let forward = try hook(.forward)
    let outbound = try hook(.output)
    do {
      let paths = try arena.cases(
        .path,
        [
          (PathValue.inbound.rawValue, try sequence(prerouting, inbound)),
          (PathValue.forward.rawValue, try sequence(prerouting, forward)), (.max, outbound),
        ])
      var numbers: [UInt32: UInt32] = [:]
      return try arena.combine(possible.diagram, paths) { possible, flow in
        if possible == .constant(0) { return possible }
        guard possible == .constant(1), let flow = flow.constant else { return nil }
        if let known = numbers[flow] { return .constant(known) }
        let number = numbering.number(of: flows[flow].outcome)
        numbers[flow] = number
        return .constant(number)
      }
    } catch {
      throw RulesetMeaningError(
        .packetSpace(error), name: index.table.name, origin: index.table.origin)
    }
  }

  /// All base chains of a hook: goes on where each of them accepts.
  private func hook(_ hook: BaseChain.Hook) throws(RulesetMeaningError) -> Diagram {
    var result = Flows.goesOn
    for chain in try index.baseChains(of: hook) {
      guard let base = chain.base else { continue }
      var frame = Frame(chain: chain, context: HookContext(base), depth: 1)
      let body = try meaning(of: chain, in: &frame)
      result = try frame.inSpace { () throws(PacketSpaceError) in
        let decided = try arena.map(body) { number in
          let flow = flows[number]
          switch flow.ending {
          case .goesOn, .returns:
            return flows.number(
              of: base.policy == .accept
                ? Flow(.goesOn, effects: flow.effects)
                : Flow(.verdict(.drop), effects: flow.effects))
          case .verdict(.accept): return flows.number(of: Flow(.goesOn, effects: flow.effects))
          case .verdict: return number
          }
        }
        return try sequence(result, decided)
      }
    }
    return result
  }

  // MARK: Chains

  /// What a verdict does to the packets that it is given for.
  func meaning(of verdict: Verdict, in frame: inout Frame) throws(RulesetMeaningError) -> Diagram {
    switch verdict {
    case .accept: return flows.diagram(of: Flow(.verdict(.accept)))
    case .drop: return flows.diagram(of: Flow(.verdict(.drop)))
    case .return: return Flows.returns
    case .jump(let name):
      let body = try called(name, in: &frame)
      if let known = jumps[body] { return known }
      let result = try replacing(body, .returns, by: .goesOn, in: frame)
      jumps[body] = result
      return result
    case .goto(let name):
      let body = try called(name, in: &frame)
      if let known = gotos[body] { return known }
      let result = try replacing(body, .goesOn, by: .returns, in: frame)
      gotos[body] = result
      return result
    }
  }

  private func replacing(
    _ body: Diagram, _ old: Flow.Ending, by new: Flow.Ending, in frame: Frame
  ) throws(RulesetMeaningError) -> Diagram {
    try frame.inSpace { () throws(PacketSpaceError) in
      try arena.map(body) { number in
        let flow = flows[number]
        return flow.ending == old ? flows.number(of: Flow(new, effects: flow.effects)) : number
      }
    }
  }

  private func called(
    _ name: String, in frame: inout Frame
  ) throws(RulesetMeaningError) -> Diagram {
    guard let chain = index.chain(name) else { throw frame.fault(.missingChain(name)) }
    if chain.base != nil { throw frame.fault(.jumpToBaseChain(name)) }
    if open.contains(name) { throw frame.fault(.loop(name)) }
    let key = ChainKey(name: name, context: frame.context)
    if let known = meanings[key] {
      if frame.depth + known.height > TableIndex.deepestNesting {
        throw frame.fault(.nestingTooDeep)
      }
      frame.height = max(frame.height, known.height)
      return known.diagram
    }
    if frame.depth == TableIndex.deepestNesting { throw frame.fault(.nestingTooDeep) }
    var inner = Frame(chain: chain, context: frame.context, depth: frame.depth + 1)
    let diagram = try meaning(of: chain, in: &inner)
    meanings[key] = (diagram, inner.height + 1)
    frame.height = max(frame.height, inner.height + 1)
    return diagram
  }

  private func meaning(
    of chain: Chain, in frame: inout Frame
  ) throws(RulesetMeaningError) -> Diagram {
    open.insert(chain.name)
    defer { open.remove(chain.name) }
    var rules: [Diagram] = []
    for index in chain.rules.indices {
      frame.rule = index
      let rule = try meaning(of: chain.rules[index], in: &frame)
      if rule != Flows.goesOn { rules.append(rule) }
    }
    frame.rule = nil
    return try frame.inSpace { () throws(PacketSpaceError) in
      try folded(rules, empty: Flows.goesOn) { (a, b) throws(PacketSpaceError) in
        try sequence(a, b)
      }
    }
  }

  /// Neighbours put together in a balanced tree.
  func folded(
    _ parts: [Diagram], empty: Diagram,
    _ join: (Diagram, Diagram) throws(PacketSpaceError) -> Diagram
  ) throws(PacketSpaceError) -> Diagram {
    var parts = parts
    while parts.count > 1 {
      var joined: [Diagram] = []
      joined.reserveCapacity((parts.count + 1) / 2)
      var index = 0
      while index + 1 < parts.count {
        joined.append(try join(parts[index], parts[index + 1]))
        index += 2
      }
      if index < parts.count { joined.append(parts[index]) }
      parts = joined
    }
    return parts.first ?? empty
  }

  /// The second where the first goes on.
  func sequence(_ a: Diagram, _ b: Diagram) throws(PacketSpaceError) -> Diagram {
    try arena.combine(a, b) { a, b in
      if b == Flows.goesOn { return a }
      guard let first = a.constant else { return nil }
      if a == Flows.goesOn { return b }
      if !flows.goesOn(first) { return a }
      return b.constant.map { .constant(flows.sequence(first, $0)) }
    }
  }
}

extension Flow {
  /// What a packet has come to at the end of its path.
  fileprivate var outcome: Outcome {
    switch ending {
    case .goesOn, .returns: Outcome(.accept, effects: effects)
    case .verdict(let verdict): Outcome(verdict, effects: effects)
    }
  }
}
