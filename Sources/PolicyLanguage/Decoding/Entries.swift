import Diagnostics

/// The keys of one map, each known.
struct Entries {
  let node: SyntaxNode
  let pairs: [SyntaxPair]
  /// Whether a key was refused, so that what seems to be missing may only be misspelt.
  let hasUnknownKeys: Bool
  /// Whether a key could not be read at all, as a merge key: it may have brought what is missing.
  var hasUnusableKeys: Bool { node.hasUnusableKeys }
  private let index: [String: Int]

  init(_ node: SyntaxNode, pairs: [SyntaxPair], hasUnknownKeys: Bool) {
    self.node = node
    self.pairs = pairs
    self.hasUnknownKeys = hasUnknownKeys
    index = Dictionary(
      pairs.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { a, _ in a })
  }

  /// The value of a key; nil also where a diagnostic has spoken of it.
  subscript(key: String) -> SyntaxNode? {
    guard let pair = pair(key), !pair.value.isUnusable else { return nil }
    return pair.value
  }

  func pair(_ key: String) -> SyntaxPair? { index[key].map { pairs[$0] } }

  /// Whether the key stands there, usable or not.
  func has(_ key: String) -> Bool { index[key] != nil }
}

/// The keys that a map may have.
struct KeyTable {
  /// What the map is, with its article: `a rule`.
  let what: String
  let known: [String]
  /// Keys of a later version: an honest refusal.
  var later: Set<String> = []
  /// Words of other firewalls, and what they are called here.
  var synonyms: [String: String] = [:]
  /// How such a map is written, for who wrote something else.
  var shape: String?
}

extension DecodingContext {
  /// Checks every key of a map; unknown ones are reported and left out.
  ///
  /// `shape` is the help for a value that is no map; without it, the table's own.
  mutating func entries(_ node: SyntaxNode, _ table: KeyTable, shape: Diagnostic.Help? = nil)
    -> Entries?
  {
    if node.isUnusable { return nil }
    guard case .mapping(let pairs) = node.content else {
      reportWrongType(
        node, table.what, is: "a map", help: shape ?? table.shape.map { .init("write `\($0)`") })
      return nil
    }
    let known = Set(table.known)
    var kept: [SyntaxPair] = []
    kept.reserveCapacity(pairs.count)
    for pair in pairs where !pair.key.isUnusable {
      if known.contains(pair.name) {
        kept.append(pair)
      } else if table.later.contains(pair.name) {
        report(.notSupportedYet, "`\(pair.name)` is not supported yet", at: pair.key)
      } else {
        reportUnknown(pair.key, pair.name, table)
      }
    }
    return Entries(node, pairs: kept, hasUnknownKeys: kept.count < pairs.count)
  }

  private mutating func reportUnknown(_ key: SyntaxNode, _ name: String, _ table: KeyTable) {
    if let near = table.synonyms[name] ?? NearestName.find(name, among: table.known) {
      report(
        .unknownKey, "\(table.what) has no key `\(name)`", at: key,
        help: [.init("did you mean `\(near)`?", replacing: key.writtenSpan, with: near)])
    } else {
      let keys = table.known.map { "`\($0)`" }.joined(separator: ", ")
      report(
        .unknownKey, "\(table.what) has no key `\(name)`", at: key,
        help: [.init("its keys are \(keys)")])
    }
  }

  /// The pairs of a map whose keys are names of the author's own.
  mutating func namedPairs(_ node: SyntaxNode, _ what: String, shape: String? = nil)
    -> [SyntaxPair]
  {
    if node.isUnusable { return [] }
    guard case .mapping(let pairs) = node.content else {
      reportWrongType(node, what, is: "a map", help: shape.map { .init("write `\($0)`") })
      return []
    }
    return pairs
  }
}
