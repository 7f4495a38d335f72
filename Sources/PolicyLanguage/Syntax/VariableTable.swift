import Diagnostics

/// The variables of all files, and the replacing of `${x}`.
///
/// Each variable is expanded once and remembered with its weight, so that variables that multiply
/// each other are refused before the memory for them is taken.
struct VariableTable {
  /// List items, keys and every 32 bytes of text count one.
  static let maximumWeight = 1_000_000
  /// Of variables inside each other, and of the lists and maps they make.
  static let maximumDepth = 64

  /// Keeps the stack small where deep values and long chains of variables meet.
  static let maximumLevel = 256

  struct Variable {
    var key: SyntaxNode
    var value: SyntaxNode
    var state = State.untouched
    var weight = 0
    var depth = 0
  }

  enum State {
    case untouched
    case open
    case done
  }

  /// An expanded value with what it costs.
  struct Expansion {
    var node: SyntaxNode
    var weight: Int
    var depth: Int
  }

  var variables: [String: Variable] = [:]
  var used: Set<String> = []
  /// The variables whose value a `--set` has replaced.
  private var replaced: Set<String> = []
  /// The keys of all files' `variables`, in the order of reading; an override has another key.
  private var declared: [Located<String>] = []
  private var settings: [(name: String, span: SourceSpan)] = []
  /// Variables that are being expanded, outermost first.
  var path: [String] = []
  var spent = 0
  /// How deep `expanded` has called itself.
  var level = 0
  var isExhausted = false
  let sources: SourceMap
  var diagnostics: [Diagnostic] = []

  init(sources: SourceMap) { self.sources = sources }

  /// Takes up the `variables` map of a file.
  mutating func declare(_ node: SyntaxNode) {
    if node.isUnusable { return }
    guard case .mapping(let pairs) = node.content else {
      diagnostics.append(
        Diagnostic(.wrongType, .error, "`variables` is a map of name to value", at: node.span))
      return
    }
    for pair in pairs where !pair.key.isUnusable {
      guard Identifier.isValid(pair.name) else {
        diagnostics.append(
          Diagnostic(
            .invalidIdentifier, .error,
            "the name of a variable begins with a letter or `_` and goes on with letters, "
              + "digits, `_`, `.` or `-`", at: pair.key.span))
        continue
      }
      if let first = variables[pair.name] {
        diagnostics.append(
          Diagnostic(
            .sameName, .error, "a variable is given once: `\(pair.name)`", at: pair.key.span,
            secondary: [.init(first.key.span, "first given here")],
            help: [.init("rename one, or give the value with `--values` or `--set`")]))
        continue
      }
      variables[pair.name] = Variable(key: pair.key, value: pair.value)
      declared.append(Located(pair.name, pair.key.span))
    }
  }

  /// The declared variables that nothing has referred to, once everything is expanded.
  var unused: [Located<String>] { declared.filter { !used.contains($0.value) } }

  /// Takes up a values file's map; a name that no policy file declares is new.
  mutating func override(_ node: SyntaxNode) {
    if node.isUnusable { return }
    guard case .mapping(let pairs) = node.content else {
      diagnostics.append(
        Diagnostic(.wrongType, .error, "a values file is a map of name to value", at: node.span))
      return
    }
    for pair in pairs { variables[pair.name] = Variable(key: pair.key, value: pair.value) }
  }

  /// Takes up a `--set`; `name` and `value` are where its two parts stand in its own text.
  mutating func set(_ name: String, _ value: String, nameSpan: SourceSpan, valueSpan: SourceSpan) {
    settings.append((name, nameSpan))
    if variables[name] != nil { replaced.insert(name) }
    // Text: a `${` in it is replaced as in any value, but YAML in it is not read.
    variables[name] = Variable(
      key: SyntaxNode(.scalar(name, .plain), nameSpan),
      value: SyntaxNode(.scalar(value, .plain), valueSpan))
  }

  /// Ends the work: a `--set` that nothing declares or uses is a typing mistake.
  mutating func finish() {
    let known = used.union(replaced)
    for setting in settings where !known.contains(setting.name) {
      let near = NearestName.find(
        setting.name, among: variables.keys.sorted().filter(known.contains))
      diagnostics.append(
        Diagnostic(
          .unusedSetting, .error, "no file of the policy uses the variable `\(setting.name)`",
          at: setting.span,
          help: near.map { [.init("did you mean `\($0)`?", replacing: setting.span, with: $0)] }
            ?? []))
    }
  }

  /// A value with its variables replaced.
  mutating func expand(_ node: SyntaxNode) -> SyntaxNode { expanded(node).node }

  /// Expands every variable, used or not, so that a broken one is never silent.
  mutating func expandAll() {
    for name in variables.keys.sorted() { _ = value(of: name) }
  }
}
