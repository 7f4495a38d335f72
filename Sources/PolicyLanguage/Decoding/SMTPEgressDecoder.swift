import Diagnostics

extension DecodingContext {
  private static let gateKeys = KeyTable(
    what: "`smtp-egress`",
    known: [
      "clients", "relays", "subnets", "allow", "users", "action", "log", "count", "offenders",
      "waive",
    ],
    synonyms: [
      "client": "clients", "relay": "relays", "user": "users", "exceptions": "allow",
      "subnet": "subnets", "inventory": "subnets",
    ],
    shape: "smtp-egress: { users: [postfix] }")

  private static let exceptionKeys = KeyTable(
    what: "an exception of `smtp-egress`",
    known: ["from", "to", "owner", "ticket", "expires", "note", "waive"])

  mutating func smtpEgress(_ pair: SyntaxPair) -> SMTPEgressDeclaration? {
    guard let entries = entries(pair.value, Self.gateKeys) else { return nil }
    var gate = SMTPEgressDeclaration(keySpan: pair.key.span, span: pair.value.span)
    gate.clients = entries["clients"].flatMap { endpoint($0, "`clients`") }
    gate.relays = entries["relays"].flatMap { endpoint($0, "`relays`") }
    if let node = entries["allow"], let items = list(node, "`allow` of `smtp-egress`") {
      gate.allow = items.compactMap { exception($0) }
    }
    if let node = entries["users"] {
      gate.users = Located(
        userTerms(node, "a user of `smtp-egress`"), node.span, definition: node.definition)
    }
    if let node = entries["action"], let found = text(node, "`action`") {
      switch found.value {
      case "reject": gate.action = found.map { _ in .reject }
      case "deny": gate.action = found.map { _ in .deny }
      default: reportChoice(node, "`action`", among: ["reject", "deny"])
      }
    }
    gate.log = entries["log"].flatMap { log($0) }
    if let pair = entries.pair("subnets") {
      // What could not be read is there all the same.
      gate.subnets =
        subnets(pair)
        ?? SubnetsDeclaration(parts: [], keySpan: pair.key.span, span: pair.value.span)
    }
    gate.count = entries["count"].flatMap { choice($0, "`count`") }
    gate.offenders = entries["offenders"].flatMap { keeping($0, "`offenders`") }
    gate.waivers = waivers(entries)
    return gate
  }

  /// What a template says of the gate: it adds exceptions and rows, and decides nothing for all.
  mutating func gateAdditions(_ pair: SyntaxPair) -> GateAdditions? {
    let table = KeyTable(
      what: "`smtp-egress` of a template", known: ["allow", "subnets"],
      synonyms: ["exceptions": "allow", "subnet": "subnets", "inventory": "subnets"])
    if pair.value.isUnusable { return nil }
    guard case .mapping(let pairs) = pair.value.content else {
      reportWrongType(
        pair.value, table.what, is: "a map",
        help: .init("write `smtp-egress: { allow: [{ from: \"${mail-host}\" }] }`"))
      return nil
    }
    for pair in pairs
    where Self.gateKeys.known.contains(pair.name) && !table.known.contains(pair.name) {
      report(
        .misplacedKey,
        "`\(pair.name)` says something about the gate as a whole: a template adds to it",
        at: pair.key, help: [.init("write it in the policy's own `smtp-egress`")])
      return nil
    }
    guard let entries = entries(pair.value, table) else { return nil }
    var additions = GateAdditions(keySpan: pair.key.span)
    if let node = entries["allow"], let items = list(node, "`allow` of `smtp-egress`") {
      additions.allow = items.compactMap { exception($0) }
    }
    additions.subnets = entries.pair("subnets").flatMap { subnets($0) }
    return additions
  }

  private mutating func exception(_ node: SyntaxNode) -> SMTPEgressDeclaration.Allow? {
    guard let entries = entries(node, Self.exceptionKeys) else { return nil }
    var allow = SMTPEgressDeclaration.Allow(span: node.span)
    allow.from = entries["from"].flatMap { endpoint($0, "`from`") }
    allow.to = entries["to"].flatMap { endpoint($0, "`to`") }
    allow.expires = entries["expires"].flatMap { timestamp($0, "`expires`") }
    allow.metadata = metadata(entries)
    allow.waivers = waivers(entries)
    if entries.pairs.isEmpty, !entries.hasUnknownKeys {
      report(
        .missingKey, "an exception of `smtp-egress` has `from` or `to`", at: node,
        help: [.init("without a gate at all, remove `smtp-egress`")])
      return nil
    }
    // What could not be read must not widen the exception.
    if (entries.has("from") && allow.from == nil) || (entries.has("to") && allow.to == nil) {
      return nil
    }
    return allow
  }
}

/// What instances add to the gate that the policy has.
struct GateAdditions {
  var keySpan: SourceSpan
  var allow: [SMTPEgressDeclaration.Allow] = []
  var subnets: SubnetsDeclaration?
}
