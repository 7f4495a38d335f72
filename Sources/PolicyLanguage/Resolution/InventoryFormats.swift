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
      CSVColumn(name, isRequired: isRequired(place, of: inventory))
    }
    let summary = (reader ?? CSVReader()).readRecords(bytes.span, columns: columns) {
      record, fields in
      rows.add(record.range) { place in
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
        report(
          Diagnostic(
            .badListEntry, .error, problem.message, at: span(range, file),
            help: problem.help.map { [Diagnostic.Help($0)] } ?? []))
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
    let summary = JSONRowReader.read(bytes.span, keys: rows.columns) { range, fields in
      rows.add(range) { place in
        let field = fields[place]
        switch field.kind {
        case .absent, .null: return .absent
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
    for problem in summary.problems {
      report(
        Diagnostic(
          .badListEntry, .error, problem.message, at: span(problem.range, file),
          help: problem.help.map { [Diagnostic.Help($0)] } ?? []))
    }
    reportRest(
      of: summary.problemCount, shown: summary.problems.count, kind: "rows",
      summary.problems.last?.range, file)
    return finished(rows, inventory, isWhole: summary.problemCount == 0, keys: summary.keys)
  }

  private mutating func readYAML(
    _ inventory: InventoryFile, _ file: SourceFileID
  ) -> InventoryRows? {
    let parsed = SyntaxParser.parse(sources[file], id: file)
    for var diagnostic in parsed.diagnostics {
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
    for item in items {
      guard case .mapping(let pairs) = item.content else {
        if !item.isUnusable {
          isWhole = false
          report(
            Diagnostic(
              .badListEntry, .error, "a row of a YAML inventory is a map", at: item.span))
        }
        continue
      }
      if keys.isEmpty { keys = pairs.prefix(32).map(\.name) }
      rows.add(item.span.range) { place in
        guard let value = pairs.first(where: { $0.name == columns[place] })?.value else {
          return .absent
        }
        switch value.content {
        case .scalar(let text, _):
          return InventoryCell(
            state: .text, span: value.span.range, content: value.span.range,
            decoded: Array(text.utf8))
        case .sequence, .mapping:
          return InventoryCell(
            state: .nested, span: value.span.range, content: value.span.range)
        case .unusable: return .absent
        }
      }
    }
    return finished(rows, inventory, isWhole: isWhole, keys: keys)
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
      report(diagnostic(of: problem, inventory, rows.file))
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
        nearest.map { self.help("did you mean `\($0)`?", writing: $0, over: declared) }
          ?? Diagnostic.Help(all)
      ]
    } else {
      let meant = nearest ?? "NAME"
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

  // MARK: What cannot be read

  private func diagnostic(
    of problem: InventoryRows.Problem, _ inventory: InventoryFile, _ file: SourceFileID
  ) -> Diagnostic {
    let span = span(problem.span, file)
    func said(_ message: String, _ help: String...) -> Diagnostic {
      Diagnostic(
        .badListEntry, .error, message, at: span, help: help.map { Diagnostic.Help($0) })
    }
    switch problem.fault {
    case .address(let error):
      var diagnostic = addressDiagnostic(error, Located(sources.text(of: span), span))
      diagnostic.code = .badListEntry
      return diagnostic
    case .notAPrefix:
      return said(
        "a row of an inventory holds one prefix, not a range", "write a row for each prefix")
    case .missing(let column):
      return said(
        "a row of an inventory has a `\(column.rawValue)`",
        column == .smtp
          ? "fill it, or say what an empty one means: `values: { \"\": relays-only }`" : "fill it")
    case .nested(let column):
      return said("`\(column)` of an inventory is a text or a number")
    case .text(let column, let what):
      return said(
        "`\(column.rawValue)` of an inventory \(what)",
        what == "is UTF-8" ? "save the file as UTF-8" : "shorten or correct it")
    case .word(let word):
      let answers = SubnetAnswer.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      if word.isEmpty {
        return said(
          "`smtp` of an inventory is one of \(answers)",
          "say what an empty one means: `values: { \"\": relays-only }`")
      }
      var diagnostic = said("`smtp` of an inventory is one of \(answers)")
      let own = inventory.words.map(\.text.value) + SubnetAnswer.allCases.map(\.rawValue)
      if let near = nearestName(to: word, in: own) {
        diagnostic.help.append(
          Diagnostic.Help("did you mean `\(near)`?", replacing: span, with: near))
      }
      diagnostic.help.append(
        Diagnostic.Help(
          "or say what the file's word means: `values: { \(shownKey(word)): blocked }`"))
      return diagnostic
    case .date:
      return said(
        "`expires` of an inventory is a day of the calendar or an RFC 3339 time",
        "write `2027-06-30` (00:00 UTC) or `2027-06-30T18:00:00+02:00`")
    case .lateDate:
      return said(
        "`expires` of an inventory is a time before the year 2554",
        "leave it empty: what has no end does not expire")
    }
  }

  /// A word as a key of YAML.
  private func shownKey(_ word: String) -> String {
    Identifier.isValid(word) ? word : quoted(word)
  }
}
