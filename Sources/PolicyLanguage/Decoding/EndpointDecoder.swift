import Diagnostics

extension DecodingContext {
  private static let endpointKeys = KeyTable(
    what: "an endpoint", known: ["zone", "network", "except"],
    synonyms: ["not": "except", "interface": "zone", "address": "network"])

  /// A name, a literal, a list, or `{ zone, network, except }`.
  mutating func endpoint(_ node: SyntaxNode, _ what: String) -> EndpointExpression? {
    switch node.content {
    case .unusable:
      return nil
    case .scalar:
      return term(node, what, isEndpoint: true).map { .term($0) }
    case .sequence(let items):
      let parts = items.map { endpoint($0, what) }
      let usable = parts.compactMap(\.self)
      return usable.count == parts.count ? .union(usable, node.span) : nil
    case .mapping:
      guard let entries = entries(node, Self.endpointKeys) else { return nil }
      if entries.pairs.isEmpty {
        if !entries.hasUnknownKeys {
          report(
            .missingKey, "an endpoint has a `zone`, a `network` or an `except`", at: node,
            help: [.init("write `any`", replacing: node.writtenSpan, with: "any")])
        }
        return nil
      }
      return .restricted(
        zone: entries["zone"].flatMap { endpoint($0, "`zone`") },
        network: entries["network"].flatMap { endpoint($0, "`network`") },
        except: entries["except"].flatMap { endpoint($0, "`except`") }, node.span)
    }
  }

  /// A service: names and literals, lists within lists (as variables make them) flattened.
  mutating func service(_ node: SyntaxNode, _ what: String) -> ServiceExpression? {
    var terms: [Located<String>] = []
    guard collectServices(node, what, into: &terms) else { return nil }
    if terms.isEmpty {
      report(
        .wrongType, "\(what) names at least one service", at: node,
        help: [.init("name the services, or write `any`")])
      return nil
    }
    return ServiceExpression(terms: terms, span: node.span)
  }

  private mutating func collectServices(
    _ node: SyntaxNode, _ what: String, into terms: inout [Located<String>]
  ) -> Bool {
    switch node.content {
    case .unusable:
      return false
    case .scalar:
      guard let term = term(node, what, isEndpoint: false) else { return false }
      terms.append(term)
      return true
    case .sequence(let items):
      var isWhole = true
      for item in items where !collectServices(item, what, into: &terms) { isWhole = false }
      return isWhole
    case .mapping:
      reportWrongType(node, what, is: "a service or a list of services")
      return false
    }
  }

  /// One name or literal, with the forms of other firewalls refused.
  private mutating func term(_ node: SyntaxNode, _ what: String, isEndpoint: Bool)
    -> Located<String>?
  {
    guard let found = text(node, what) else { return nil }
    if found.value.isEmpty {
      report(.invalidText, "\(what) is not empty", at: node)
      return nil
    }
    if let lookalike = Lookalike.find(in: found.value) {
      // Quotes that were meant as quotes are not part of the value.
      var mended = lookalike.mended.trimmingTrailingBlanks()
      if lookalike.meant != "a space", lookalike.meant != "`-`" {
        mended = quoted(mended.split { $0 == "\"" || $0 == "'" }.joined())
      } else if case .scalar(_, .quoted) = node.content {
        mended = quoted(mended)
      }
      report(
        .invalidText, lookalike.message, at: node,
        help: [.init("write `\(mended)`", replacing: node.writtenSpan, with: mended)])
      return nil
    }
    if found.value.utf8.contains(UInt8(ascii: ",")) {
      let list = bracketed(found.value)
      report(
        .unlistedComma, "a value with `,` in it is a list in `[` and `]`", at: node,
        help: [.init("write a list: `\(list)`", replacing: node.writtenSpan, with: list)])
      return nil
    }
    if found.value.utf8.first == UInt8(ascii: "!") || found.value.hasPrefix("not ") {
      var rest = found.value.utf8.dropFirst(found.value.utf8.first == UInt8(ascii: "!") ? 1 : 4)
      while let first = rest.first, isBlank(first) { rest.removeFirst() }
      let text = "{ except: \(String(Substring(rest))) }"
      report(
        .negation, "`except` is the only negation", at: node,
        help: isEndpoint && !rest.isEmpty
          ? [.init("write `\(text)`", replacing: node.writtenSpan, with: text)]
          : [.init("write a rule for it before this one")])
      return nil
    }
    return found
  }
}
