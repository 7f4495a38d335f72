import Diagnostics
import NetworkTypes

/// An entry of `instances`: a template, and the rows that it is made for.
struct InstancesDeclaration: Sendable {
  enum Rows: Sendable {
    /// Maps in the policy itself.
    case inline([SyntaxNode])
    case file(RowFile)
  }

  var template: Located<String>
  var rows: Rows
  /// What `for-each` says.
  var rowsSpan: SourceSpan
  /// All must hold of a row.
  var conditions: [ColumnCondition]
  var mayBeEmpty: Located<Bool>?
  var atLeast: Located<Int>?
  var span: SourceSpan
}

/// A file of rows, and how it is read.
struct RowFile: Sendable {
  enum Format: Sendable {
    case csv(delimiter: UInt8, comment: UInt8?)
    case json
    case yaml
  }

  var path: Located<String>
  var format: Format
  /// What the file calls what a parameter takes, where the two names differ.
  var columns: [(parameter: Located<String>, column: Located<String>)] = []
}

extension DecodingContext {
  private static let instancesKeys = KeyTable(
    what: "an entry of `instances`", known: ["template", "for-each", "where", "empty", "at-least"],
    synonyms: ["foreach": "for-each", "each": "for-each", "rows": "for-each", "filter": "where"],
    shape: "{ template: NAME, for-each: inventory/customers.csv }")

  private static let rowFileKeys = KeyTable(
    what: "`for-each`", known: ["file", "columns", "delimiter", "comment", "where"],
    synonyms: [
      "path": "file", "csv": "file", "json": "file", "yaml": "file", "column": "columns",
      "separator": "delimiter", "filter": "where",
    ])

  /// The value of `instances`: a list of entries, or one.
  mutating func instances(_ node: SyntaxNode) -> [InstancesDeclaration] {
    items(node).compactMap { instancesEntry($0) }
  }

  private mutating func instancesEntry(_ node: SyntaxNode) -> InstancesDeclaration? {
    guard let entries = entries(node, Self.instancesKeys) else { return nil }
    for key in ["template", "for-each"] where !entries.has(key) {
      if entries.hasUnknownKeys || entries.hasUnusableKeys { continue }
      report(
        .missingKey, "an entry of `instances` has `template` and `for-each`: `\(key)` is missing",
        at: node,
        help: [
          .init(
            key == "template"
              ? "write `template: NAME`"
              : "write `for-each: inventory/customers.csv`, or a list of maps")
        ])
    }
    let template = entries["template"].flatMap { identifier($0, "the name of a template") }
    var conditions = entries["where"].map { columnConditions($0) } ?? []
    let mayBeEmpty = entries["empty"].flatMap { boolean($0, "`empty`") }
    let atLeast = entries["at-least"].flatMap { integer($0, "`at-least`", in: 1...100_000_000) }
    guard let each = entries["for-each"] else { return nil }
    var rows: InstancesDeclaration.Rows?
    switch each.content {
    case .unusable: break
    case .scalar: rows = rowPath(each).map { .file($0) }
    case .sequence(let items): rows = .inline(items)
    case .mapping:
      guard let inner = self.entries(each, Self.rowFileKeys) else { return nil }
      if let pair = inner.pair("where") {
        if let outer = entries.pair("where") {
          report(
            .conflictingKeys, "`where` stands beside `for-each` or in it, not in both",
            at: pair.key, secondary: [.init(outer.key.span, "the other is here")])
        } else if !pair.value.isUnusable {
          conditions = columnConditions(pair.value)
        }
      }
      rows = rowFile(inner).map { .file($0) }
    }
    guard let template, let rows else { return nil }
    return InstancesDeclaration(
      template: template, rows: rows, rowsSpan: each.span, conditions: conditions,
      mayBeEmpty: mayBeEmpty, atLeast: atLeast, span: node.span)
  }

  private mutating func rowPath(_ node: SyntaxNode) -> RowFile? {
    guard let path = path(node, "`for-each`"), let format = rowFormat(of: path, node) else {
      return nil
    }
    return RowFile(path: path, format: format)
  }

  private mutating func rowFile(_ entries: Entries) -> RowFile? {
    if !entries.has("file"), !entries.hasUnknownKeys, !entries.hasUnusableKeys {
      report(
        .missingKey, "`for-each` is a path, a list of maps, or a map with a `file`",
        at: entries.node, help: [.init("write `file: inventory/customers.csv`")])
    }
    let path = entries["file"].flatMap { self.path($0, "`file`") }
    let columns =
      entries["columns"].map { node in
        namedPairs(node, "`columns`", shape: "columns: { PARAMETER: COLUMN }").compactMap { pair in
          identifier(pair.key, "the name of a parameter").flatMap { parameter in
            text(pair.value, "what the file calls a parameter").map { (parameter, $0) }
          }
        }
      } ?? []
    guard let node = entries["file"], let path, var format = rowFormat(of: path, node) else {
      return nil
    }
    switch format {
    case .csv:
      guard let marks = csvMarks(entries) else { return nil }
      format = .csv(delimiter: marks.delimiter, comment: marks.comment)
    case .json, .yaml:
      for key in ["delimiter", "comment"] {
        guard let stray = entries.pair(key) else { continue }
        report(.misplacedKey, "`\(key)` goes with a CSV file", at: stray.key)
      }
    }
    return RowFile(path: path, format: format, columns: columns)
  }

  /// The ending of a file's name says how it is read.
  private mutating func rowFormat(of path: Located<String>, _ node: SyntaxNode) -> RowFile.Format? {
    let name = path.value.lowercased()
    if name.hasSuffix(".csv") { return .csv(delimiter: UInt8(ascii: ","), comment: nil) }
    if name.hasSuffix(".json") { return .json }
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return .yaml }
    report(
      .invalidText, "the name of a file of rows ends in `.csv`, `.json`, `.yaml` or `.yml`",
      at: node, help: [.init("the ending says how the file is read: name it so")])
    return nil
  }

  /// `delimiter` and `comment` of a CSV file; nil after a diagnostic.
  private mutating func csvMarks(_ entries: Entries) -> (delimiter: UInt8, comment: UInt8?)? {
    var marks = (delimiter: UInt8(ascii: ","), comment: UInt8?.none)
    for key in ["delimiter", "comment"] {
      guard let node = entries[key] else { continue }
      guard let found = text(node, "`\(key)`") else { return nil }
      let text = found.value == "tab" ? "\t" : found.value
      guard let byte = text.utf8.first, text.utf8.count == 1, CSVReader(delimiter: byte) != nil
      else {
        report(
          .invalidText,
          "`\(key)` is one ASCII character, no quote and no line break; `tab` stands for a tab",
          at: node)
        return nil
      }
      if key == "delimiter" { marks.delimiter = byte } else { marks.comment = byte }
    }
    if let node = entries["comment"], marks.comment == marks.delimiter {
      report(.conflictingKeys, "`comment` is another character than the delimiter", at: node)
      return nil
    }
    return marks
  }
}
