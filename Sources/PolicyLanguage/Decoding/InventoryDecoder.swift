import Diagnostics
import NetworkTypes

/// `smtp-egress.subnets`.
extension DecodingContext {
  private static let fileKeys = KeyTable(
    what: "an inventory",
    known: [
      "file", "columns", "values", "where", "delimiter", "comment", "empty", "at-least", "waive",
    ],
    synonyms: [
      "path": "file", "csv": "file", "json": "file", "yaml": "file", "column": "columns",
      "map": "values", "separator": "delimiter", "filter": "where",
    ])

  private static let rowKeys = KeyTable(
    what: "a row of `subnets`",
    known: ["prefix", "name", "smtp", "owner", "ticket", "expires", "waive"],
    synonyms: [
      "network": "prefix", "subnet": "prefix", "from": "prefix", "answer": "smtp",
      "port25": "smtp", "customer": "name",
    ])

  /// A path, an inventory, a row, or a list of these.
  mutating func subnets(_ pair: SyntaxPair) -> SubnetsDeclaration? {
    if pair.value.isUnusable { return nil }
    let items = items(pair.value)
    var parts: [SubnetsDeclaration.Part] = []
    for item in items {
      switch item.content {
      case .scalar: if let file = inventoryPath(item) { parts.append(.file(file)) }
      case .mapping(let pairs):
        if pairs.contains(where: { Self.isOfRow($0.name) }) {
          if let row = subnetRow(item) { parts.append(.row(row)) }
        } else if let file = inventoryFile(item) {
          parts.append(.file(file))
        }
      case .sequence:
        reportWrongType(
          item, "an item of `subnets`", is: "a path or a map",
          help: .init("write `{ prefix: 198.51.100.16/28, name: acme, smtp: allowed }`"))
      case .unusable: break
      }
    }
    if items.isEmpty {
      report(
        .missingKey, "`subnets` has at least one row or file", at: pair.value,
        help: [.init("remove `subnets`, or name the inventory: `subnets: inventory/subnets.csv`")])
    }
    return SubnetsDeclaration(parts: parts, keySpan: pair.key.span, span: pair.value.span)
  }

  private static func isOfRow(_ key: String) -> Bool {
    key == "prefix" || key == "smtp" || key == "name"
  }

  // MARK: Rows

  private mutating func subnetRow(_ node: SyntaxNode) -> SubnetRow? {
    guard let entries = entries(node, Self.rowKeys) else { return nil }
    for key in ["prefix", "name", "smtp"] where !entries.has(key) {
      if entries.hasUnknownKeys || entries.hasUnusableKeys { continue }
      report(
        .missingKey, "a row of `subnets` has `prefix`, `name` and `smtp`: `\(key)` is missing",
        at: node, help: [.init(Self.example(of: key))])
    }
    let prefix = entries["prefix"].flatMap { text($0, "`prefix`") }
    let name = entries["name"].flatMap { rowText($0, "`name`") }
    let answer = entries["smtp"].flatMap { choice($0, "`smtp`", of: SubnetAnswer.self) }
    let owner = entries["owner"].flatMap { rowText($0, "`owner`") }
    let ticket = entries["ticket"].flatMap { rowText($0, "`ticket`") }
    let expires = entries["expires"].flatMap { timestamp($0, "`expires`") }
    let waivers = waivers(entries)
    // What has an end that could not be read must not go on for ever.
    if entries.has("expires"), expires == nil { return nil }
    guard let prefix, let name, let answer else { return nil }
    var row = SubnetRow(prefix: prefix, name: name, answer: answer, span: node.span)
    row.owner = owner
    row.ticket = ticket
    row.expires = expires
    row.waivers = waivers
    return row
  }

  private static func example(of key: String) -> String {
    switch key {
    case "prefix": "add `prefix: 198.51.100.16/28`"
    case "name": "add `name:` with what the customer is called"
    default: "add `smtp: blocked`, `smtp: relays-only` or `smtp: allowed`"
    }
  }

  private mutating func rowText(_ node: SyntaxNode, _ what: String) -> Located<String>? {
    guard let found = text(node, what) else { return nil }
    if let problem = InventoryText.problem(of: found.value) {
      report(.invalidText, "\(what) \(problem.rule)", at: node, help: [.init(problem.help)])
      return nil
    }
    return found
  }

  // MARK: Files

  private mutating func inventoryPath(_ node: SyntaxNode) -> InventoryFile? {
    guard let path = path(node, "`subnets`"), let format = format(of: path, node) else {
      return nil
    }
    return InventoryFile(path: path, format: format, span: node.span)
  }

  private mutating func inventoryFile(_ node: SyntaxNode) -> InventoryFile? {
    guard let entries = entries(node, Self.fileKeys) else { return nil }
    if !entries.has("file"), !entries.hasUnknownKeys, !entries.hasUnusableKeys {
      report(
        .missingKey, "an inventory has a `file`, and a row a `prefix`, a `name` and `smtp`",
        at: node, help: [.init("write `file: inventory/subnets.csv`")])
    }
    let path = entries["file"].flatMap { self.path($0, "`file`") }
    let format = path.flatMap { path in entries["file"].flatMap { self.format(of: path, $0) } }
    let columns = entries["columns"].map { inventoryColumns($0) } ?? [:]
    let words = entries["values"].map { inventoryWords($0) } ?? []
    let conditions = entries["where"].map { columnConditions($0) } ?? []
    let mayBeEmpty = entries["empty"].flatMap { boolean($0, "`empty`") }
    let atLeast = entries["at-least"].flatMap { integer($0, "`at-least`", in: 1...100_000_000) }
    let waivers = waivers(entries)
    let marks = marks(entries, format)
    guard let path, var format else { return nil }
    if case .csv = format { format = .csv(delimiter: marks.delimiter, comment: marks.comment) }
    var file = InventoryFile(path: path, format: format, span: node.span)
    file.columns = columns
    file.words = words
    file.conditions = conditions
    file.mayBeEmpty = mayBeEmpty
    file.atLeast = atLeast
    file.waivers = waivers
    return file
  }

  /// The ending of a file's name says how it is read.
  private mutating func format(of path: Located<String>, _ node: SyntaxNode)
    -> InventoryFile.Format?
  {
    let name = path.value.lowercased()
    if name.hasSuffix(".csv") { return .csv(delimiter: UInt8(ascii: ","), comment: nil) }
    if name.hasSuffix(".json") { return .json }
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return .yaml }
    report(
      .invalidText, "the name of an inventory ends in `.csv`, `.json`, `.yaml` or `.yml`",
      at: node,
      help: [
        .init(
          (try? parseAddressLiteral(path.value)) == nil
            ? "the ending says how the file is read: name it so"
            : "a row is a map: `{ prefix: \(path.value), name: NAME, smtp: blocked }`")
      ])
    return nil
  }

  private mutating func inventoryColumns(_ node: SyntaxNode)
    -> [InventoryFile.Column: Located<String>]
  {
    let table = KeyTable(
      what: "`columns`", known: InventoryFile.Column.allCases.map(\.rawValue),
      shape: "columns: { prefix: NAME, name: NAME, smtp: NAME }")
    guard let entries = entries(node, table) else { return [:] }
    var columns: [InventoryFile.Column: Located<String>] = [:]
    for column in InventoryFile.Column.allCases {
      guard let value = entries[column.rawValue] else { continue }
      columns[column] = text(value, "what the file calls `\(column.rawValue)`")
    }
    return columns
  }

  private mutating func inventoryWords(_ node: SyntaxNode) -> [InventoryFile.Word] {
    var known: [String: SourceSpan] = [:]
    return namedPairs(node, "`values`", shape: "values: { WORD: blocked }").compactMap { pair in
      guard let word = text(pair.key, "a word of the file") else { return nil }
      let plain = word.value.trimmingBlanks()
      if let first = known[plain] {
        report(
          .duplicateKey, "a word stands once in `values`, spaces around it apart: `\(plain)`",
          at: pair.key, secondary: [.init(first, "first given here")])
        return nil
      }
      known[plain] = word.span
      guard let answer = choice(pair.value, "what a word means", of: SubnetAnswer.self)
      else { return nil }
      return InventoryFile.Word(text: word, answer: answer.value)
    }
  }

  private mutating func marks(
    _ entries: Entries, _ format: InventoryFile.Format?
  ) -> (delimiter: UInt8, comment: UInt8?) {
    let isCSV =
      switch format {
      case .csv, nil: true
      case .json, .yaml: false
      }
    for key in ["delimiter", "comment"] {
      guard !isCSV, let stray = entries.pair(key) else { continue }
      report(.misplacedKey, "`\(key)` goes with a CSV file", at: stray.key)
    }
    let delimiter = entries["delimiter"].flatMap { mark($0, "`delimiter`") }
    let comment = entries["comment"].flatMap { mark($0, "`comment`") }
    let comma = UInt8(ascii: ",")
    if let node = entries["comment"], let comment, comment == delimiter ?? comma {
      report(
        .conflictingKeys, "`comment` is another character than the delimiter", at: node,
        secondary: entries.pair("delimiter").map { [.init($0.value.span, "the delimiter")] } ?? [])
      return (delimiter ?? comma, nil)
    }
    return (delimiter ?? comma, comment)
  }

  /// One ASCII character that means nothing else in CSV; `tab` stands for a tab.
  private mutating func mark(_ node: SyntaxNode, _ what: String) -> UInt8? {
    guard let found = text(node, what) else { return nil }
    if found.value == "tab" { return UInt8(ascii: "\t") }
    guard let byte = found.value.utf8.first, found.value.utf8.count == 1,
      CSVReader(delimiter: byte) != nil
    else {
      report(
        .invalidText,
        "\(what) is one ASCII character, no quote and no line break; `tab` stands for a tab",
        at: node)
      return nil
    }
    return byte
  }
}
