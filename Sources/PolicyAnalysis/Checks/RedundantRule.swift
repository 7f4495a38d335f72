import Diagnostics
import PacketSpace
import PolicyLanguage

extension Check {
  static let redundantRule = Check(
    "FW202", "redundant-rule",
    summary: "a rule that changes nothing",
    explanation: """
      Without the rule every packet would meet the same fate: what follows does the same with all that
      it decides, log, counter, helper and limit included (the counter of the section's default aside).
      Such rules make a policy longer than what it says, and mislead those who change the rule that
      really decides. All rules that this check names may go together.

      What follows may be later rules or the section's default. A rule that logs, counts or attaches a
      helper where what follows does not is never redundant, nor is one that outlives a later rule's
      expiry. Rules that no packet reaches are FW201's and not named again: one that earlier rules cover
      is unreachable, one that later ones repeat is redundant. What the rule was meant for is not seen.
      Source: E. Al-Shaer and H. Hamed, "Firewall Policy Advisor", IM 2003, whose pairs of rules are
      whole policies here.
      """,
    example: """
      fwpolicy: 1
      name: web1
      networks:
        office: [198.51.100.0/24]
      inbound:
        - { name: office-web, allow: https, from: office }
        - { name: web, allow: [http, https] }
        - { allow: ssh, from: office }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      networks:
        office: [198.51.100.0/24]
      inbound:
        - { name: web, allow: [http, https] }
        - { allow: ssh, from: office }
      """,
    run: { context in
      let places = try RedundantRules(in: context).places()
      if places.isEmpty { return [] }
      let others = try context.decisions(without: Set(places))
      return try places.enumerated().map { count, place in
        try context.redundancy(of: place, others, showsExample: count < Self.shownExamples)
      }
    })

  /// An example costs a walk over all that the policy decides.
  private static let shownExamples = 50
  /// More than so many others are counted, not shown.
  fileprivate static let shownFollowers = 8
}

extension CheckContext {
  fileprivate func redundancy(
    of place: RulePlace, _ others: DecisionTable, showsExample: Bool
  ) throws(PacketSpaceError) -> Finding {
    let rule = rule(at: place)
    let packets = try arena.intersection(try matching(place), try reachingRules())
    let deciding = arena.answers(of: others.diagram, within: packets)
      .compactMap { others.numbering[$0] }
    let followers = Set(deciding.compactMap(\.decider?.name)).compactMap { self.place(ofRule: $0) }
      .filter { $0.section == place.section && $0 > place }.sorted()
    let leavesDefault = deciding.contains { $0.step == .sectionDefault }
    let example =
      showsExample
      ? self.example(
        of: try self.packets(of: packets) { $0.decider?.name == rule.name && $0.step == .rules })
      : nil
    let word = rule.verdict.participle
    let more = followers.count - Check.shownFollowers
    return Finding(
      "rule `\(rule.name)` changes nothing: without it, the same happens to its packets",
      at: span(ofRule: place),
      secondary: followers.prefix(Check.shownFollowers).map {
        Diagnostic.Label(span(ofRule: $0), "its packets are \(word) here, too")
      },
      notes: [
        example, more > 0 ? "and \(more) more rule\(more == 1 ? "" : "s") like these" : nil,
        leavesDefault ? "by default, `\(place.section.rawValue)` does the same" : nil,
      ],
      help: [Diagnostic.Help("remove `\(rule.name)`")], waivers: waivers(of: place))
  }
}

extension RuleVerdict {
  /// What the rule does with a packet.
  var participle: String {
    switch self {
    case .allow: "allowed"
    case .deny: "dropped"
    case .reject: "rejected"
    }
  }
}
