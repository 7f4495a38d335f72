import Diagnostics
import NetworkTypes

/// The formats of inventories, each read into the same rows.
extension Resolver {
  /// Reads all rows of a file; nil after a diagnostic about the file as a whole.
  mutating func readRows(of inventory: InventoryFile, _ file: SourceFileID) -> InventoryRows? {
    switch inventory.format {
    case .csv(let delimiter, let comment):
      return readCSV(inventory, file, CSVReader(delimiter: delimiter, comment: comment))
    case .json: return readJSON(inventory, file)
    case .yaml: return readYAML(inventory, file)
    }
  }

  private mutating func readCSV(
    _ inventory: InventoryFile, _ file: SourceFileID, _ reader: CSVReader?
  ) -> InventoryRows? {
    let bytes = sources[file].bytes
    var rows = InventoryRows(of: inventory, file: file, bytes: bytes)
    let columns = rows.columns.enumerated().map { place, name in
      CSVColumn(
        name, isRequired: isRequired(place, of: inventory),
        holdsAddresses: place == InventoryRows.logical.firstIndex(of: .prefix))
    }
    let summary = (reader ?? CSVReader()).readRecords(bytes.span, columns: columns) {
      record, fields in
      rows.add(record.row, record.range) { place in
        let field = fields[place]
        if field.isAbsent { return .absent }
        return InventoryCell(
          state: .text, span: field.span, content: field.range,
          decoded: field.hasDoubledQuotes ? Array(field.text(in: bytes.span).utf8) : nil)
      }
    }
    for problem in summary.problems {
      let range = problem.range
      if case .missingColumn(let name, let nearest, let known) = problem.kind {
        reportMissingColumn(
          name, nearest: nearest, known: known, inventory,
          Diagnostic.Label(span(range, file), "the header row"))
      } else {
        report(problem.diagnostic(summary.header, in: file))
      }
    }
    reportRest(
      of: summary.problemCount, shown: summary.problems.count, kind: "rows",
      summary.problems.last?.range, file)
    return finished(rows, inventory, isWhole: summary.problemCount == 0)
  }

  private mutating func readJSON(
    _ inventory: InventoryFile, _ file: SourceFileID
  ) -> InventoryRows? {
    let bytes = sources[file].bytes
    var rows = InventoryRows(of: inventory, file: file, bytes: bytes)
    let summary = JSONRowReader.read(bytes.span, keys: rows.columns) {
      record, fields in
      rows.add(record.row, record.range) { place in
        let field = fields[place]
        switch field.kind {
        case .absent: return .absent
        case .null: return InventoryCell(state: .null, span: field.span, content: field.range)
        case .nested:
          return InventoryCell(state: .nested, span: field.span, content: field.range)
        case .text, .literal:
          return InventoryCell(state: .text, span: field.span, content: field.range)
        case .escapedText:
          return InventoryCell(
            state: .text, span: field.span, content: field.range,
            decoded: Array(field.text(in: bytes.span).utf8))
        }
      }
    }
    for problem in summary.problems { report(problem.diagnostic(in: file)) }
    reportRest(
      of: summary.problemCount, shown: summary.problems.count, kind: "rows",
      summary.problems.last?.range, file)
    return finished(rows, inventory, isWhole: summary.problemCount == 0, keys: summary.keys)
  }

  private mutating func readYAML(
    _ inventory: InventoryFile, _ file: SourceFileID
  ) -> InventoryRows? {
    let parsed = SyntaxParser.parse(sources[file], id: file)
    let places = parsed.value.map { Self.rowPlaces(of: $0) } ?? []
    for var diagnostic in parsed.diagnostics {
      diagnostic.message += inRow(
        diagnostic.primary.flatMap { Self.row(at: Int($0.span.start), of: places) })
      // What a policy is told does not help an inventory.
      if diagnostic.code == .emptyFile {
        diagnostic.message = "a YAML inventory is a list of maps: this file is empty"
        diagnostic.help = [Diagnostic.Help("write `[]` where there are no rows")]
      } else if diagnostic.code == .fileTooLarge {
        diagnostic.message = "a YAML inventory has at most 16 MiB"
        diagnostic.help = [Diagnostic.Help("write it as CSV or JSON, which have no limit")]
      }
      report(diagnostic)
    }
    guard let node = parsed.value else { return nil }
    var isWhole = !parsed.hasErrors
    guard case .sequence(let items) = node.content else {
      if !node.isUnusable {
        report(
          Diagnostic(
            .badListEntry, .error, "a YAML inventory is a list of maps", at: node.span,
            help: [
              Diagnostic.Help("begin each row with `- `, as in `- { prefix: 198.51.100.0/28, … }`")
            ]))
      }
      return nil
    }
    var rows = InventoryRows(of: inventory, file: file, bytes: sources[file].bytes)
    let columns = rows.columns
    var keys: [String] = []
    for (index, item) in items.enumerated() {
      guard case .mapping(let pairs) = item.content else {
        if !item.isUnusable {
          isWhole = false
          report(
            Diagnostic(
              .badListEntry, .error, "a row of a YAML inventory is a map" + inRow(index + 1),
              at: item.span))
        }
        continue
      }
      if keys.isEmpty { keys = pairs.prefix(32).map(\.name) }
      rows.add(index + 1, item.span.range) { place in
        guard let value = pairs.first(where: { $0.name == columns[place] })?.value else {
          // A key that has been reported may have been meant for this one.
          return item.hasUnusableKeys
            ? InventoryCell(
              state: .unusable, span: item.span.range, content: item.span.range)
            : .absent
        }
        switch value.content {
        case .scalar(let text, _):
          return InventoryCell(
            state: .text, span: value.span.range, content: value.span.range,
            decoded: Array(text.utf8))
        case .sequence, .mapping:
          return InventoryCell(
            state: .nested, span: value.span.range, content: value.span.range)
        case .unusable:
          return InventoryCell(
            state: .unusable, span: value.span.range, content: value.span.range)
        }
      }
    }
    return finished(rows, inventory, isWhole: isWhole, keys: keys)
  }

  /// Where the items of a list stand, in the order of the text.
  private static func rowPlaces(of node: SyntaxNode) -> [Range<Int>] {
    guard case .sequence(let items) = node.content else { return [] }
    return items.map(\.span.range)
  }

  /// Which row, from 1, stands at an offset; nil for none.
  private static func row(at offset: Int, of places: [Range<Int>]) -> Int? {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low < places.count && places[low].contains(offset) ? low + 1 : nil
  }

  // MARK: What is missing

  private func isRequired(_ place: Int, of inventory: InventoryFile) -> Bool {
    guard place < InventoryRows.logical.count else { return true }
    let column = InventoryRows.logical[place]
    return column.isRequired || inventory.columns[column] != nil
  }

  /// The rows, once everything is said about those that cannot be read; nil where there are any.
  ///
  /// - Parameter keys: of the first row; nil where a header has named them.
  private mutating func finished(
    _ rows: InventoryRows, _ inventory: InventoryFile, isWhole: Bool, keys: [String]? = nil
  ) -> InventoryRows? {
    var unnamed: Set<String> = []
    if let keys, let first = rows.firstRow {
      for (place, name) in rows.columns.enumerated()
      where !rows.seen[place] && isRequired(place, of: inventory) {
        unnamed.insert(
          place < InventoryRows.logical.count
            ? InventoryRows.logical[place].rawValue : "")
        reportMissingColumn(
          name, nearest: nearestName(to: name, in: keys), known: keys, inventory,
          Diagnostic.Label(span(first, rows.file), "the first row"))
      }
    }
    var hidden = 0
    for problem in rows.problems {
      if case .missing(let column) = problem.fault, unnamed.contains(column.rawValue) {
        hidden += 1
        continue
      }
      report(diagnostic(of: problem, inventory, rows))
    }
    if hidden == 0 {
      reportRest(
        of: rows.problemCount, shown: rows.problems.count, kind: "rows", rows.firstOmitted,
        rows.file)
    }
    return isWhole && rows.problemCount == 0 && unnamed.isEmpty ? rows : nil
  }

  private func span(_ range: Range<Int>, _ file: SourceFileID) -> SourceSpan {
    SourceSpan(file: file, start: range.lowerBound, end: range.upperBound)
  }

  /// A missing column is the policy's mistake: it is said where the policy names it, or the file.
  private mutating func reportMissingColumn(
    _ name: String, nearest: String?, known: [String], _ inventory: InventoryFile,
    _ place: Diagnostic.Label
  ) {
    let column = InventoryRows.logical.first {
      (inventory.columns[$0]?.value ?? $0.rawValue) == name
    }
    let declared =
      column.flatMap { inventory.columns[$0] }
      ?? inventory.conditions.first { $0.column.value == name }?.column
    let all = "its columns are " + known.map { "`\($0)`" }.joined(separator: ", ")
    let help: [Diagnostic.Help]
    if let declared {
      help = [
        nearest.map { self.help("did you mean `\($0)`?", writing: scalarText($0), over: declared) }
          ?? Diagnostic.Help(all)
      ]
    } else {
      let meant = nearest.map(scalarText) ?? "NAME"
      help = [
        Diagnostic.Help(
          "say which column it is: `{ file: \(inventory.path.value), "
            + "columns: { \(name): \(meant) } }`"),
        Diagnostic.Help(all),
      ]
    }
    report(
      Diagnostic(
        .badSelection, .error, "an inventory has a column `\(name)`: this one has none",
        at: declared?.span ?? inventory.path.span, secondary: [place], help: help))
  }
}
