import Diagnostics
import NetworkTypes

/// A row that `where` selects: a value for each parameter, and where it stands.
struct InstanceRow {
  var values: [SyntaxNode]
  var span: SourceSpan
}

/// What reads the rows of one entry of `instances`.
struct RowReading {
  /// How many rows with a fault are shown; the rest are counted.
  static let problemLimit = 20

  let declaration: InstancesDeclaration
  let template: TemplateDeclaration
  private(set) var rows: [InstanceRow] = []
  /// Rows that were seen, selected or not.
  private(set) var seen = 0
  private(set) var diagnostics: [Diagnostic] = []
  private var faults = 0

  /// For each parameter the column or key that it takes.
  let columns: [Located<String>]
  /// For each condition what it accepts.
  let wanted: [Set<String>]

  init(_ declaration: InstancesDeclaration, of template: TemplateDeclaration) {
    self.declaration = declaration
    self.template = template
    var renamed: [String: Located<String>] = [:]
    if case .file(let file) = declaration.rows {
      for entry in file.columns { renamed[entry.parameter.value] = entry.column }
    }
    columns = template.parameters.map { renamed[$0.value] ?? $0 }
    wanted = declaration.conditions.map { Set($0.values.map { $0.value.trimmingBlanks() }) }
  }

  /// Ends the work: faults beyond the limit are counted.
  mutating func finish() {
    guard faults > Self.problemLimit else { return }
    diagnostics.append(
      Diagnostic(
        .templateParameter, .error,
        "\(faults) rows lack a parameter; the first \(Self.problemLimit) are shown",
        at: declaration.rowsSpan))
  }

  // MARK: Maps

  /// Takes maps of name to value, as YAML, JSON or the policy itself has them.
  mutating func take(_ items: [SyntaxNode], context: inout DecodingContext) {
    var isFile = false
    if case .file = declaration.rows { isFile = true }
    for (index, item) in items.enumerated() where !item.isUnusable {
      guard case .mapping(let pairs) = item.content else {
        context.reportWrongType(
          item, "a row", is: "a map of name to value",
          help: .init("write `{ name: acme, prefix: 198.51.100.16/28 }`"))
        continue
      }
      take(item, pairs, row: isFile ? index + 1 : nil)
    }
  }

  /// Takes rows that `where` selects.
  mutating func take(_ selected: [InstanceRow], seen: Int) {
    rows += selected
    self.seen += seen
  }

  mutating func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  /// Counts rows without a value for a parameter, which are not shown.
  mutating func countFaults(_ count: Int) { faults += count }

  private mutating func take(_ item: SyntaxNode, _ pairs: [SyntaxPair], row: Int?) {
    seen += 1
    var found: [String: SyntaxNode] = [:]
    for pair in pairs { found[pair.name] = pair.value }
    for (condition, values) in zip(declaration.conditions, wanted) {
      guard let text = found[condition.column.value]?.text,
        values.contains(text.trimmingBlanks())
      else { return }
    }
    var values: [SyntaxNode] = []
    for (index, column) in columns.enumerated() {
      guard let value = found[column.value] else {
        if !item.hasUnusableKeys {
          reportMissing(index, in: item.span, keys: pairs.map(\.name), row: row)
        }
        return
      }
      values.append(value)
    }
    rows.append(InstanceRow(values: values, span: item.span))
  }

  /// - Parameter row: its number in its file; nil for a row of the policy.
  mutating func reportMissing(_ index: Int, in place: SourceSpan, keys: [String], row: Int?) {
    faults += 1
    guard faults <= Self.problemLimit else { return }
    let parameter = template.parameters[index]
    let name = columns[index].value
    let near = NearestName.find(
      name, among: keys.filter { key in !columns.contains { $0.value == key } })
    diagnostics.append(
      Diagnostic(
        .templateParameter, .error,
        "a row gives every parameter of the template `\(template.name.value)`: `\(name)` is missing"
          + inRow(row),
        at: place,
        secondary: [.init(parameter.span, "the parameter")]
          + (place.file == declaration.span.file
            ? [] : [.init(declaration.span, "this takes the row")]),
        help: [.init(near.map { "is `\($0)` meant?" } ?? "add `\(name):` to the row")]))
  }

  // MARK: CSV

  /// Takes the rows of a CSV file; spaces around a value do not count.
  mutating func takeCSV(
    _ file: SourceFileID, _ source: SourceFile, delimiter: UInt8, comment: UInt8?
  ) {
    let bytes = source.bytes
    let conditions = declaration.conditions.map(\.column)
    let asked = (columns + conditions).map { CSVColumn($0.value) }
    let values = wanted.map { Set($0.map { Array($0.utf8) }) }
    var rows: [InstanceRow] = []
    var seen = 0
    let reader = CSVReader(delimiter: delimiter, comment: comment) ?? CSVReader()
    let summary = reader.read(bytes.span, columns: asked) { line, fields in
      seen += 1
      for (index, values) in values.enumerated() {
        let field = fields[columns.count + index]
        let text =
          field.hasDoubledQuotes ? Array(field.text(in: bytes.span).utf8)[...] : bytes[field.range]
        guard values.contains(Array(text.trimmingBlanks())) else { return }
      }
      let start = source.lineStarts[line - 1]
      let end = fields.indices.reduce(start + source.bytes(ofLine: line).count) {
        max($0, fields[$1].span.upperBound)
      }
      rows.append(
        InstanceRow(
          values: columns.indices.map { node(of: fields[$0], in: bytes, file) },
          span: SourceSpan(file: file, start: start, end: end)))
    }
    take(rows, seen: seen)
    for problem in summary.problems { add(self.problem(problem, summary.header, in: file)) }
    if summary.problemCount > summary.problems.count, let last = summary.problems.last {
      add(unshown(summary.problemCount, last.range, file))
    }
  }

  /// Says how many rows there are that cannot be read, behind those that are shown.
  func unshown(_ count: Int, _ range: Range<Int>, _ file: SourceFileID) -> Diagnostic {
    Diagnostic(
      .badListEntry, .error,
      "\(count) rows cannot be read; the first \(CSVReader.problemLimit) are shown",
      at: SourceSpan(file: file, start: range.lowerBound, end: range.upperBound))
  }

  private func node(of field: CSVField, in bytes: [UInt8], _ file: SourceFileID) -> SyntaxNode {
    if field.hasDoubledQuotes {
      let text = field.text(in: bytes.span).trimmingBlanks()
      let span = SourceSpan(
        file: file, start: field.span.lowerBound, end: field.span.upperBound)
      return SyntaxNode(.scalar(text, .quoted), span)
    }
    let content = bytes[field.range].trimmingBlanks()
    let span = SourceSpan(file: file, start: content.startIndex, end: content.endIndex)
    return SyntaxNode(.scalar(String(decoding: content, as: UTF8.self), .quoted), span)
  }

  /// A column that the template asks for and the file lacks is the policy's mistake; everything else
  /// is the file's.
  private func problem(
    _ problem: CSVProblem, _ names: [String], in file: SourceFileID
  ) -> Diagnostic {
    let span = SourceSpan(
      file: file, start: problem.range.lowerBound, end: problem.range.upperBound)
    guard case .missingColumn(let name, let nearest, _) = problem.kind else {
      return problem.diagnostic(names, in: file)
    }
    let header = Diagnostic.Label(span, "the header row")
    let index = columns.firstIndex { $0.value == name }
    if let index, columns[index].span == template.parameters[index].span {
      let help =
        nearest.map {
          "write `columns: { \(name): \(scalarText($0)) }` in `for-each`, if that is it"
        }
        ?? problem.help ?? "say in `columns` what the file calls it"
      return Diagnostic(
        .templateParameter, .error,
        "every parameter has a column: the header row has no `\(name)`",
        at: declaration.rowsSpan,
        secondary: [.init(template.parameters[index].span, "the parameter"), header],
        help: [.init(help)])
    }
    let column =
      index.map { columns[$0] }
      ?? declaration.conditions.first { $0.column.value == name }?.column
    let place = column.map { $0.definition ?? $0.span }
    return Diagnostic(
      .badSelection, .error, problem.message, at: column?.span ?? declaration.rowsSpan,
      secondary: [header],
      help: [
        nearest.map {
          .init("did you mean `\($0)`?", replacing: place, with: scalarText($0))
        } ?? .init(problem.help ?? "name a column of the header row")
      ])
  }
}

extension String {
  /// Without the spaces and tabs around it.
  func trimmingBlanks() -> String {
    guard let first = utf8.first, let last = utf8.last, isBlank(first) || isBlank(last) else {
      return self
    }
    return String(decoding: Array(utf8)[...].trimmingBlanks(), as: UTF8.self)
  }
}

extension ArraySlice<UInt8> {
  /// Without the spaces and tabs around it.
  func trimmingBlanks() -> ArraySlice<UInt8> {
    var slice = self
    while let first = slice.first, isBlank(first) { slice.removeFirst() }
    while let last = slice.last, isBlank(last) { slice.removeLast() }
    return slice
  }
}
