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
    /// Elements that the rule looks at, and the weights of the chains that it calls.
    var weight = 0

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
  let network: (String) -> Int?
  let record: (RecordPlace) -> String
  let flows = Flows()
  private var meanings: [ChainKey: (diagram: Diagram, height: Int)] = [:]
  /// The chains on the way here.
  private var open: Set<String> = []
  private var jumps: [Diagram: Diagram] = [:]
  private var gotos: [Diagram: Diagram] = [:]
  /// How large a diagram may be, roughly, by what it was made of; others are small.
  private var weights: [Diagram: Int] = [:]

  init(
    of index: TableIndex, in arena: PacketArena, interfaces: InterfaceClasses,
    limiter: @escaping (LimiterPlace) -> Int?, network: @escaping (String) -> Int?,
    record: @escaping (RecordPlace) -> String
  ) throws(RulesetMeaningError) {
    self.index = index
    self.arena = arena
    self.interfaces = interfaces
    self.limiter = limiter
    self.network = network
    self.record = record
  }

  // MARK: Paths

  /// The outcome of every possible packet; 0 for the others.
  func outcomes(
    over possible: PacketSet, numbering: inout Numbering<Outcome?>
  ) throws(RulesetMeaningError) -> Diagram {
    let prerouting = try bodies(of: .prerouting)
    let inbound = try prerouting + bodies(of: .input)
    let forward = try prerouting + bodies(of: .forward)
    let outbound = try bodies(of: .output)
    do {
      var result = Diagram.constant(0)
      for (path, chains) in [
        (PathValue.inbound, inbound), (.forward, forward), (.outbound, outbound),
      ] {
        var body = Flows.goesOn
        var policy = BaseChain.Policy.accept
        for chain in chains {
          body = try following(body, policy, chain.body)
          policy = chain.policy
        }
        let members = try arena.choice(
          .path, in: IntervalSet(path.rawValue), then: .constant(1), else: .constant(0))
        let part = try arena.combine(members, possible.diagram) { members, possible in
          if members == .constant(0) { return members }
          return members == .constant(1) ? possible : nil
        }
        var numbers: [UInt32: UInt32] = [:]
        let outcomes = try arena.combine(part, body) { part, flow in
          if part == .constant(0) { return part }
          guard part == .constant(1), let flow = flow.constant else { return nil }
          if let known = numbers[flow] { return .constant(known) }
          let ended = flows[flows.ended(flow, by: policy)]
          let number = numbering.number(of: ended.outcome)
          numbers[flow] = number
          return .constant(number)
        }
        result = try arena.combine(result, outcomes) { a, b in
          if a == .constant(0) { return b }
          return b == .constant(0) ? a : nil
        }
      }
      return result
    } catch {
      throw RulesetMeaningError(
        .packetSpace(error), name: index.table.name, origin: index.table.origin)
    }
  }

  private func bodies(
    of hook: BaseChain.Hook
  ) throws(RulesetMeaningError) -> [(body: Diagram, policy: BaseChain.Policy)] {
    var result: [(body: Diagram, policy: BaseChain.Policy)] = []
    for chain in try index.baseChains(of: hook) {
      guard let base = chain.base else { continue }
      var frame = Frame(chain: chain, context: HookContext(base), depth: 1)
      result.append((try meaning(of: chain, in: &frame), base.policy))
    }
    return result
  }

  /// A base chain where the one before it, with its policy, accepts.
  private func following(
    _ first: Diagram, _ policy: BaseChain.Policy, _ second: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    try arena.combine(first, second) { first, second in
      guard let flow = first.constant else { return nil }
      let ended = flows.ended(flow, by: policy)
      if .constant(ended) == Flows.goesOn { return second }
      if !flows.goesOn(ended) { return .constant(ended) }
      return second.constant.map { .constant(flows.sequence(ended, $0)) }
    }
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
      frame.weight += weight(of: body)
      if let known = jumps[body] { return known }
      let result = try replacing(body, .returns, by: .goesOn, in: frame)
      jumps[body] = result
      return result
    case .goto(let name):
      let body = try called(name, in: &frame)
      frame.weight += weight(of: body)
      if let known = gotos[body] { return known }
      let result = try replacing(body, .goesOn, by: .returns, in: frame)
      gotos[body] = result
      return result
    }
  }

  private func replacing(
    _ body: Diagram, _ old: Flow.Ending, by new: Flow.Ending, in frame: Frame
  ) throws(RulesetMeaningError) -> Diagram {
    let result = try frame.inSpace { () throws(PacketSpaceError) in
      try arena.map(body) { number in
        let flow = flows[number]
        return flow.ending == old ? flows.number(of: Flow(new, effects: flow.effects)) : number
      }
    }
    weights[result] = weights[body]
    return result
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
    var rules: [(part: Diagram, weight: Int)] = []
    var weight = 0
    for index in chain.rules.indices {
      frame.rule = index
      frame.weight = 1
      let rule = try meaning(of: chain.rules[index], in: &frame)
      frame.weight = min(frame.weight, Self.heaviest)
      if rule != Flows.goesOn { rules.append((rule, frame.weight)) }
      weight = min(weight + frame.weight, Self.heaviest)
    }
    frame.rule = nil
    let result = try frame.inSpace { () throws(PacketSpaceError) in
      try folded(rules, empty: Flows.goesOn) { (a, b) throws(PacketSpaceError) in
        try sequence(a, b)
      }
    }
    // Of chains that mean the same, the simplest says how large that is.
    if result.constant == nil { weights[result] = min(weight, weights[result] ?? weight) }
    return result
  }

  func weight(of diagram: Diagram) -> Int { weights[diagram] ?? 1 }

  /// A chain that jumps to one chain twice weighs twice as much: the sums end here.
  private static let heaviest = 1 << 32

  /// Neighbours put together in a tree that is balanced by weight, so that what is large is copied
  /// seldom.
  func folded(
    _ parts: [(part: Diagram, weight: Int)], empty: Diagram,
    _ join: (Diagram, Diagram) throws(PacketSpaceError) -> Diagram
  ) throws(PacketSpaceError) -> Diagram {
    if parts.isEmpty { return empty }
    // The weight of all parts before each.
    var sums = [0]
    sums.reserveCapacity(parts.count + 1)
    for part in parts { sums.append(sums[sums.count - 1] + max(part.weight, 1)) }
    func fold(_ start: Int, _ end: Int) throws(PacketSpaceError) -> Diagram {
      if end - start == 1 { return parts[start].part }
      // The first place at which the left half is not the lighter one.
      var low = start + 1
      var high = end - 1
      while low < high {
        let middle = (low + high) / 2
        if (sums[middle] - sums[start]) * 2 < sums[end] - sums[start] {
          low = middle + 1
        } else {
          high = middle
        }
      }
      // One place earlier may be nearer to the middle.
      let total = sums[start] + sums[end]
      if low - 1 > start, abs(2 * sums[low - 1] - total) < abs(2 * sums[low] - total) { low -= 1 }
      return try join(fold(start, low), fold(low, end))
    }
    return try fold(0, parts.count)
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
