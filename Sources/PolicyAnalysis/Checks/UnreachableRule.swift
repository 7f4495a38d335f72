import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let unreachableRule = Check(
    "FW201", "unreachable-rule",
    summary: "a rule that no packet can reach",
    explanation: """
      Every packet that the rule matches is decided before its turn: by earlier rules, each of which
      may take a part of it, by the `smtp-egress` gate, or by the steps that come before all rules.
      What the rule says never happens. If those that cover it do the opposite, that is an error, for
      nobody writes a rule so that it does nothing; if they do the same, the rule is only superfluous.

      The check is exact for what a packet can be told apart by, and knows nothing of routing: a rule
      for packets that no route brings here looks reachable. A rule that expires covers others only
      until then. Source: E. Al-Shaer and H. Hamed, "Firewall Policy Advisor", IM 2003, which calls it
      shadowing; here the union of all earlier rules counts.
      """,
    example: """
      fwpolicy: 1
      name: web1
      networks:
        dmz: [192.0.2.0/24]
        office: [198.51.100.0/24]
      inbound:
        - { name: drop-dmz, deny: any, from: [dmz, office] }
        - { name: allow-web, allow: https, from: dmz }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      networks:
        dmz: [192.0.2.0/24]
        office: [198.51.100.0/24]
      inbound:
        - { name: allow-web, allow: https, from: dmz }
        - { name: drop-dmz, deny: any, from: [dmz, office] }
      """,
    run: { context in
      var findings: [Finding] = []
      for place in try context.unreachableRules() {
        if let finding = try Coverage(of: place, in: context).finding { findings.append(finding) }
      }
      return findings
    })
}

/// Why no packet reaches a rule.
private struct Coverage {
  let context: CheckContext
  let place: RulePlace
  let rule: ResolvedRule
  /// What decides the rule's packets in its place; empty where it has none.
  let decisions: [Decision]
  let example: String?
  /// Whether its packets come as far as the rules at all.
  let isAmongRules: Bool
  /// In the order of the text.
  private let coverers: [Coverer]

  /// More than so many others are counted, not shown.
  private static let shownRules = 8

  init(of place: RulePlace, in context: CheckContext) throws(PacketSpaceError) {
    self.context = context
    self.place = place
    rule = context.rule(at: place)
    let all = try context.matching(place)
    var packets = try context.arena.intersection(all, try context.reachingRules())
    isAmongRules = !packets.isEmpty
    if !isAmongRules {
      // What is established or related was let in by what came before it, and loopback is nobody's
      // concern.
      packets = try context.arena.intersection(all, try context.newFromOutside())
      if packets.isEmpty { packets = all }
    }
    decisions = try context.decisions(about: packets)
    example = context.example(of: packets)
    coverers = Self.coverers(decisions, context)
  }

  /// Nil where the rule is empty for a reason that has been told, or is meant to be.
  var finding: Finding? {
    if rule.from.parts.isEmpty || rule.to.parts.isEmpty { return nil }
    return Finding(
      "rule `\(rule.name)` can never match", at: context.span(ofRule: place),
      secondary: labels, notes: [example] + reasons, help: [help],
      waivers: context.waivers(of: place),
      severity: isOpposed ? .error : nil)
  }

  private var isOpposed: Bool {
    !decisions.isEmpty
      && decisions.allSatisfy { ($0.verdict == .accept) != (rule.verdict == .allow) }
  }

  // MARK: Who covers it

  private struct Coverer {
    var decider: Decision.Decider
    var place: RulePlace?
    var words: Set<String>
  }

  private static func coverers(_ decisions: [Decision], _ context: CheckContext) -> [Coverer] {
    var found: [Coverer] = []
    var indices: [Decision.Decider: Int] = [:]
    for decision in decisions {
      guard let decider = decision.decider else { continue }
      let index = indices[decider] ?? found.count
      if index == found.count {
        indices[decider] = index
        let place = decider.kind == .rule ? context.place(ofRule: decider.name) : nil
        found.append(Coverer(decider: decider, place: place, words: []))
      }
      found[index].words.insert(decision.verdict.pastTense)
    }
    return found.sorted { a, b in
      guard let left = a.place, let right = b.place else { return a.place != nil }
      return left < right
    }
  }

  private var labels: [Diagnostic.Label] {
    let isAlone = coverers.count == 1 && decisions.allSatisfy { $0.decider != nil }
    return coverers.prefix(Self.shownRules).map { coverer in
      let share = isAlone ? "all" : "some"
      return Diagnostic.Label(
        coverer.place.map { context.span(ofRule: $0) } ?? coverer.decider.span,
        "\(share) of its packets are \(coverer.words.sorted().joined(separator: " or ")) here")
    }
  }

  private var reasons: [String] {
    if decisions.isEmpty {
      return [
        "no packet is of its service and between its ends: think of IPv4 and IPv6, and of the "
          + "interfaces that have a side"
      ]
    }
    var reasons: [String] = []
    let more = coverers.count - Self.shownRules
    if more > 0 { reasons.append("and \(more) more rule\(more == 1 ? "" : "s") like these") }
    if isAmongRules { return reasons }
    let steps = Set(decisions.map(\.step)).sorted { $0.rawValue < $1.rawValue }
    return reasons
      + [
        "before any rule, its packets are decided by \(steps.map(\.phrase).joined(separator: ", "))"
      ]
  }

  private var help: Diagnostic.Help {
    guard isAmongRules, let first = coverers.first else {
      return Diagnostic.Help("remove it: no rule can change what is decided before it")
    }
    if !isOpposed { return Diagnostic.Help("remove `\(rule.name)`") }
    return Diagnostic.Help(
      coverers.count == 1
        ? "move `\(rule.name)` before `\(first.decider.name)`, or remove it"
        : "move `\(rule.name)` before `\(first.decider.name)` and those that follow it, or remove it"
    )
  }
}

extension Decision.Verdict {
  /// What was done with a packet.
  fileprivate var pastTense: String {
    switch self {
    case .accept: "allowed"
    case .drop: "dropped"
    case .tcpReset, .icmpReject: "rejected"
    }
  }
}

extension Decision.Step {
  /// As language reference calls it.
  fileprivate var phrase: String {
    switch self {
    case .notGoverned: "nobody here (a host without containers forwards nothing)"
    case .loopback: "step 1 (loopback is accepted)"
    case .antiSpoofing: "step 2 (anti-spoofing)"
    case .conntrack: "step 3 (established and related)"
    case .essentialICMP: "step 4 (essential ICMP)"
    case .invalid: "step 5 (invalid)"
    case .smtpEgress: "step 6 (the `smtp-egress` gate)"
    case .rules: "step 7 (the rules)"
    case .sectionDefault: "step 8 (the default)"
    }
  }
}
