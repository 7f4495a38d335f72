import Diagnostics
import PacketSpace
import PolicyLanguage

/// The earlier rules that take packets from a rule and do the opposite with them.
struct OpposedRules {
  let context: CheckContext
  let place: RulePlace
  /// Those whose packets are all among the rule's: exceptions that stand before it.
  private(set) var inside: [RulePlace] = []
  /// Those that have packets of their own, too.
  private(set) var crossing: [RulePlace] = []
  /// How many more there are that were not told apart.
  private(set) var more = 0
  /// The packets of the rule, as far as they come to the rules.
  private let packets: PacketSet

  /// To tell one apart costs a comparison of two sets.
  private static let toldApart = 64

  init(to place: RulePlace, in context: CheckContext) throws(PacketSpaceError) {
    self.context = context
    self.place = place
    let reach = try context.reachingRules()
    packets = try context.arena.intersection(try context.matching(place), reach)
    let allows = context.rule(at: place).verdict == .allow
    let names = Set(
      try context.decisions(about: packets)
        .filter { $0.step == .rules }.compactMap(\.decider?.name))
    let earlier = names.compactMap { context.place(ofRule: $0) }
      .filter { $0 < place && (context.rule(at: $0).verdict == .allow) != allows }.sorted()
    more = max(earlier.count - Self.toldApart, 0)
    for other in earlier.prefix(Self.toldApart) {
      let theirs = try context.arena.intersection(try context.matching(other), reach)
      if try context.arena.isSubset(theirs, of: packets) {
        inside.append(other)
      } else {
        crossing.append(other)
      }
    }
  }

  /// One finding about the rule and some of the others.
  func finding(
    _ message: String, _ others: [RulePlace], help: String
  ) throws(PacketSpaceError) -> Finding {
    let names = Set(others.map { context.rule(at: $0).name })
    let taken = try context.packets(of: packets) {
      $0.step == .rules && names.contains($0.decider?.name ?? "")
    }
    let hidden = others.count - Self.shown + more
    return Finding(
      message, at: context.span(ofRule: place),
      secondary: others.prefix(Self.shown).map {
        Diagnostic.Label(
          context.span(ofRule: $0),
          "some of its packets are \(context.rule(at: $0).verdict.participle) here")
      },
      notes: [
        context.example(of: taken),
        hidden > 0 ? "and \(hidden) more rule\(hidden == 1 ? "" : "s")" : nil,
      ],
      help: [Diagnostic.Help(help)], waivers: context.waivers(of: place))
  }

  private static let shown = 8
}
