import Diagnostics

extension DecodingContext {
  private static let verdicts = RuleVerdict.allCases.map(\.rawValue)
  private static let ruleSynonyms = [
    "accept": "allow", "permit": "allow", "pass": "allow", "drop": "deny", "block": "deny",
    "source": "from", "src": "from", "destination": "to", "dst": "to", "dest": "to",
    "users": "user", "comment": "note", "description": "note",
  ]
  private static let ruleKeys = KeyTable(
    what: "a rule", known: verdicts + ["name"] + RuleAttributes.keys + ["rules"],
    synonyms: ruleSynonyms)
  private static let sectionKeys = KeyTable(
    what: "a section", known: ["log", "rules"], synonyms: ["default": "log"])

  /// A list of rules, or `{ log: …, rules: [ … ] }`.
  mutating func section(_ pair: SyntaxPair, _ section: PolicySection) -> RuleSection {
    var result = RuleSection(keySpan: pair.key.span)
    let what = "`\(section.rawValue)`"
    if pair.value.isUnusable { return result }
    var rules: SyntaxNode? = pair.value
    if case .mapping = pair.value.content {
      guard let entries = entries(pair.value, Self.sectionKeys) else { return result }
      result.log = entries["log"].flatMap { log($0) }
      rules = entries["rules"]
    }
    guard let rules, let items = list(rules, what) else { return result }
    result.rules.reserveCapacity(items.count)
    for item in items { appendRule(item, section, to: &result.rules) }
    return result
  }

  private mutating func appendRule(
    _ node: SyntaxNode, _ section: PolicySection, to rules: inout [RuleDeclaration]
  ) {
    // A variable may hold several rules.
    if case .sequence(let items) = node.content, node.definition != nil {
      for item in items { appendRule(item, section, to: &rules) }
      return
    }
    guard let entries = entries(node, Self.ruleKeys) else { return }
    guard let members = entries.pair("rules") else {
      if let rule = rule(entries, section, group: nil) { rules.append(rule) }
      return
    }
    for key in Self.verdicts + ["name"] {
      guard let pair = entries.pair(key) else { continue }
      report(
        .misplacedKey, "`\(key)` belongs to a rule, not to a group of rules", at: pair.key,
        secondary: [.init(members.key.span, "this makes it a group")])
    }
    let group = ruleAttributes(entries, in: section)
    guard let items = list(members.value, "`rules`") else { return }
    for item in items {
      guard let own = self.entries(item, Self.ruleKeys) else { continue }
      if let nested = own.pair("rules") {
        report(
          .nestedGroup, "groups are one level deep", at: nested.key,
          help: [.init("move the inner group beside the outer one")])
        continue
      }
      if let rule = rule(own, section, group: group) { rules.append(rule) }
    }
  }

  private mutating func rule(_ entries: Entries, _ section: PolicySection, group: RuleAttributes?)
    -> RuleDeclaration?
  {
    let name = entries["name"].flatMap { identifier($0, "the name of a rule") }
    var attributes = ruleAttributes(entries, in: section)
    if let group {
      for key in RuleAttributes.narrowing {
        guard let own = entries.pair(key), let other = group.places[key] else { continue }
        report(
          .conflictingKeys, "`\(key)` is given by the group or by the rule, not by both",
          at: own.key, secondary: [.init(other, "the group's is here")],
          help: [.init("move the rule out of the group, or the key out of one of them")])
      }
      attributes = attributes.inheriting(group)
    }
    guard let verdict = verdict(entries) else { return nil }
    if verdict.value != .allow, let limit = attributes.limit {
      diagnostics.append(
        Diagnostic(
          .misplacedKey, .error, "`limit` goes with `allow`", at: limit.span,
          secondary: [.init(verdict.span, "this rule says `\(verdict.value.rawValue)`")],
          help: [.init("to limit a service, allow it with the limit: the excess is denied")]))
      return nil
    }
    guard let node = entries[verdict.value.rawValue],
      let services = service(node, "`\(verdict.value.rawValue)`")
    else { return nil }
    var rule = RuleDeclaration(verdict: verdict, service: services, span: entries.node.span)
    rule.name = name
    rule.from = attributes.from
    rule.to = attributes.to
    rule.users = attributes.users
    rule.limit = attributes.limit
    rule.published = attributes.published
    rule.serves = attributes.serves ?? []
    rule.log = attributes.log
    rule.counts = attributes.counts
    rule.expires = attributes.expires
    rule.metadata = attributes.metadata
    rule.waivers = attributes.waivers
    return rule
  }

  private mutating func verdict(_ entries: Entries) -> Located<RuleVerdict>? {
    let given = RuleVerdict.allCases.compactMap { verdict in
      entries.pair(verdict.rawValue).map { (verdict, $0.key.span) }
    }.sorted { $0.1.start < $1.1.start }
    guard let first = given.first else {
      if !entries.hasUnknownKeys {
        report(
          .ruleVerdicts, "a rule has one of `allow`, `deny` and `reject`", at: entries.node,
          help: [.init("write for example `allow: ssh`")])
      }
      return nil
    }
    for other in given.dropFirst() {
      diagnostics.append(
        Diagnostic(
          .ruleVerdicts, .error, "a rule has one of `allow`, `deny` and `reject`", at: other.1,
          secondary: [.init(first.1, "the first is here")],
          help: [.init("make two rules of it")]))
    }
    return given.count == 1 ? Located(first.0, first.1) : nil
  }
}
