import Diagnostics

/// One value of a policy's text, and where it stands.
///
/// Where a variable supplied the value, `span` is the place of use and `definition` the variable's
/// own text.
struct SyntaxNode: Sendable {
  /// How a scalar was written.
  enum Style: Sendable {
    case plain
    case quoted
    case block
  }

  enum Content: Sendable {
    case scalar(String, Style)
    case sequence([SyntaxNode])
    /// In the order of the text; keys are scalars and differ from each other.
    case mapping([SyntaxPair])
    /// Something that a diagnostic was already given for; decoders pass it over in silence.
    case unusable
  }

  var content: Content
  /// A scalar as written, quotes and all; a list or map from its first byte to its last.
  var span: SourceSpan
  var definition: SourceSpan?
  /// Whether its text was put together where it stands; `definition` supplied a part of it only.
  var isJoined = false

  init(_ content: Content, _ span: SourceSpan, definition: SourceSpan? = nil) {
    self.content = content
    self.span = span
    self.definition = definition
  }

  /// The text of a scalar.
  var text: String? {
    if case .scalar(let text, _) = content { return text }
    return nil
  }

  var isUnusable: Bool {
    if case .unusable = content { return true }
    return false
  }

  /// Whether it is a map with a key that a diagnostic was already given for.
  var hasUnusableKeys: Bool {
    guard case .mapping(let pairs) = content else { return false }
    return pairs.contains { $0.key.isUnusable }
  }

  /// Where the text to change stands: the variable's own, if one supplied it.
  var writtenSpan: SourceSpan { definition ?? span }

  /// Where the whole of it stands: the variable's own text, unless that is only a part of it.
  var wholeSpan: SourceSpan { isJoined ? span : writtenSpan }
}

/// A key of a map and its value.
struct SyntaxPair: Sendable {
  var key: SyntaxNode
  var value: SyntaxNode

  /// The text of the key; empty if it could not be used.
  var name: String { key.text ?? "" }
}
