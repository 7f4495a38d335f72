import Compiler
package import Lowering
import NetworkTypes
import Nftables
import PacketSpace
package import PolicyAnalysis
package import PolicyLanguage

extension LiveRuleset {
  /// What changes for traffic when a policy takes the place of what the kernel has.
  ///
  /// One side is the ruleset's meaning, so that a change is laid to the nft rule that decides its
  /// example; nothing is known of texts. `regionLimit` is of each change.
  package func difference(
    from policy: ResolvedPolicy, lowered: LoweredPolicy, regionLimit: Int = 4096
  ) throws(Failure) -> TrafficDifference {
    let result: Result<TrafficDifference, Failure>
    do throws(PacketSpaceError) {
      result = try LiveComparison(self, policy, lowered).difference(regionLimit)
    } catch {
      throw .outOfSpace(error)
    }
    return try result.get()
  }
}

/// A live ruleset and a policy in one arena.
struct LiveComparison {
  let live: LiveRuleset
  let policy: ResolvedPolicy
  let lowered: LoweredPolicy
  let arena = PacketArena()
  let interfaces: InterfaceClasses
  let limiters: LiveLimiters
  /// The packets that are compared; a part of those that can be will do.
  var possible: PacketSet

  init(
    _ live: LiveRuleset, _ policy: ResolvedPolicy, _ lowered: LoweredPolicy
  ) throws(PacketSpaceError) {
    self.live = live
    self.policy = policy
    self.lowered = lowered
    interfaces = live.interfaces(with: InterfaceClasses(of: [policy]))
    limiters = try LiveLimiters(of: live, with: LimiterNumbers(of: [policy]), of: lowered)
    let all = try arena.possiblePackets(
      interfaces: interfaces, limiters: limiters.numbers.isPerSource,
      networks: limiters.numbers.networks.count)
    let lo = IntervalSet<UInt32>(interfaces.classOf("lo"))
    possible = try arena.difference(
      all, try arena.union(try arena.set(.inputInterface, lo), try arena.set(.outputInterface, lo)))
  }

  /// What the kernel does with every packet.
  func before(_ outcomes: inout Numbering<Outcome?>) throws(LiveRuleset.Failure) -> Diagram {
    try live.meaning(
      in: arena, interfaces: interfaces, limiters: limiters, possible: possible,
      numbering: &outcomes)
  }

  /// What the policy does with every packet.
  func after(
    _ decisions: inout Numbering<Decision?>, detail: PolicyDecisions.Detail = .deciders
  ) throws(PacketSpaceError) -> Diagram {
    try PolicyDecisions(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters.numbers,
      possible: possible, detail: detail, numbering: &decisions
    ).diagram
  }

  /// Numbers of a kernel's outcome and of a policy's decision.
  private struct Pair: Hashable {
    var outcome: UInt32
    var decision: UInt32
  }

  /// What makes packets one change for a reviewer.
  private struct Cause: Hashable {
    var verdict: Decision.Verdict
    var new: TrafficDifference.Side
  }

  func difference(
    _ limit: Int
  ) throws(PacketSpaceError) -> Result<TrafficDifference, LiveRuleset.Failure> {
    var outcomes = Numbering<Outcome?>()
    let before: Diagram
    do throws(LiveRuleset.Failure) {
      before = try self.before(&outcomes)
    } catch {
      return .failure(error)
    }
    var decisions = Numbering<Decision?>()
    let after = try self.after(&decisions)
    let expected = decisions.values.map { decision in
      decision.map {
        Outcome(
          of: $0, counterName: { lowered.counters[PolicyCounter($0)] },
          counterMapName: { lowered.subnetCounterMaps[$0] }, limiters: limiters.numbers)
      }
    }
    var pairs = Numbering<Pair>()
    let same = pairs.number(of: Pair(outcome: 0, decision: 0))
    let together = try arena.combine(before, after) { a, b in
      guard let a = a.constant, let b = b.constant else { return nil }
      if outcomes[a] == expected[Int(b)] { return .constant(same) }
      return .constant(pairs.number(of: Pair(outcome: a, decision: b)))
    }
    let writer = RegionWriter([policy], interfaces: interfaces, limiters: limiters.numbers)
    var changes: [TrafficDifference.Change] = []
    var effects: Set<EffectChange> = []
    var changed: [PacketSet] = []
    var groups: [Cause: Set<UInt32>] = [:]
    for number in arena.answers(of: together) where number != same {
      let pair = pairs[number]
      guard let outcome = outcomes[pair.outcome], let decision = decisions[pair.decision],
        let wanted = expected[Int(pair.decision)]
      else { continue }
      if Self.verdict(outcome.verdict) == Self.verdict(wanted.verdict) {
        effects.formUnion(Self.effects(from: outcome, to: wanted, by: decision))
        continue
      }
      let cause = Cause(
        verdict: Self.verdict(outcome.verdict),
        new: TrafficDifference.Side(decision, of: policy))
      groups[cause, default: []].insert(number)
    }
    for (cause, numbers) in groups {
      let set = try arena.packets(of: together) { numbers.contains($0) }
      changed.append(set)
      guard
        let example = Packet(
          of: set, in: arena, interfaces: interfaces, networks: limiters.numbers.networks)
      else { continue }
      let cover = try arena.cover(
        of: set, within: possible, limit: limit, name: writer.addresses.name)
      changes.append(
        TrafficDifference.Change(
          from: TrafficDifference.Side(verdict: cause.verdict, words: words(for: example)),
          to: cause.new, regions: cover.regions, isComplete: cover.isComplete, writer: writer,
          example: example))
    }
    for rule in limiters.changedRules {
      effects.insert(
        EffectChange(kind: .limit, text: "the limit of rule `\(rule)` is another one in the kernel")
      )
    }
    return .success(
      TrafficDifference(
        changes: changes, effects: effects.sorted(), edits: [],
        changedPackets: try arena.union(changed)))
  }

  /// What decides about a packet in the kernel.
  private func words(for packet: Packet) -> String {
    guard live.kernelTable != nil else { return "nothing: there is no table" }
    let trace = try? live.trace(
      of: {
        packet.value(of: $0, interfaces: interfaces, networks: limiters.numbers.networks)
      }, interfaces: interfaces,
      limiters: limiters)
    return trace?.steps.last.map { "the kernel's \($0)" } ?? "the kernel's ruleset"
  }

  /// Both kinds of refusal are one.
  private static func verdict(_ verdict: Outcome.Verdict) -> Decision.Verdict {
    switch verdict {
    case .accept: .accept
    case .drop: .drop
    case .tcpReset, .icmpReject: .tcpReset
    }
  }

  private static func effects(
    from old: Outcome, to new: Outcome, by decision: Decision
  ) -> [EffectChange] {
    let gone = old.effects.filter { !new.effects.contains($0) }
    let come = new.effects.filter { !old.effects.contains($0) }
    return gone.map {
      EffectChange(kind: $0.kind, text: "\(decision.deciderWords): no longer \($0)")
    } + come.map { EffectChange(kind: $0.kind, text: "\(decision.deciderWords): now \($0)") }
  }
}

extension Outcome.Effect {
  fileprivate var kind: EffectChange.Kind {
    switch self {
    case .log: .log
    case .counter, .counterMap: .counter
    case .record: .offender
    case .helper: .helper
    case .limiter: .limit
    }
  }
}
