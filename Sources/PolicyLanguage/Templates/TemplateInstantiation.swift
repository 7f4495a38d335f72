import Diagnostics

/// Makes the tree of one instance: its spans stand in the instance, and values have the row's as
/// their definition.
struct TemplateInstantiation {
  let parameters: [String]
  let values: [SyntaxNode]
  let file: SourceFileID
  private(set) var diagnostics: [Diagnostic] = []

  init(_ parameters: [String], _ values: [SyntaxNode], in file: SourceFileID) {
    self.parameters = parameters
    self.values = values
    self.file = file
  }

  mutating func make(_ body: TemplateBody) -> SyntaxNode {
    switch body {
    case .fixed(let node):
      return moved(node)
    case .parameter(let index, let span):
      return placed(values[index], at: span.inFile(file))
    case .joined(let pieces, let style, let span):
      return joined(pieces, style, span.inFile(file))
    case .sequence(let items, let span):
      return SyntaxNode(.sequence(items.map { make($0) }), span.inFile(file))
    case .mapping(let pairs, let span):
      return mapping(pairs, span.inFile(file))
    }
  }

  /// A part that no parameter is in, as a part of this instance.
  private func moved(_ node: SyntaxNode) -> SyntaxNode {
    var result = node
    result.span = node.span.inFile(file)
    switch node.content {
    case .scalar, .unusable:
      break
    case .sequence(let items):
      result.content = .sequence(items.map { moved($0) })
    case .mapping(let pairs):
      result.content = .mapping(
        pairs.map { SyntaxPair(key: moved($0.key), value: moved($0.value)) })
    }
    return result
  }

  /// A row's value as it stands at its place in the template.
  private func placed(_ node: SyntaxNode, at span: SourceSpan) -> SyntaxNode {
    var result = node
    result.definition = node.wholeSpan
    result.isJoined = false
    result.span = span
    switch node.content {
    case .scalar, .unusable:
      break
    case .sequence(let items):
      result.content = .sequence(items.map { placed($0, at: span) })
    case .mapping(let pairs):
      result.content = .mapping(
        pairs.map { SyntaxPair(key: placed($0.key, at: span), value: placed($0.value, at: span)) })
    }
    return result
  }

  private mutating func joined(
    _ pieces: [TemplateBody.Piece], _ style: SyntaxNode.Style, _ span: SourceSpan
  ) -> SyntaxNode {
    var result = ""
    var definition: SourceSpan?
    for piece in pieces {
      switch piece {
      case .text(let text):
        result += text
      case .parameter(let index):
        guard let text = text(index, "a parameter inside other text", at: span) else {
          return SyntaxNode(.unusable, span)
        }
        result += text
        definition = definition ?? values[index].definition ?? values[index].span
      }
    }
    var node = SyntaxNode(.scalar(result, style), span, definition: definition)
    node.isJoined = true
    return node
  }

  /// A parameter where only text can stand; nil after a diagnostic.
  private mutating func text(_ index: Int, _ what: String, at span: SourceSpan) -> String? {
    let value = values[index]
    if let text = value.text { return text }
    if !value.isUnusable {
      diagnostics.append(
        Diagnostic(
          .variableNotText, .error, "\(what) is text itself: `\(parameters[index])`", at: span,
          secondary: [.init(value.definition ?? value.span, "this is a list or a map")]))
    }
    return nil
  }

  private mutating func mapping(_ pairs: [TemplateBody.Pair], _ span: SourceSpan) -> SyntaxNode {
    var result: [SyntaxPair] = []
    result.reserveCapacity(pairs.count)
    // The keys of a text differ; only those that parameters make can repeat another.
    var known: [String: SourceSpan] = [:]
    let canRepeat = pairs.count > 1 && pairs.contains { !$0.key.isFixed }
    for pair in pairs {
      let key = key(pair.key)
      let value = make(pair.value)
      if canRepeat, let name = key.text {
        if let first = known[name] {
          diagnostics.append(
            Diagnostic(
              .duplicateKey, .error, "a key stands once in a map: `\(name)`", at: key.span,
              secondary: [.init(first, "first given here")],
              help: [.init("give the parameters of the two keys different values")]))
          continue
        }
        known[name] = key.span
      }
      result.append(SyntaxPair(key: key, value: value))
    }
    return SyntaxNode(.mapping(result), span)
  }

  private mutating func key(_ body: TemplateBody) -> SyntaxNode {
    guard case .parameter(let index, let span) = body else { return make(body) }
    let place = span.inFile(file)
    guard text(index, "a parameter as a key", at: place) != nil else {
      return SyntaxNode(.unusable, place)
    }
    return placed(values[index], at: place)
  }
}
