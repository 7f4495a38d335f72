import Diagnostics

/// Everything that a decoder has to say, gathered while it goes on.
///
/// A decoding function returns nil only after it has given a diagnostic, or for a node that one was
/// given for already.
struct DecodingContext {
  var diagnostics: [Diagnostic] = []

  /// Reports an error at a value; where a variable supplied it, the variable's text is shown too.
  mutating func report(
    _ code: DiagnosticCode, _ message: String, at node: SyntaxNode, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], help: [Diagnostic.Help] = []
  ) {
    let origin = node.definition.map { [Diagnostic.Label($0, "the value is written here")] } ?? []
    diagnostics.append(
      Diagnostic(
        code, .error, message, at: node.span, label: label, secondary: secondary + origin,
        notes: notes, help: help))
  }

  /// `help` shows the shape that is expected, where its name alone does not.
  mutating func reportWrongType(
    _ node: SyntaxNode, _ what: String, is expected: String, help: Diagnostic.Help? = nil
  ) {
    if node.hasUnusableKeys { return }
    if case .scalar(let text, .plain) = node.content, text.utf8.contains(UInt8(ascii: ":")),
      let found = Lookalike.find(in: text), found.meant == "a space"
    {
      report(
        .missingSpace, found.message, at: node,
        help: [.init("write a space", replacing: node.writtenSpan, with: found.mended)])
      return
    }
    if case .scalar(let text, .plain) = node.content, let fixed = withSpaceAfterColon(text) {
      report(
        .missingSpace, "a space stands after the `:` of a key", at: node,
        help: [
          .init("a space is missing after `:`", replacing: node.writtenSpan, with: fixed)
        ])
      return
    }
    let found =
      switch node.content {
      case .scalar: "text"
      case .sequence: "a list"
      case .mapping: "a map"
      case .unusable: "nothing"
      }
    report(
      .wrongType, "\(what) is \(expected), not \(found)", at: node, help: help.map { [$0] } ?? [])
  }

  // MARK: - Scalars

  /// Text of any kind, on one line or many.
  mutating func text(_ node: SyntaxNode, _ what: String) -> Located<String>? {
    if node.isUnusable { return nil }
    guard let text = node.text else {
      reportWrongType(node, what, is: "text")
      return nil
    }
    return Located(text, node.span, definition: node.definition)
  }

  mutating func identifier(_ node: SyntaxNode, _ what: String) -> Located<String>? {
    guard let found = text(node, what) else { return nil }
    guard Identifier.isValid(found.value) else {
      report(
        .invalidIdentifier,
        "\(what) begins with a letter or `_` and goes on with letters, digits, `_`, `.` or `-`",
        at: node, notes: found.value.utf8.count > 63 ? ["a name has at most 63 bytes"] : [])
      return nil
    }
    return found
  }

  mutating func boolean(_ node: SyntaxNode, _ what: String) -> Located<Bool>? {
    guard let found = text(node, what) else { return nil }
    switch found.value {
    case "true": return found.map { _ in true }
    case "false": return found.map { _ in false }
    default: break
    }
    let meant: String? =
      switch found.value.lowercased() {
      case "true", "yes", "on", "y": "true"
      case "false", "no", "off", "n": "false"
      default: nil
      }
    report(
      .wrongType, "\(what) is `true` or `false`", at: node,
      help: meant.map { [.init("write `\($0)`", replacing: node.writtenSpan, with: $0)] } ?? [])
    return nil
  }

  /// A decimal integer without leading zeros.
  mutating func integer(_ node: SyntaxNode, _ what: String, in range: ClosedRange<Int>)
    -> Located<Int>?
  {
    guard let found = text(node, what) else { return nil }
    guard let value = Self.decimal(found.value) else {
      let plain = Int(found.value).map(String.init)
      report(
        .invalidNumber, "\(what) is a decimal number without leading zeros", at: node,
        help: plain.map { [.init("write `\($0)`", replacing: node.writtenSpan, with: $0)] } ?? [])
      return nil
    }
    guard range.contains(value) else {
      report(
        .invalidNumber, "\(what) is a number from \(range.lowerBound) to \(range.upperBound)",
        at: node)
      return nil
    }
    return found.map { _ in value }
  }

  static func decimal(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard let first = digits.first, digits.count <= 18, digits.allSatisfy(Identifier.isDigit)
    else { return nil }
    if first == UInt8(ascii: "0"), text.utf8.count > 1 { return nil }
    return Int(String(text))
  }

  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ node: SyntaxNode, _ what: String, of type: Choice.Type = Choice.self
  ) -> Located<Choice>? {
    guard let found = text(node, what) else { return nil }
    guard let value = Choice(rawValue: found.value) else {
      reportChoice(node, what, among: Choice.allCases.map(\.rawValue))
      return nil
    }
    return found.map { _ in value }
  }

  /// Words of other firewalls, and what may be meant.
  private static let choiceSynonyms = [
    "accept": ["allow", "continue"], "permit": ["allow", "continue"],
    "pass": ["allow", "continue"], "allow": ["continue"], "drop": ["deny"],
    "block": ["blocked", "deny"],
  ]

  mutating func reportChoice(_ node: SyntaxNode, _ what: String, among choices: [String]) {
    let list = choices.map { "`\($0)`" }.joined(separator: ", ")
    let written = node.text?.lowercased() ?? ""
    let near =
      Self.choiceSynonyms[written]?.first { choices.contains($0) }
      ?? NearestName.find(written, among: choices)
    report(
      .unknownChoice, "\(what) is one of \(list)", at: node,
      help: near.map { [.init("did you mean `\($0)`?", replacing: node.writtenSpan, with: $0)] }
        ?? [])
  }

  // MARK: - Lists

  /// The items of a list, or a single value as a list of one.
  func items(_ node: SyntaxNode) -> [SyntaxNode] {
    if case .sequence(let items) = node.content { return items }
    return node.isUnusable ? [] : [node]
  }

  mutating func list(_ node: SyntaxNode, _ what: String) -> [SyntaxNode]? {
    if node.isUnusable { return nil }
    guard case .sequence(let items) = node.content else {
      reportWrongType(node, what, is: "a list")
      return nil
    }
    return items
  }

  /// Texts of a list, or a single one.
  mutating func texts(_ node: SyntaxNode, _ what: String) -> [Located<String>] {
    items(node).compactMap { text($0, what) }
  }
}
