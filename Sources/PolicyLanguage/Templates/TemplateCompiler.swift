import Diagnostics

/// Makes a template's body of its text: variables replaced, parameters found.
///
/// A parameter hides a variable of its name: what a template means must not depend on what the
/// files around it happen to declare.
struct TemplateCompiler {
  /// The parameters that the text refers to, by their place.
  private(set) var used: [Bool]
  private let places: [String: Int]
  private let parameters: [String]

  init(parameters: [String]) {
    self.parameters = parameters
    places = Dictionary(
      parameters.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    used = [Bool](repeating: false, count: parameters.count)
  }

  mutating func compile(_ node: SyntaxNode, variables: inout VariableTable) -> TemplateBody {
    switch node.content {
    case .unusable:
      return .fixed(node)
    case .scalar(let text, let style):
      return scalar(node, text, style, isKey: false, variables: &variables)
    case .sequence(let items):
      let parts = items.map { compile($0, variables: &variables) }
      let fixed = parts.compactMap(\.fixedNode)
      return fixed.count == parts.count
        ? .fixed(SyntaxNode(.sequence(fixed), node.span)) : .sequence(parts, node.span)
    case .mapping(let pairs):
      let parts = pairs.map { pair in
        TemplateBody.Pair(
          key: key(pair.key, variables: &variables),
          value: compile(pair.value, variables: &variables))
      }
      let fixed = parts.compactMap { part in
        part.key.fixedNode.flatMap { key in
          part.value.fixedNode.map { SyntaxPair(key: key, value: $0) }
        }
      }
      return fixed.count == parts.count
        ? .fixed(SyntaxNode(.mapping(fixed), node.span)) : .mapping(parts, node.span)
    }
  }

  private mutating func key(_ node: SyntaxNode, variables: inout VariableTable) -> TemplateBody {
    guard case .scalar(let text, let style) = node.content else { return .fixed(node) }
    return scalar(node, text, style, isKey: true, variables: &variables)
  }

  private mutating func scalar(
    _ node: SyntaxNode, _ text: String, _ style: SyntaxNode.Style, isKey: Bool,
    variables: inout VariableTable
  ) -> TemplateBody {
    let unusable = TemplateBody.fixed(SyntaxNode(.unusable, node.span))
    let found: VariableReferences
    do throws(VariableReferences.Failure) {
      guard let references = try VariableReferences(text) else { return .fixed(node) }
      found = references
    } catch {
      variables.report(error, at: node)
      return unusable
    }
    if let name = found.whole, let index = places[name] {
      used[index] = true
      return .parameter(index, node.span)
    }
    let names = found.pieces.compactMap { piece -> String? in
      if case .reference(let name) = piece { return name }
      return nil
    }
    let foreign = names.filter { places[$0] == nil }
    if isKey, let name = foreign.first {
      variables.reportInKey(name, parameters: parameters, at: node)
      return unusable
    }
    if let name = foreign.first(where: { variables.variables[$0] == nil }) {
      variables.reportUndefined(name, parameters: parameters, at: node)
      return unusable
    }
    if foreign.count == names.count { return .fixed(variables.expand(node)) }
    var pieces: [TemplateBody.Piece] = []
    for piece in found.pieces {
      switch piece {
      case .text(let text):
        pieces.append(.text(String(text)))
      case .reference(let name):
        if let index = places[name] {
          used[index] = true
          pieces.append(.parameter(index))
        } else if let value = variables.text(of: name, at: node) {
          pieces.append(.text(value.text))
        } else {
          return unusable
        }
      }
    }
    return .joined(pieces, style, node.span)
  }
}

extension TemplateBody {
  fileprivate var fixedNode: SyntaxNode? {
    if case .fixed(let node) = self { return node }
    return nil
  }
}

extension VariableTable {
  /// A reference in a template that is neither one of its parameters nor a variable.
  fileprivate mutating func reportUndefined(
    _ name: String, parameters: [String], at node: SyntaxNode
  ) {
    let near = NearestName.find(name, among: parameters + variables.keys.sorted())
    let place = place(of: "${\(name)}", in: node)
    diagnostics.append(
      Diagnostic(
        .undefinedVariable, .error,
        "no parameter of this template and no variable is called `\(name)`",
        at: place,
        help: [
          near.map {
            .init("did you mean `${\($0)}`?", replacing: place, with: placeText(place, name, $0))
          } ?? .init("add `\(name)` to `parameters`, or to `variables`")
        ]))
  }

  /// A reference in a key of a template that is not one of its parameters.
  fileprivate mutating func reportInKey(_ name: String, parameters: [String], at node: SyntaxNode) {
    if variables[name] == nil {
      reportUndefined(name, parameters: parameters, at: node)
      return
    }
    diagnostics.append(
      Diagnostic(
        .variablePlace, .error, "parameters of a template stand in keys, variables only in values",
        at: node.span, help: [.init("make `\(name)` a parameter, and a value of every row")]))
  }
}
