import Diagnostics

/// Reads the root policy and everything it includes.
struct FileLoader<Provider: SourceProvider> {
  /// A file that could be read, in the order in which its content counts.
  struct Loaded {
    var node: SyntaxNode
    var isRoot: Bool
  }

  private static var maximumDepth: Int { 64 }

  let provider: Provider
  var sources = SourceMap()
  var diagnostics: [Diagnostic] = []
  private(set) var files: [Loaded] = []
  /// Names of the files that are being read, the root first.
  private var open: [String] = []
  private var seen: Set<String> = []

  init(provider: Provider) { self.provider = provider }

  mutating func load(root path: String) {
    do throws(SourceError) {
      let source = try provider.read(path, from: nil)
      load(source)
    } catch {
      diagnostics.append(
        Diagnostic(
          .unreadableFile, .error, "`\(path)` cannot be read: \(error.reason)", at: nil))
    }
  }

  /// Reads the tree of one file that is no part of the includes.
  mutating func parse(_ source: ProvidedSource) -> SyntaxNode? {
    let id = sources.add(source.file)
    let parsed = SyntaxParser.parse(source.file, id: id)
    diagnostics += parsed.diagnostics
    return parsed.value
  }

  private mutating func load(_ source: ProvidedSource) {
    let isRoot = open.isEmpty
    seen.insert(source.name)
    guard let node = parse(source) else { return }
    open.append(source.name)
    if case .mapping(let pairs) = node.content,
      let include = pairs.first(where: { $0.name == "include" })
    {
      for path in paths(include.value) { self.include(path, from: source.name) }
    }
    open.removeLast()
    files.append(Loaded(node: node, isRoot: isRoot))
  }

  private mutating func paths(_ node: SyntaxNode) -> [SyntaxNode] {
    if node.isUnusable { return [] }
    guard case .sequence(let items) = node.content else {
      var context = DecodingContext()
      if let text = node.text, !text.isEmpty, withSpaceAfterColon(text) == nil {
        let fixed = "[\(sources.text(of: node.span))]"
        context.report(
          .wrongType, "`include` is a list of paths", at: node,
          help: [.init("write `\(fixed)`", replacing: node.span, with: fixed)])
      } else {
        context.reportWrongType(node, "`include`", is: "a list of paths")
      }
      diagnostics += context.diagnostics
      return []
    }
    return items
  }

  private mutating func include(_ node: SyntaxNode, from name: String) {
    var context = DecodingContext()
    let path = context.path(node, "an item of `include`")
    diagnostics += context.diagnostics
    guard let path else { return }
    if path.value.contains("${") {
      diagnostics.append(
        Diagnostic(
          .variablePlace, .error,
          "a variable cannot stand in `include`: included files give variables", at: node.span))
      return
    }
    guard open.count < Self.maximumDepth else {
      diagnostics.append(
        Diagnostic(
          .includeTooDeep, .error, "files include each other at most \(Self.maximumDepth) deep",
          at: node.span))
      return
    }
    do throws(SourceError) {
      let source = try provider.read(path.value, from: name)
      if let start = open.firstIndex(of: source.name) {
        let cycle = (open[start...] + [source.name]).map { "`\($0)`" }.joined(separator: " → ")
        diagnostics.append(
          Diagnostic(
            .includeCycle, .error, "a file cannot include itself: \(cycle)", at: node.span,
            help: [.init("remove this path, or move what both need to a third file")]))
        return
      }
      // A file that two others include counts once, where it comes first.
      if !seen.contains(source.name) { load(source) }
    } catch {
      diagnostics.append(
        Diagnostic(
          .unreadableFile, .error, "`\(path.value)` cannot be included: \(error.reason)",
          at: node.span, help: error.help))
    }
  }
}

extension SourceError {
  /// Why, as the end of a sentence.
  var reason: String {
    switch self {
    case .notFound: "there is no such file"
    case .notARegularFile(let kind): "it is a \(kind), not a file"
    case .outsideRoot(let root): "it lies outside the policy root `\(root)`"
    case .unknownStandardFile: "the built-in library has no such file"
    case .unreadable(_, let text): text
    }
  }

  var help: [Diagnostic.Help] {
    switch self {
    case .unknownStandardFile(let similar) where !similar.isEmpty:
      [.init("did you mean \(similar.map { "`\($0)`" }.joined(separator: " or "))?")]
    case .outsideRoot:
      [.init("name a wider root with `--root`, or with a file `fwpolicy.root` in it")]
    case .notFound, .notARegularFile, .unknownStandardFile, .unreadable:
      []
    }
  }
}
