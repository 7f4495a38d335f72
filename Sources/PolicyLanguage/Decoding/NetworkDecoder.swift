import Diagnostics

extension DecodingContext {
  private static let networkKeys = KeyTable(
    what: "a network",
    known: [
      "of", "file", "csv", "dynamic", "column", "where", "class", "empty", "at-least", "waive",
      "override",
    ], synonyms: ["path": "file", "list": "of", "prefixes": "of", "addresses": "of"])

  /// One entry of `networks`.
  mutating func network(_ pair: SyntaxPair) -> Overridable<NetworkDeclaration>? {
    let name = identifier(pair.key, "the name of a network")
    guard case .mapping = pair.value.content else {
      guard let list = endpoint(pair.value, "a network"), let name else { return nil }
      return Overridable(
        NetworkDeclaration(name: name, source: .of(list), span: pair.value.span), isOverride: nil,
        isBare: true)
    }
    guard let entries = entries(pair.value, Self.networkKeys) else { return nil }
    let source = networkSource(entries, pair)
    let networkClass = entries["class"].flatMap { choice($0, "`class`", of: NetworkClass.self) }
    let mayBeEmpty = entries["empty"].flatMap { boolean($0, "`empty`") }
    let atLeast = entries["at-least"].flatMap { integer($0, "`at-least`", in: 1...100_000_000) }
    let waivers = waivers(entries)
    let isOverride = entries["override"].flatMap { boolean($0, "`override`") }
    guard let source, let name else { return nil }
    return Overridable(
      NetworkDeclaration(
        name: name, source: source, networkClass: networkClass, mayBeEmpty: mayBeEmpty,
        atLeast: atLeast, waivers: waivers, span: pair.value.span), isOverride: isOverride)
  }

  private mutating func networkSource(_ entries: Entries, _ pair: SyntaxPair)
    -> NetworkDeclaration.Source?
  {
    let given = ["of", "file", "csv", "dynamic"].compactMap { entries.pair($0) }
    guard let first = given.first else {
      if !entries.hasUnknownKeys {
        report(
          .missingKey, "a network has `of`, `file`, `csv` or `dynamic`", at: pair.key,
          help: [.init("write `of: [192.0.2.0/28]`, or `file: PATH`")])
      }
      return nil
    }
    for other in given.dropFirst() {
      report(
        .conflictingKeys, "a network has one of `of`, `file`, `csv` and `dynamic`", at: other.key,
        secondary: [.init(first.key.span, "the first is here")])
    }
    if first.name != "csv" {
      for key in ["column", "where"] {
        guard let stray = entries.pair(key) else { continue }
        report(.misplacedKey, "`\(key)` goes with `csv`", at: stray.key)
      }
    }
    if first.name == "dynamic" {
      for key in ["class", "empty", "at-least"] {
        guard let stray = entries.pair(key) else { continue }
        report(
          .misplacedKey, "`\(key)` goes with a network whose addresses the policy lists",
          at: stray.key, help: [.init("remove `\(key)`: nobody knows yet what is in it")])
      }
    }
    switch first.name {
    case "dynamic":
      return keeping(first.value, "`dynamic`").map { .dynamic($0) }
    case "of":
      return endpoint(first.value, "`of`").map { .of($0) }
    case "file":
      return path(first.value, "`file`").map { .file($0) }
    default:
      if !entries.has("column"), !entries.hasUnknownKeys {
        report(
          .missingKey, "`csv` has a `column` that holds the prefixes", at: first.key,
          help: [.init("write `column: NAME`")])
      }
      let file = path(first.value, "`csv`")
      let column = entries["column"].flatMap { text($0, "`column`") }
      let conditions = entries["where"].map { columnConditions($0) } ?? []
      guard let file, let column else { return nil }
      return .csv(path: file, column: column, where: conditions)
    }
  }

  /// A path: text that is not empty and has no NUL (which an escape could bring in).
  ///
  /// `definition` is where a variable gives the whole of it, so that the path starts at that file.
  mutating func path(_ node: SyntaxNode, _ what: String) -> Located<String>? {
    guard var found = text(node, what) else { return nil }
    if node.isJoined { found.definition = nil }
    guard !found.value.isEmpty, !found.value.utf8.contains(0) else {
      report(.invalidText, "\(what) is a path", at: node)
      return nil
    }
    return found
  }

  /// `where: { column: value }`, for the rows of a file.
  mutating func columnConditions(_ node: SyntaxNode) -> [ColumnCondition] {
    namedPairs(node, "`where`").compactMap { pair in
      guard let column = text(pair.key, "a column"), !pair.value.isUnusable else { return nil }
      let values = texts(pair.value, "the value of a column")
      if items(pair.value).isEmpty {
        report(.wrongType, "a condition has at least one value", at: pair.value)
        return nil
      }
      return ColumnCondition(column: column, values: values)
    }
  }
}
