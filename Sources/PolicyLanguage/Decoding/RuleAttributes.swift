import Diagnostics

/// The keys that a rule and its group share.
struct RuleAttributes {
  /// Keys that decide which packets a rule is about: a group and its rule may not both say one.
  static let narrowing = ["from", "to", "user", "published", "limit"]
  static let keys =
    narrowing + [
      "serves", "log", "count", "expires", "waive", "owner", "ticket", "note",
    ]

  var from: EndpointExpression?
  var to: EndpointExpression?
  var users: [Located<String>]?
  var limit: Located<Limit>?
  var published: ServiceExpression?
  var serves: [Located<String>]?
  var log: LogDeclaration?
  var counts: Located<Bool>?
  var expires: Located<Timestamp>?
  var metadata = Metadata()
  var waivers: [Waiver] = []
  /// Where each narrowing key stands, readable or not.
  var places: [String: SourceSpan] = [:]

  /// A rule's attributes with its group's filled in.
  ///
  /// What does not narrow is inherited where the rule is silent; waivers add up.
  func inheriting(_ group: RuleAttributes) -> RuleAttributes {
    var result = self
    result.from = from ?? group.from
    result.to = to ?? group.to
    result.users = users ?? group.users
    result.limit = limit ?? group.limit
    result.published = published ?? group.published
    result.serves = serves ?? group.serves
    result.log = log ?? group.log
    result.counts = counts ?? group.counts
    result.expires = expires ?? group.expires
    result.metadata.owner = metadata.owner ?? group.metadata.owner
    result.metadata.ticket = metadata.ticket ?? group.metadata.ticket
    result.metadata.note = metadata.note ?? group.metadata.note
    let own = Set(waivers.map(\.check.value))
    result.waivers += group.waivers.filter { !own.contains($0.check.value) }
    for (key, place) in group.places where places[key] == nil { result.places[key] = place }
    return result
  }
}

extension DecodingContext {
  mutating func ruleAttributes(_ entries: Entries, in section: PolicySection) -> RuleAttributes {
    var found = RuleAttributes()
    for key in RuleAttributes.narrowing { found.places[key] = entries.pair(key)?.key.span }
    found.from = entries["from"].flatMap { endpoint($0, "`from`") }
    found.to = entries["to"].flatMap { endpoint($0, "`to`") }
    if let pair = entries.pair("user") {
      if section != .outbound {
        report(
          .misplacedKey, "`user` stands in `outbound`: only this machine's own packets have one",
          at: pair.key)
      } else if !pair.value.isUnusable {
        found.users = users(pair.value)
      }
    }
    if let pair = entries.pair("published") {
      if section != .forward {
        report(
          .misplacedKey, "`published` stands in `forward`: no other packet was redirected",
          at: pair.key)
      } else {
        found.published = service(pair.value, "`published`")
      }
    }
    found.limit = entries["limit"].flatMap { limit($0) }
    found.serves = entries["serves"].map { node in
      items(node).compactMap { identifier($0, "what a rule `serves`") }
    }
    found.log = entries["log"].flatMap { log($0) }
    found.counts = entries["count"].flatMap { boolean($0, "`count`") }
    found.expires = entries["expires"].flatMap { timestamp($0, "`expires`") }
    found.metadata = metadata(entries)
    found.waivers = waivers(entries)
    return found
  }

  /// The value of `user`.
  mutating func users(_ node: SyntaxNode) -> [Located<String>]? {
    if items(node).isEmpty {
      report(
        .wrongType, "`user` names at least one user", at: node,
        help: [.init("name the users, or remove `user`: the rule is then about everyone's packets")]
      )
      return nil
    }
    return userTerms(node, "`user`")
  }
}
