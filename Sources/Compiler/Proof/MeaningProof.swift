package import Lowering
import NetworkTypes
package import Nftables
package import PacketSpace
package import PolicyAnalysis
package import PolicyLanguage

/// What comparing a policy's meaning with its table's has shown.
///
/// Both are functions of packets in one arena, so that they are equal where their handles are. The
/// first is read from the language reference, the second from what the kernel does with each
/// statement; neither knows the other.
package enum MeaningProof: Sendable {
  /// For every packet that there can be, the table does what the policy says.
  case equal(Figures)
  /// For this packet it does not: a defect of the program.
  case different(Counterexample)
  /// A limit of the table has other numbers than its rule's, or counts others apart: a defect of the
  /// program.
  case limitDiffers(LimiterDifference)
  /// A set that is filled while the policy is in force is not as the policy says: a defect of the
  /// program.
  case setDiffers(SetDifference)
  /// A map of the table leads some source to another counter than that of its row: a defect of the
  /// program.
  case subnetCounterDiffers(SubnetCounterDifference)
  /// The table does what the interpreter does not know: a defect of the program.
  case notUnderstood(RulesetMeaningError)
  /// The comparison does not fit into the memory that it may use.
  case outOfSpace(PacketSpaceError)

  /// A limit that is not its rule's.
  package struct LimiterDifference: Hashable, Sendable {
    /// Nil where no rule is known to have it.
    package var rule: String?
    package var chain: String
    package var origin: Origin
  }

  /// A set that is not what the policy wants, or is not there.
  package struct SetDifference: Hashable, Sendable {
    package var set: String
    package var origin: Origin
  }

  /// What the comparison took.
  package struct Figures: Hashable, Sendable {
    /// Of the common function.
    package var nodes: Int
    package var edges: Int
    /// Of the arena with everything made on the way.
    package var bytes: Int
  }
}

/// Compares what a table does with what the policy that it was compiled from says.
///
/// Over all of `possiblePackets`, with verdicts and effects: log, counter, helper, limiter, record. What is
/// counted for a row of the inventory is compared in two parts: `SubnetCounters`. n log n in
/// the policy's prefixes and rules where these overlap little; `outOfSpace` where they overlap so much
/// that the function has no small form.
///
/// - Parameter byteLimit: of the diagrams; what else is needed is linear in the policy.
package func prove(
  _ lowered: LoweredPolicy, of policy: ResolvedPolicy,
  byteLimit: Int = PacketArena.defaultByteLimit
) -> MeaningProof {
  do throws(PacketSpaceError) {
    return try Comparison(lowered, policy, PacketArena(byteLimit: byteLimit)).result()
  } catch {
    return .outOfSpace(error)
  }
}

/// Both meanings, and all that they must share to be compared.
private struct Comparison {
  let lowered: LoweredPolicy
  let policy: ResolvedPolicy
  let arena: PacketArena
  let interfaces: InterfaceClasses
  let limiters: LimiterNumbers
  let possible: PacketSet

  init(
    _ lowered: LoweredPolicy, _ policy: ResolvedPolicy, _ arena: PacketArena
  ) throws(PacketSpaceError) {
    self.arena = arena
    self.lowered = lowered
    self.policy = policy
    interfaces = InterfaceClasses(of: [policy])
    limiters = try LimiterNumbers(of: [policy])
    possible = try arena.possiblePackets(
      interfaces: interfaces, limiters: limiters.isPerSource, networks: limiters.networks.count)
  }

  func result() throws(PacketSpaceError) -> MeaningProof {
    var outcomes = Numbering<Outcome?>()
    _ = outcomes.number(of: nil)
    let said = try policyMeaning(&outcomes)
    let done: Diagram
    do {
      done = try RulesetMeaning(
        of: lowered.table, in: arena, interfaces: interfaces, possible: possible,
        limiter: lowered.limiter(limiters), network: lowered.network(limiters),
        record: lowered.recordName, numbering: &outcomes
      ).diagram
    } catch {
      if case .packetSpace(let error) = error.kind { throw error }
      return .notUnderstood(error)
    }
    if said == done {
      if let difference = LimiterDefinitions(lowered, of: policy).firstDifference {
        return .limitDiffers(difference)
      }
      if let difference = lowered.firstSetDifference(from: policy) {
        return .setDiffers(difference)
      }
      do throws(RulesetMeaningError) {
        if var difference = try SubnetCounters(lowered, of: policy).firstDifference {
          difference.example = try? counted(difference, said, outcomes)
          return .subnetCounterDiffers(difference)
        }
      } catch {
        return .notUnderstood(error)
      }
      let size = arena.size(of: said)
      return .equal(
        .init(nodes: size.nodes, edges: size.edges, bytes: arena.statistics.bytes))
    }
    return .different(try counterexample(try arena.differences(said, done), done, outcomes))
  }

  /// The policy's meaning in terms of outcomes.
  private func policyMeaning(
    _ outcomes: inout Numbering<Outcome?>
  ) throws(PacketSpaceError) -> Diagram {
    var decisions = Numbering<Decision?>()
    let meaning = try PolicyDecisions(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: .all,
      detail: .effects, numbering: &decisions)
    let numbers = decisions.values.map { decision in
      outcomes.number(of: decision.map(outcome))
    }
    return try arena.restrict(
      try arena.map(meaning.diagram) { numbers[Int($0)] }, to: possible, otherwise: 0)
  }

  private func outcome(_ decision: Decision) -> Outcome {
    Outcome(
      of: decision,
      counterName: { lowered.counters[PolicyCounter($0)] ?? "no counter of \($0)" },
      counterMapName: { lowered.subnetCounterMaps[$0] ?? "no map of \($0)" },
      limiters: limiters)
  }

  /// A packet from an address that is counted for somebody else.
  private func counted(
    _ difference: MeaningProof.SubnetCounterDifference, _ said: Diagram,
    _ outcomes: Numbering<Outcome?>
  ) throws(PacketSpaceError) -> Packet? {
    let map = lowered.subnetCounterMaps[difference.family]
    let counted = try arena.packets(of: said) { number in
      outcomes[number]?.effects.contains { effect in
        map.map { effect == .counterMap($0, by: .source) } ?? false
      } ?? false
    }
    let source: PacketSet
    switch difference.family {
    case .ipv4:
      source = try arena.set(
        .source4, IntervalSet<UInt32>(UInt32(truncatingIfNeeded: difference.address)))
    case .ipv6: source = try arena.set(.source6, IntervalSet<UInt128>(difference.address))
    }
    return Packet(
      of: try arena.intersection(counted, source), in: arena, interfaces: interfaces,
      networks: limiters.networks)
  }

  private func counterexample(
    _ packets: PacketSet, _ done: Diagram, _ outcomes: Numbering<Outcome?>
  ) throws(PacketSpaceError) -> Counterexample {
    let witness =
      arena.witness(
        of: packets,
        preferring: { Packet.preferredValues(of: $0, interfaces: interfaces, given: $1) })
      ?? Witness()
    func value(_ dimension: Dimension) -> UInt128 {
      witness[dimension]
        ?? Packet.preferredValues(of: dimension, interfaces: interfaces, given: witness).first ?? 0
    }
    let packet = Packet(witness: witness, interfaces: interfaces, networks: limiters.networks)
    // Who decides is asked only now, and only of the packet that it matters for.
    var decisions = Numbering<Decision?>()
    let deciders = try PolicyDecisions(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: packets,
      naming: .holding(packet.sources), numbering: &decisions)
    let trace = try? RulesetTrace(
      of: lowered.table, interfaces: interfaces, limiter: lowered.limiter(limiters),
      network: lowered.network(limiters), record: lowered.recordName
    ).outcome(of: value)
    return Counterexample(
      packet: packet, decision: decisions[arena.answer(deciders.diagram, at: value)],
      expected: decisions[arena.answer(deciders.diagram, at: value)].map(outcome),
      outcome: outcomes[arena.answer(done, at: value)], steps: trace?.steps ?? [])
  }
}

extension LoweredPolicy {
  /// The numbers of the table's limiters, by the rules whose limits they are.
  package func limiter(_ numbers: LimiterNumbers) -> (LimiterPlace) -> Int? {
    { place in
      switch place {
      case .set(let name): ruleOfLimiterSet[name].flatMap { numbers[$0] }
      case .rule(let chain, _, _): ruleOfLimiterChain[chain].flatMap { numbers[$0] }
      }
    }
  }
}

extension PolicyCounter {
  /// What a decision adds to.
  package init(_ counter: Decision.Counter) {
    switch counter {
    case .antiSpoofing(let zone): self = .antiSpoofing(zone: zone)
    case .invalid(let path): self = .invalid(section: path.rawValue)
    case .smtpEgress: self = .smtpEgress
    case .rule(let name): self = .rule(name)
    case .limitExcess(let rule): self = .limitExcess(rule: rule)
    case .sectionDefault(let path): self = .sectionDefault(section: path.rawValue)
    }
  }
}
