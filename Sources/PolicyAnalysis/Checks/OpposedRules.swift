import Diagnostics
import PacketSpace
import PolicyLanguage

/// The earlier rules that take packets from a rule and do the opposite with them.
struct OpposedRules {
  let place: RulePlace
  /// Those whose packets are all among the rule's: exceptions that stand before it.
  private(set) var inside: [RulePlace] = []
  /// Those that have packets of their own, too.
  private(set) var crossing: [RulePlace] = []
  /// How many more there are that were not told apart.
  private(set) var more = 0
  /// The packets of the rule that others decide the other way.
  private let lost: PacketSet

  /// To tell one apart costs a comparison of two sets.
  private static let toldApart = 64

  init(to place: RulePlace, in context: CheckContext) throws(PacketSpaceError) {
    self.place = place
    let matched = try context.matching(place)
    let allows = context.rule(at: place).verdict == .allow
    // What goes the other way is mostly little, and who decides about little is quickly asked.
    lost = try context.arena.intersection(
      matched, try context.decidedByRules(toAccept: !allows))
    if lost.isEmpty { return }
    let names = Set(
      try context.decisions(about: lost)
        .filter { $0.step == .rules }.compactMap(\.decider?.name))
    let earlier = names.compactMap { context.place(ofRule: $0) }
      .filter { $0 < place && (context.rule(at: $0).verdict == .allow) != allows }.sorted()
    more = max(earlier.count - Self.toldApart, 0)
    for other in earlier.prefix(Self.toldApart) {
      if try context.arena.isSubset(try context.reaching(other), of: matched) {
        inside.append(other)
      } else {
        crossing.append(other)
      }
    }
  }

  /// One finding about the rule and some of the others.
  func finding(
    _ message: String, _ others: [RulePlace], help: String, in context: CheckContext
  ) throws(PacketSpaceError) -> Finding {
    let names = Set(others.map { context.rule(at: $0).name })
    // Whoever has more findings needs no more examples.
    context.opposedExamples += 1
    let example =
      context.opposedExamples > 16
      ? nil
      : context.example(
        of: try context.packets(of: lost) {
          $0.step == .rules && names.contains($0.decider?.name ?? "")
        })
    let hidden = others.count - Self.shown + more
    return Finding(
      message, at: context.span(ofRule: place),
      secondary: others.prefix(Self.shown).map {
        Diagnostic.Label(
          context.span(ofRule: $0),
          "some of its packets are \(context.rule(at: $0).verdict.participle) here")
      },
      notes: [
        example,
        hidden > 0 ? "and \(hidden) more rule\(hidden == 1 ? "" : "s")" : nil,
      ],
      help: [Diagnostic.Help(help)], waivers: context.waivers(of: place))
  }

  private static let shown = 8
}

extension CheckContext {
  /// The packets that rules accept, or refuse, worked out once.
  fileprivate func decidedByRules(toAccept accepts: Bool) throws(PacketSpaceError) -> PacketSet {
    if let known = knownDecidedByRules[accepts] { return known }
    let decided = try packets { decision in
      guard decision.step == .rules, let name = decision.decider?.name,
        let place = place(ofRule: name)
      else { return false }
      return (rule(at: place).verdict == .allow) == accepts
    }
    knownDecidedByRules[accepts] = decided
    return decided
  }

  /// The packets that a rule matches of those that come to the rules, worked out once.
  fileprivate func reaching(_ place: RulePlace) throws(PacketSpaceError) -> PacketSet {
    if let known = knownReaching[place] { return known }
    let reaching = try arena.intersection(try matching(place), try reachingRules())
    knownReaching[place] = reaching
    return reaching
  }

  /// Worked out once for each rule: more than one check asks.
  func opposedRules(to place: RulePlace) throws(PacketSpaceError) -> OpposedRules {
    if let known = knownOpposed[place] { return known }
    let opposed = try OpposedRules(to: place, in: self)
    knownOpposed[place] = opposed
    return opposed
  }
}
