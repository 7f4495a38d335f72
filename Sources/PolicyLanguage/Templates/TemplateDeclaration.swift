import Diagnostics

/// A template as a policy's text declares it.
struct TemplateDeclaration: Sendable {
  var name: Located<String>
  /// In the order of the text, each name once.
  var parameters: [Located<String>]
  /// A map of the keys that a template may give.
  var body: TemplateBody
  var weight: TemplateWeight
  /// Names that every instance would give alike.
  var fixedNames: [Located<String>] = []
  /// Whether a diagnostic spoke of it, so that nothing is made of it.
  var isBroken: Bool
}

/// The templates of all files, whatever the order: visible like variables.
struct TemplateTable {
  private(set) var templates: [String: TemplateDeclaration] = [:]

  subscript(name: String) -> TemplateDeclaration? { templates[name] }

  var names: [String] { templates.keys.sorted() }

  /// Takes up the `templates` of a file.
  mutating func declare(
    _ node: SyntaxNode, variables: inout VariableTable, context: inout DecodingContext
  ) {
    let shape = "templates: { NAME: { parameters: [name], networks: { \"${name}\": … } } }"
    for pair in context.namedPairs(node, "`templates`", shape: shape) where !pair.key.isUnusable {
      guard let name = context.identifier(pair.key, "the name of a template") else { continue }
      if let first = templates[name.value] {
        context.report(
          .sameName, "a template is given once: `\(name.value)`", at: pair.key,
          secondary: [.init(first.name.span, "first given here")], help: [.init("rename it")])
        continue
      }
      templates[name.value] = template(
        name, pair.value, variables: &variables, context: &context)
    }
  }

  private func template(
    _ name: Located<String>, _ node: SyntaxNode, variables: inout VariableTable,
    context: inout DecodingContext
  ) -> TemplateDeclaration {
    let before = context.diagnostics.count + variables.diagnostics.count
    var result = TemplateDeclaration(
      name: name, parameters: [], body: .mapping([], node.span),
      weight: TemplateWeight(.mapping([], node.span), parameterCount: 0), isBroken: true)
    guard let entries = context.entries(node, DecodingContext.templateKeys) else { return result }
    if let node = entries["parameters"] { result.parameters = context.parameters(node) }
    result.fixedNames = FixedNames.find(
      in: entries, parameters: Set(result.parameters.map(\.value)))
    var compiler = TemplateCompiler(parameters: result.parameters.map(\.value))
    var pairs: [TemplateBody.Pair] = []
    for pair in entries.pairs where !["parameters", "description"].contains(pair.name) {
      pairs.append(
        TemplateBody.Pair(
          key: .fixed(pair.key), value: compiler.compile(pair.value, variables: &variables)))
    }
    result.body = .mapping(pairs, node.span)
    result.weight = TemplateWeight(result.body, parameterCount: result.parameters.count)
    // A reference that could not be read may be the one that is missing.
    let isRead = context.diagnostics.count + variables.diagnostics.count == before
    for (index, parameter) in result.parameters.enumerated() where isRead && !compiler.used[index] {
      context.diagnostics.append(
        Diagnostic(
          .templateParameter, .error,
          "a template uses each of its parameters: `\(parameter.value)`",
          at: parameter.span,
          help: [.init("write `\"${\(parameter.value)}\"` where it belongs, or remove it here")]))
    }
    result.isBroken =
      entries.hasUnknownKeys || entries.hasUnusableKeys
      || context.diagnostics.count + variables.diagnostics.count > before
    return result
  }
}

extension DecodingContext {
  /// What a template can give: what adds up when there are many of them.
  static let templateContentKeys = [
    "users", "zones", "networks", "services", "inbound", "forward", "outbound", "smtp-egress",
    "tests",
  ]

  static let templateKeys = KeyTable(
    what: "a template", known: ["parameters", "description"] + templateContentKeys,
    synonyms: [
      "input": "inbound", "output": "outbound", "smtp_egress": "smtp-egress",
      "params": "parameters", "arguments": "parameters", "variables": "parameters",
    ])

  /// The value of `parameters`: a list of names.
  fileprivate mutating func parameters(_ node: SyntaxNode) -> [Located<String>] {
    guard let items = list(node, "`parameters`") else { return [] }
    var result: [Located<String>] = []
    var known: [String: SourceSpan] = [:]
    for item in items {
      guard let name = identifier(item, "the name of a parameter") else { continue }
      if let first = known[name.value] {
        report(
          .templateParameter, "a parameter is given once: `\(name.value)`", at: item,
          secondary: [.init(first, "first given here")], help: [.init("remove one of the two")])
        continue
      }
      known[name.value] = item.span
      result.append(name)
    }
    return result
  }
}
