import NetworkTypes
import PacketSpace

/// The statements of one rule, read first to last: what each asks of a packet, or does.
///
/// Matches with nothing between them are one product: their order is of no consequence.
struct RuleSteps {
  enum Step {
    /// The rule goes on for the packets of a product.
    case product([Dimension: ValueSet])
    /// The rule goes on where a diagram answers 1.
    case members(Diagram)
    /// Something happens, for these packets only; the rule goes on for all.
    case effect(Outcome.Effect, only: [Dimension: ValueSet])
    /// Takes from a limiter, and goes on where it says one of these.
    case limiter(Int, passing: IntervalSet<UInt32>)
    /// The rule goes on where the diagram is `nowhere`; else it has its answer.
    case answer(Diagram)
  }

  private(set) var steps: [Step] = []
  /// Of the packets that come to the next statement.
  private(set) var known = Knowledge.all

  mutating func add(_ values: [Dimension: ValueSet]) {
    known.learn(values)
    if case .product(var product) = steps.last {
      for (dimension, set) in values {
        product[dimension] = product[dimension].map { $0.intersection(set) } ?? set
      }
      steps[steps.count - 1] = .product(product)
    } else {
      steps.append(.product(values))
    }
  }

  mutating func add(_ dimension: Dimension, _ values: ValueSet) { add([dimension: values]) }

  mutating func add(members: Diagram, of kinds: Knowledge) {
    known = known.intersection(kinds)
    steps.append(.members(members))
  }

  mutating func add(_ step: Step) { steps.append(step) }
}

extension RulesetInterpreter {
  /// The flow of every packet through one rule.
  func meaning(of rule: Rule, in frame: inout Frame) throws(RulesetMeaningError) -> Diagram {
    var steps = RuleSteps()
    if rule.statements.isEmpty { throw frame.fault(.badRuleShape) }
    let count = rule.statements.count
    var index = 0
    var hasLimit = false
    while index < count {
      let statement = rule.statements[index]
      let isLast = index == count - 1
      index += 1
      switch statement {
      case .verdict(let verdict):
        if !isLast { throw frame.fault(.badRuleShape) }
        steps.add(.answer(try meaning(of: verdict, in: &frame)))
      case .reject(let reject):
        if !isLast { throw frame.fault(.badRuleShape) }
        steps.add(.answer(try meaning(of: reject, steps.known, in: frame)))
      case .verdictMap(let key, let name):
        try add(map: name, key, isLast: isLast, to: &steps, in: &frame)
      case .ctStateMap(let entries):
        try add(entries, to: &steps, in: &frame)
      case .limit(let limit):
        if index == count - 1, !limit.isOver,
          case .log(let prefix, let group) = rule.statements[index]
        {
          // A log with a rate of its own: nothing else depends on it.
          steps.add(
            .effect(
              .log(
                prefix: prefix, group: group, rate: limit.rate, unitSeconds: limit.unitSeconds,
                burst: limit.burst), only: [:]))
          index += 1
          continue
        }
        if hasLimit { throw frame.fault(.severalLimits) }
        hasLimit = true
        let place = LimiterPlace.rule(
          chain: frame.chain.name, index: frame.rule ?? 0, origin: rule.origin)
        try add(limiterAt: place, isOver: limit.isOver, to: &steps, in: frame)
      case .log(let prefix, let group):
        steps.add(
          .effect(.log(prefix: prefix, group: group, rate: 0, unitSeconds: 0, burst: 0), only: [:]))
      case .counter(let name):
        if !self.index.hasCounter(name) { throw frame.fault(.missingObject(name)) }
        steps.add(.effect(.counter(name), only: [:]))
      case .counterMap(let key, let name):
        try add(counterMap: name, key, to: &steps, in: &frame)
      case .setHelper(let name): try add(helper: name, to: &steps, in: frame)
      case .dynamicSet(_, let key, let name, let element):
        // A set that is full ends the rule, and nothing says when a set of records is.
        if element == .counter, !isLast { throw frame.fault(.badRuleShape) }
        try add(dynamic: name, key, element, to: &steps, in: frame)
      case .lookup(let key, let isNegated, let name):
        try add(set: name, key, isNegated: isNegated, to: &steps, in: &frame)
      default: try add(match: statement, to: &steps, in: frame)
      }
    }
    return try frame.inSpace { () throws(PacketSpaceError) in try composed(steps.steps) }
  }

  // MARK: Last to first

  /// What a failed match leaves is a rule that goes on, so each step wraps what comes after it.
  private func composed(_ steps: [RuleSteps.Step]) throws(PacketSpaceError) -> Diagram {
    var rest = Flows.goesOn
    for step in steps.reversed() {
      switch step {
      case .product(let values): rest = try restricted(rest, to: values, otherwise: Flows.goesOn)
      case .members(let set): rest = try restricted(rest, to: set, otherwise: Flows.goesOn)
      case .effect(let effect, let only):
        let done = try preceded(rest, by: effect)
        rest =
          only.isEmpty
          ? done
          : try filled(try restricted(done, to: only, otherwise: Flows.nowhere), with: rest)
      case .limiter(let number, let passing):
        let passed = try restricted(
          rest, to: [.limiter(number): .narrow(passing)], otherwise: Flows.goesOn)
        rest = try preceded(passed, by: .limiter(number))
      case .answer(let diagram): rest = try filled(diagram, with: rest)
      }
    }
    return rest
  }

  private func preceded(
    _ diagram: Diagram, by effect: Outcome.Effect
  ) throws(PacketSpaceError) -> Diagram {
    let first = flows.number(of: Flow(.goesOn, effects: [effect]))
    return try arena.map(diagram) { flows.sequence(first, $0) }
  }

  /// A diagram with another one where it is `nowhere`.
  func filled(_ diagram: Diagram, with rest: Diagram) throws(PacketSpaceError) -> Diagram {
    try arena.combine(diagram, rest) { diagram, rest in
      if diagram == Flows.nowhere { return rest }
      return diagram.constant == nil ? nil : diagram
    }
  }

  /// A diagram inside a product of values, and one answer outside.
  ///
  /// Linear in the values where the diagram asks only later dimensions, which is the rule.
  func restricted(
    _ diagram: Diagram, to product: [Dimension: ValueSet], otherwise outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    if diagram == outside { return outside }
    if product.values.contains(where: \.isEmpty) { return outside }
    let dimensions = product.keys.sorted(by: >)
    var result = diagram
    if let top = arena.dimension(of: diagram) {
      let later = dimensions.prefix { $0 >= top }
      if !later.isEmpty {
        var set = Diagram.constant(1)
        for dimension in later {
          set = try choice(dimension, product[dimension], then: set, else: .constant(0))
        }
        result = try restricted(diagram, to: set, otherwise: outside)
      }
      for dimension in dimensions.dropFirst(later.count) {
        result = try choice(dimension, product[dimension], then: result, else: outside)
      }
      return result
    }
    for dimension in dimensions {
      result = try choice(dimension, product[dimension], then: result, else: outside)
    }
    return result
  }

  private func choice(
    _ dimension: Dimension, _ values: ValueSet?, then inside: Diagram, else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    switch values {
    case nil: inside
    case .narrow(let set): try arena.choice(dimension, in: set, then: inside, else: outside)
    case .wide(let set): try arena.choice(dimension, in: set, then: inside, else: outside)
    }
  }

  /// A diagram where a set answers 1, and one answer elsewhere.
  func restricted(
    _ diagram: Diagram, to set: Diagram, otherwise outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    try arena.combine(set, diagram) { set, diagram in
      if diagram == outside { return outside }
      guard let isMember = set.constant else { return nil }
      return isMember == 1 ? diagram : outside
    }
  }
}
