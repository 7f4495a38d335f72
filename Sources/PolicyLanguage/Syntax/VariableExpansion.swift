import Diagnostics

/// The replacing of `${x}`, each variable expanded once and counted by its weight.
extension VariableTable {
  mutating func expanded(_ node: SyntaxNode) -> Expansion {
    level += 1
    defer { level -= 1 }
    guard level <= Self.maximumLevel else {
      diagnostics.append(
        Diagnostic(
          .expansionTooLarge, .error, "variables refer to each other too deep", at: node.span))
      return unusable(node)
    }
    switch node.content {
    case .unusable:
      return Expansion(node: node, weight: 1, depth: 0)
    case .scalar(let text, _):
      return scalar(node, text)
    case .sequence(let items):
      var result = Expansion(node: node, weight: 1, depth: 0)
      var nodes: [SyntaxNode] = []
      nodes.reserveCapacity(items.count)
      for item in items {
        let part = expanded(item)
        nodes.append(part.node)
        result.weight += part.weight
        result.depth = max(result.depth, part.depth + 1)
      }
      result.node.content = .sequence(nodes)
      return checked(result, at: node)
    case .mapping(let pairs):
      var result = Expansion(node: node, weight: 1, depth: 0)
      var new: [SyntaxPair] = []
      new.reserveCapacity(pairs.count)
      for pair in pairs {
        var key = pair.key
        if pair.name.utf8.contains(UInt8(ascii: "$")), pair.name.contains("${") {
          diagnostics.append(
            Diagnostic(
              .variablePlace, .error, "variables stand in values, not in keys", at: pair.key.span))
          key.content = .unusable
        }
        let part = expanded(pair.value)
        new.append(SyntaxPair(key: key, value: part.node))
        result.weight += part.weight + 1
        result.depth = max(result.depth, part.depth + 1)
      }
      result.node.content = .mapping(new)
      return checked(result, at: node)
    }
  }

  private func unusable(_ node: SyntaxNode) -> Expansion {
    Expansion(node: SyntaxNode(.unusable, node.span), weight: 1, depth: 0)
  }

  private mutating func checked(_ found: Expansion, at node: SyntaxNode) -> Expansion {
    guard found.depth > Self.maximumDepth else { return found }
    diagnostics.append(
      Diagnostic(
        .expansionTooLarge, .error,
        "with their variables, lists and maps nest at most \(Self.maximumDepth) deep",
        at: node.span))
    return unusable(node)
  }

  private mutating func scalar(_ node: SyntaxNode, _ text: String) -> Expansion {
    let plain = Expansion(node: node, weight: 1 + text.utf8.count / 32, depth: 0)
    let found: VariableReferences
    do throws(VariableReferences.Failure) {
      guard let references = try VariableReferences(text) else { return plain }
      found = references
    } catch {
      report(error, at: node)
      return unusable(node)
    }
    if let name = found.whole {
      guard let value = reference(name, at: node) else { return unusable(node) }
      guard spend(value.weight, at: node) else { return unusable(node) }
      return Expansion(
        node: placed(value.node, at: node.span), weight: value.weight, depth: value.depth)
    }
    return joined(found, node)
  }

  /// Text with references inside it.
  private mutating func joined(_ found: VariableReferences, _ node: SyntaxNode) -> Expansion {
    var result = ""
    var definition: SourceSpan?
    for piece in found.pieces {
      switch piece {
      case .text(let text):
        result += text
      case .reference(let name):
        guard let value = text(of: name, at: node) else { return unusable(node) }
        result += value.text
        definition = definition ?? value.definition
      }
    }
    let style: SyntaxNode.Style
    if case .scalar(_, let own) = node.content { style = own } else { style = .quoted }
    var new = SyntaxNode(.scalar(result, style), node.span, definition: definition)
    new.isJoined = true
    return Expansion(node: new, weight: 1 + result.utf8.count / 32, depth: 0)
  }

  /// A variable's value inside other text of a node; nil after a diagnostic.
  mutating func text(of name: String, at node: SyntaxNode) -> (
    text: String, definition: SourceSpan
  )? {
    guard let value = reference(name, at: node), !value.node.isUnusable else { return nil }
    guard let text = value.node.text else {
      diagnostics.append(
        Diagnostic(
          .variableNotText, .error, "a variable inside other text is text itself: `\(name)`",
          at: place(of: "${\(name)}", in: node),
          secondary: [.init(value.node.span, "this is a list or a map")],
          help: [.init("let `\"${\(name)}\"` stand alone, as an item of a list")]))
      return nil
    }
    guard spend(value.weight, at: node) else { return nil }
    return (text, value.node.definition ?? value.node.span)
  }

  private mutating func reference(_ name: String, at node: SyntaxNode) -> Expansion? {
    used.insert(name)
    guard let variable = variables[name] else {
      let near = NearestName.find(name, among: variables.keys.sorted())
      let place = place(of: "${\(name)}", in: node)
      diagnostics.append(
        Diagnostic(
          .undefinedVariable, .error, "no variable is called `\(name)`", at: place,
          help: [
            near.map {
              .init("did you mean `${\($0)}`?", replacing: place, with: placeText(place, name, $0))
            } ?? .init("add `\(name)` to `variables`")
          ]))
      return nil
    }
    if variable.state == .open {
      let start = path.firstIndex(of: name) ?? 0
      let cycle = (path[start...] + [name]).map { "`\($0)`" }.joined(separator: " → ")
      diagnostics.append(
        Diagnostic(
          .cyclicVariable, .error, "a variable cannot contain itself: \(cycle)",
          at: place(of: "${\(name)}", in: node),
          secondary: [.init(variable.key.span, "`\(name)` is given here")]))
      return nil
    }
    guard path.count < Self.maximumDepth else {
      diagnostics.append(
        Diagnostic(
          .expansionTooLarge, .error,
          "variables refer to each other at most \(Self.maximumDepth) deep",
          at: node.span))
      return nil
    }
    return value(of: name)
  }

  mutating func value(of name: String) -> Expansion? {
    guard let variable = variables[name] else { return nil }
    if variable.state == .done {
      return Expansion(node: variable.value, weight: variable.weight, depth: variable.depth)
    }
    variables[name]?.state = .open
    path.append(name)
    let found = expanded(variable.value)
    path.removeLast()
    variables[name]?.value = found.node
    variables[name]?.weight = found.weight
    variables[name]?.depth = found.depth
    variables[name]?.state = .done
    return found
  }

  private mutating func spend(_ weight: Int, at node: SyntaxNode) -> Bool {
    if isExhausted { return false }
    spent += weight
    guard spent <= Self.maximumWeight else {
      isExhausted = true
      diagnostics.append(
        Diagnostic(
          .expansionTooLarge, .error,
          "variables make at most \(Self.maximumWeight) values of a policy", at: node.span,
          help: [.init("put the long list into `networks` and refer to it by name")]))
      return false
    }
    return true
  }

  /// A variable's value as it stands at a place of use.
  private func placed(_ node: SyntaxNode, at span: SourceSpan) -> SyntaxNode {
    var result = node
    result.definition = node.wholeSpan
    result.isJoined = false
    result.span = span
    switch node.content {
    case .sequence(let items):
      result.content = .sequence(items.map { placed($0, at: span) })
    case .mapping(let pairs):
      result.content = .mapping(
        pairs.map {
          SyntaxPair(key: placed($0.key, at: span), value: placed($0.value, at: span))
        })
    case .scalar, .unusable:
      break
    }
    return result
  }
}
