import NetworkTypes
package import PacketSpace

/// One packet's way through a table, rule by rule.
///
/// Runs the statements as they stand, one packet at a time, and shares nothing with `RulesetMeaning`
/// but the packets: each is what the other is tested against. It is for tables that have a meaning:
/// what that refuses is not looked for here.
package struct RulesetTrace {
  /// What became of a packet at one rule.
  package struct Step: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
      /// Every statement has run, and none of them decided.
      case passed
      case verdict(Verdict)
      case reject(Reject)
      /// A statement that ended the rule: its place, and whether the packet lacks what it asks.
      case stopped(statement: Int, isAbsent: Bool)
      /// The end of a base chain, which is no rule.
      case policy(BaseChain.Policy)
    }

    package let chain: String
    /// Nil at the end of a base chain.
    package let rule: Int?
    package let origin: Origin
    package let result: Result
  }

  private let index: TableIndex
  private let interfaces: InterfaceClasses
  private let limiter: (LimiterPlace) -> Int?
  private let network: (String) -> Int?
  private let record: (RecordPlace) -> String

  /// - Parameters:
  ///   - interfaces: what the packets' interface classes are numbers of.
  ///   - limiter: the number of the dimension of a limiter.
  ///   - network: the number of the network whose members a set holds that is filled at run time.
  ///   - record: the name that a record has in outcomes.
  package init(
    of table: Table, interfaces: InterfaceClasses,
    limiter: @escaping (LimiterPlace) -> Int?, network: @escaping (String) -> Int? = { _ in nil },
    record: @escaping (RecordPlace) -> String = { "\($0)" }
  ) throws(RulesetMeaningError) {
    index = try TableIndex(table)
    self.interfaces = interfaces
    self.limiter = limiter
    self.network = network
    self.record = record
  }

  /// What becomes of a packet, and every rule that it met.
  ///
  /// - Parameter values: the packet's value of a dimension. Linear in the rules on the way and in the
  ///   elements of the sets that they look at.
  package func outcome(
    of values: @escaping (Dimension) -> UInt128
  ) throws(RulesetMeaningError) -> (outcome: Outcome, steps: [Step]) {
    var walk = Walk(
      index: index, packet: TracedPacket(values, interfaces: interfaces), values: values,
      limiter: limiter, network: network, record: record)
    let hooks: [BaseChain.Hook]
    switch walk.packet.path {
    case .inbound: hooks = [.prerouting, .input]
    case .forward: hooks = [.prerouting, .forward]
    case .outbound: hooks = [.output]
    }
    for hook in hooks {
      for chain in try index.baseChains(of: hook) {
        if let final = try walk.run(base: chain, hook) {
          return (Outcome(final, effects: walk.effects), walk.steps)
        }
      }
    }
    return (Outcome(.accept, effects: walk.effects), walk.steps)
  }

  /// A packet on its way.
  private struct Walk {
    let index: TableIndex
    var packet: TracedPacket
    let values: (Dimension) -> UInt128
    let limiter: (LimiterPlace) -> Int?
    let network: (String) -> Int?
    let record: (RecordPlace) -> String
    var effects: [Outcome.Effect] = []
    var steps: [Step] = []

    private enum Ending {
      case end
      case final(Outcome.Verdict)
    }

    /// How a statement ends.
    private enum Run {
      case goesOn
      case fails
      /// The packet lacks the field.
      case absent
      case verdict(Verdict)
      case reject(Reject)
    }

    /// Nil where the packet goes on to the next base chain.
    mutating func run(
      base chain: Chain, _ hook: BaseChain.Hook
    ) throws(RulesetMeaningError) -> Outcome.Verdict? {
      packet.isRouted = hook != .prerouting
      switch try run(chain, depth: 1) {
      case .final(.accept): return nil
      case .final(let verdict): return verdict
      case .end:
        let policy = chain.base?.policy ?? .accept
        steps.append(
          Step(chain: chain.name, rule: nil, origin: chain.origin, result: .policy(policy)))
        return policy == .drop ? .drop : nil
      }
    }

    private mutating func run(
      _ chain: Chain, depth: Int
    ) throws(RulesetMeaningError) -> Ending {
      if depth > TableIndex.deepestNesting {
        throw RulesetMeaningError(.nestingTooDeep, name: chain.name, origin: chain.origin)
      }
      for (place, rule) in chain.rules.enumerated() {
        let result = try run(rule, chain, place)
        steps.append(
          Step(chain: chain.name, rule: place, origin: rule.origin, result: result))
        switch result {
        case .passed, .stopped, .policy: continue
        case .reject(.tcpReset): return .final(.tcpReset)
        case .reject(.adminProhibited): return .final(.icmpReject)
        case .verdict(.accept): return .final(.accept)
        case .verdict(.drop): return .final(.drop)
        case .verdict(.return): return .end
        case .verdict(.jump(let name)):
          if case .final(let verdict) = try run(called(name, chain, place), depth: depth + 1) {
            return .final(verdict)
          }
        case .verdict(.goto(let name)):
          // Whatever it leaves undecided goes back to whoever jumped here.
          return try run(called(name, chain, place), depth: depth + 1)
        }
      }
      return .end
    }

    private func called(
      _ name: String, _ chain: Chain, _ place: Int
    ) throws(RulesetMeaningError) -> Chain {
      guard let called = index.chain(name) else {
        throw fault(.missingChain(name), chain, place)
      }
      return called
    }

    private func fault(
      _ kind: RulesetMeaningError.Kind, _ chain: Chain, _ place: Int
    ) -> RulesetMeaningError {
      RulesetMeaningError(
        kind, name: chain.name, rule: place, origin: chain.rules[place].origin)
    }

    private mutating func run(
      _ rule: Rule, _ chain: Chain, _ place: Int
    ) throws(RulesetMeaningError) -> Step.Result {
      var skipsLimit = false
      for (number, statement) in rule.statements.enumerated() {
        if case .limit(let limit) = statement, !limit.isOver, number == rule.statements.count - 2,
          case .log(let prefix, let group) = rule.statements[number + 1]
        {
          effects.append(
            .log(
              prefix: prefix, group: group, rate: limit.rate, unitSeconds: limit.unitSeconds,
              burst: limit.burst))
          skipsLimit = true
          continue
        }
        if skipsLimit { continue }
        switch try run(statement, chain, place) {
        case .goesOn: continue
        case .fails: return .stopped(statement: number, isAbsent: false)
        case .absent: return .stopped(statement: number, isAbsent: true)
        case .verdict(let verdict): return .verdict(verdict)
        case .reject(let reject): return .reject(reject)
        }
      }
      return .passed
    }

    private mutating func run(
      _ statement: Statement, _ chain: Chain, _ place: Int
    ) throws(RulesetMeaningError) -> Run {
      switch statement {
      case .compare(let field, let comparison, let value):
        guard case .number(let own) = packet.read(field) else { return .absent }
        let value = UInt128(value)
        let matches =
          switch comparison {
          case .equal: own == value
          case .notEqual: own != value
          case .less: own < value
          case .greaterOrEqual: own >= value
          }
        return matches ? .goesOn : .fails
      case .compareAny(let field, let isNegated, let values):
        guard case .number(let own) = packet.read(field) else { return .absent }
        return values.contains { UInt128($0) == own } != isNegated ? .goesOn : .fails
      case .comparePrefix(let field, let isNegated, let prefix):
        guard case .number(let own) = packet.read(field) else { return .absent }
        let matches =
          switch prefix {
          case .ipv4(let address, let length):
            (own ^ UInt128(address.bits)) >> UInt128(32 - length) == 0
          case .ipv6(let address, let length):
            length == 0 || (own ^ address.bits) >> UInt128(128 - length) == 0
          }
        return matches != isNegated ? .goesOn : .fails
      case .compareInterface(let field, let isNegated, let name, let isWildcard):
        guard case .name(let own) = packet.read(field) else { return .absent }
        let matches = isWildcard ? own.hasPrefix(name) : own == name
        return matches != isNegated ? .goesOn : .fails
      case .ctState(let states): return states.contains(packet.state) ? .goesOn : .fails
      case .ctStateMap(let entries):
        return entries.first { $0.state == packet.state }.map { .verdict($0.verdict) } ?? .goesOn
      case .lookup(let key, let isNegated, let name):
        guard let set = index.set(name) else { throw fault(.missingSet(name), chain, place) }
        if set.isFilledAtRunTime {
          guard let field = key.parts.first?.field, let side = field.addressSide,
            let number = network(name)
          else { throw fault(.unknownNetwork(name), chain, place) }
          if packet.read(field) == nil { return .absent }
          return (values(.member(side, ofNetwork: number)) == 1) != isNegated ? .goesOn : .fails
        }
        guard let found = packet.find(key, in: set) else { return .absent }
        return (found != .notFound) != isNegated ? .goesOn : .fails
      case .verdictMap(let key, let name):
        guard let map = index.set(name) else { throw fault(.missingSet(name), chain, place) }
        switch packet.find(key, in: map) {
        case nil: return .absent
        case .notFound, .found(nil): return .goesOn
        case .found(let verdict?): return .verdict(verdict)
        }
      case .reversePath(let isMissing):
        return packet.hasReversePath != isMissing ? .goesOn : .fails
      case .counter(let name):
        effects.append(.counter(name))
        return .goesOn
      case .counterMap(let key, let name):
        guard let map = index.set(name) else { throw fault(.missingSet(name), chain, place) }
        guard let side = key.parts.first?.field.addressSide else {
          throw fault(.keyMismatch(name), chain, place)
        }
        switch packet.find(key, in: map) {
        case nil: return .absent
        case .notFound: return .fails
        case .found: effects.append(.counterMap(name, by: side))
        }
        return .goesOn
      case .log(let prefix, let group):
        effects.append(.log(prefix: prefix, group: group, rate: 0, unitSeconds: 0, burst: 0))
        return .goesOn
      case .limit(let limit):
        let here = LimiterPlace.rule(
          chain: chain.name, index: place, origin: chain.rules[place].origin)
        guard let number = limiter(here) else { throw fault(.unknownLimiter, chain, place) }
        return take(from: number, isOver: limit.isOver)
      case .dynamicSet(_, let key, let name, let element):
        if element == .counter {
          for part in key.parts where packet.read(part.field) == nil { return .absent }
          guard let part = key.parts.first, let side = part.field.addressSide else {
            throw fault(.keyMismatch(name), chain, place)
          }
          let length = part.prefixLength ?? part.field.dataType.length * 8
          effects.append(.record(record(RecordPlace(set: name, side, prefixLength: length))))
          return .goesOn
        }
        guard let number = limiter(.set(name)) else {
          throw fault(.unknownLimiter, chain, place)
        }
        for part in key.parts where packet.read(part.field) == nil { return .absent }
        if case .limit(let limit) = element { return take(from: number, isOver: limit.isOver) }
        return take(from: number, isOver: false)
      case .setHelper(let name):
        guard let helper = index.helper(name) else {
          throw fault(.missingObject(name), chain, place)
        }
        if packet.ipProtocol == helper.transport.rawValue {
          effects.append(.helper(type: helper.type, transport: helper.transport.rawValue))
        }
        return .goesOn
      case .reject(let reject): return .reject(reject)
      case .verdict(let verdict): return .verdict(verdict)
      }
    }

    private mutating func take(from number: Int, isOver: Bool) -> Run {
      effects.append(.limiter(number))
      switch LimiterValue(rawValue: UInt32(truncatingIfNeeded: values(.limiter(number)))) {
      case .room: return isOver ? .fails : .goesOn
      case .over: return isOver ? .goesOn : .fails
      case .full, nil: return .fails
      }
    }
  }
}
