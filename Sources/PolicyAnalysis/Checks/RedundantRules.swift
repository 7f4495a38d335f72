import NetworkTypes
import PacketSpace
import PolicyLanguage

/// The rules that can go, all at once, without any packet noticing.
///
/// A first pass composes the rules so that each packet has not only the rule that decides it, but
/// also whether the next rule that matches does the same: n log n like the decisions themselves. Rules
/// that are each superfluous need not be so together (of three, each of which covers the one before,
/// two may go, but not any two), so that what is found is then taken away and the policies compared.
struct RedundantRules {
  let context: CheckContext
  let table: DecisionTable
  /// The rules that no packet reaches: they can go, and what they say is no reason to keep others.
  let unreachable: Set<RulePlace>
  private let effects: Effects

  /// So many comparisons of whole policies, at most; then what is not yet settled is left alone.
  private static let comparisons = 40

  init(in context: CheckContext) throws(PacketSpaceError) {
    self.context = context
    table = try context.decisions()
    unreachable = Set(try context.unreachableRules())
    effects = Effects(of: table.numbering)
  }

  func places() throws(PacketSpaceError) -> [RulePlace] {
    let candidates = try candidates()
    if candidates.isEmpty { return [] }
    var left = Self.comparisons
    let original = try effectsOfPolicy(without: [])
    return try removable(candidates[...], besides: [], original, &left)
  }

  // MARK: One by one

  /// The rules whose packets all meet the same fate in the next rule that matches them.
  private func candidates() throws(PacketSpaceError) -> [RulePlace] {
    var differing: Set<String> = []
    let reach = try context.reachingRules()
    let diagram = try compositions()
    for answer in context.arena.answers(of: diagram, within: reach) {
      guard let number = Composed.differing(answer), let decision = table.numbering[number],
        let decider = decision.decider
      else { continue }
      differing.insert(decider.name)
    }
    return context.rulePlaces.filter {
      !unreachable.contains($0) && !differing.contains(context.rule(at: $0).name)
    }
  }

  /// For each packet, `Composed`.
  private func compositions() throws(PacketSpaceError) -> Diagram {
    let arena = context.arena
    var numbers = DecisionNumbers(table.numbering, .deciders)
    var paths: [(upper: UInt32, then: Diagram)] = []
    for path in Packet.Path.allCases {
      var families: [(upper: UInt32, then: Diagram)] = []
      for family in AddressFamily.allCases {
        families.append((family.value, try compositions(path, family, &numbers)))
      }
      families.append((.max, .undecided))
      paths.append((path.value.rawValue, try arena.cases(.family, families)))
    }
    paths.append((.max, .undecided))
    return try arena.cases(.path, paths)
  }

  private func compositions(
    _ path: Packet.Path, _ family: AddressFamily, _ numbers: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    guard var section = context.policy.section(for: path) else { return .undecided }
    let places = PolicySection(path)
    section.rules = section.rules.enumerated()
      .filter { !unreachable.contains(RulePlace(section: places, index: $0.offset)) }
      .map(\.element)
    let slice = PacketSlice(
      arena: context.arena, path: path, family: family, zones: context.zones,
      numbers: context.limiters)
    var rules = SectionRules(section: section, limiters: context.limiters, slice: slice)
    let effects = effects
    rules.composition = { Composed.composed($0, $1, effects) }
    let fallback = try PolicyDecisions.sectionDefault(
      of: section, context.policy, slice, &numbers)
    return try rules.diagram(default: fallback, &numbers)
  }

  // MARK: Together

  /// The largest part found of `candidates` that can go besides others that can.
  private func removable(
    _ candidates: ArraySlice<RulePlace>, besides others: [RulePlace], _ original: Diagram,
    _ left: inout Int
  ) throws(PacketSpaceError) -> [RulePlace] {
    if left == 0 { return others }
    left -= 1
    if try effectsOfPolicy(without: others + candidates) == original { return others + candidates }
    if candidates.count == 1 { return others }
    let middle = candidates.startIndex + candidates.count / 2
    let first = try removable(candidates[..<middle], besides: others, original, &left)
    return try removable(candidates[middle...], besides: first, original, &left)
  }

  /// What becomes of every possible packet, by numbers of `effects`.
  private func effectsOfPolicy(
    without places: [RulePlace]
  ) throws(PacketSpaceError) -> Diagram {
    let table = places.isEmpty ? table : try context.decisions(without: Set(places))
    let numbers = table.numbering.values.map { effects.number(of: $0) }
    return try context.arena.restrict(
      try context.arena.map(table.diagram) { numbers[Int($0)] }, to: context.possible,
      otherwise: Effects.unknown)
  }
}

/// What a step of the composition knows of a packet, as an answer of a diagram.
///
/// One of: nothing matches yet; a rule does (`open`, by the number of its decision); a rule does, and
/// the next one does the same (`same`, by the number of the effect); a rule does, and the next one does
/// something else (`differing`, by the number of the decision).
private enum Composed {
  private static let same: UInt32 = 1 << 28
  private static let differing: UInt32 = 2 << 28

  /// The number of the decision that the next rule would not have made.
  static func differing(_ answer: UInt32) -> UInt32? {
    answer >> 28 == 2 ? answer & (same - 1) : nil
  }

  static func composed(_ step: Diagram, _ next: Diagram, _ effects: Effects) -> Diagram? {
    if step == .undecided { return next }
    if next == .undecided { return step }
    guard let number = step.constant else { return nil }
    if number >= same { return step }
    guard let following = next.constant else { return nil }
    let effect = effects.number(ofNumber: number)
    let isSame = effect != Effects.unknown && effect == self.effect(of: following, effects)
    return .constant(isSame ? same | effect : differing | number)
  }

  private static func effect(of answer: UInt32, _ effects: Effects) -> UInt32 {
    answer >> 28 == 1
      ? answer & (same - 1) : effects.number(ofNumber: answer & (same - 1))
  }
}

/// Decisions as far as packets notice them.
///
/// The counter of a section's default is not among it: it tells what no rule has decided, and a rule
/// that only makes it smaller is still superfluous.
private struct Effects {
  /// Of decisions that are not in the numbering.
  static let unknown: UInt32 = (1 << 28) - 1

  private var numbering = Numbering<Decision?>()
  private var numbers: [Decision?: UInt32] = [:]
  private var byNumber: [UInt32] = []

  init(of decisions: Numbering<Decision?>) {
    for decision in decisions.values {
      let number = numbering.number(of: Self.effect(of: decision))
      byNumber.append(number)
    }
    for (number, effect) in numbering.values.enumerated() { numbers[effect] = UInt32(number) }
  }

  /// By the number of a decision.
  func number(ofNumber number: UInt32) -> UInt32 {
    number < byNumber.count ? byNumber[Int(number)] : Self.unknown
  }

  func number(of decision: Decision?) -> UInt32 {
    numbers[Self.effect(of: decision)] ?? Self.unknown
  }

  private static func effect(of decision: Decision?) -> Decision? {
    guard var effect = decision else { return nil }
    effect.step = .rules
    effect.decider = nil
    effect.gatePass = nil
    if case .sectionDefault = effect.counter { effect.counter = nil }
    return effect
  }
}
