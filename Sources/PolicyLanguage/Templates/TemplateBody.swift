import Diagnostics

/// The text of a template, its variables replaced, with places that wait for a row's values.
///
/// Compiled once, so that an instance costs what it holds and text that a row brings is never read
/// for references again.
indirect enum TemplateBody: Sendable {
  /// The same in every instance.
  case fixed(SyntaxNode)
  /// A scalar that is one parameter: it takes the whole value, a list included.
  case parameter(Int, SourceSpan)
  /// Text with parameters in it.
  case joined([Piece], SyntaxNode.Style, SourceSpan)
  case sequence([TemplateBody], SourceSpan)
  case mapping([Pair], SourceSpan)

  enum Piece: Sendable {
    case text(String)
    case parameter(Int)
  }

  struct Pair: Sendable {
    var key: TemplateBody
    var value: TemplateBody
  }

  /// Whether every instance has it alike.
  var isFixed: Bool {
    if case .fixed = self { return true }
    return false
  }
}

/// What instances of a body hold: list items, keys and every 32 bytes of text count one.
struct TemplateWeight: Sendable {
  /// The same in every instance.
  private(set) var fixed = 0
  /// How often each parameter stands in the body.
  private(set) var uses: [Int]

  init(_ body: TemplateBody, parameterCount: Int) {
    uses = [Int](repeating: 0, count: parameterCount)
    add(body)
  }

  private mutating func add(_ body: TemplateBody) {
    switch body {
    case .fixed(let node):
      fixed += Self.weight(of: node)
    case .parameter(let index, _):
      uses[index] += 1
    case .joined(let pieces, _, _):
      fixed += 1
      for piece in pieces {
        switch piece {
        case .text(let text): fixed += text.utf8.count / 32
        case .parameter(let index): uses[index] += 1
        }
      }
    case .sequence(let items, _):
      fixed += 1
      for item in items { add(item) }
    case .mapping(let pairs, _):
      fixed += 1
      for pair in pairs {
        add(pair.key)
        add(pair.value)
      }
    }
  }

  /// What one instance holds, known before it is made.
  func ofInstance(_ values: [SyntaxNode]) -> Int {
    zip(uses, values).reduce(fixed) { $0 + $1.0 * Self.weight(of: $1.1) }
  }

  private static func weight(of node: SyntaxNode) -> Int {
    switch node.content {
    case .unusable: 1
    case .scalar(let text, _): 1 + text.utf8.count / 32
    case .sequence(let items): items.reduce(1) { $0 + weight(of: $1) }
    case .mapping(let pairs): pairs.reduce(1) { $0 + weight(of: $1.key) + weight(of: $1.value) }
    }
  }
}
