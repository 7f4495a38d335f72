import Diagnostics
import NetworkTypes

/// Rows of a JSON file, read byte by byte as those of CSV are.
extension RowReading {
  /// Why a row gives no value to a parameter.
  private struct Gap {
    var parameter: Int
    var row: JSONRowReader.Record
    /// The `null` that stands there; nil for no such key.
    var null: Range<Int>?
  }

  /// Takes the objects of a JSON array; spaces around a condition's value do not count.
  mutating func takeJSON(_ file: SourceFileID, _ source: SourceFile) {
    let bytes = source.bytes
    let columns = self.columns
    let values = wanted.map { Set($0.map { Array($0.utf8) }) }
    var rows: [InstanceRow] = []
    var seen = 0
    var gaps: [Gap] = []
    var gapCount = 0
    var problems: [JSONProblem] = []
    var problemCount = 0
    let summary = JSONRowReader.read(
      bytes.span,
      keys: columns.map(\.value) + declaration.conditions.map(\.column.value)
    ) { record, fields in
      seen += 1
      for (index, values) in values.enumerated() {
        guard let text = fields[columns.count + index].scalar(in: bytes),
          values.contains(Array(text.utf8))
        else { return }
      }
      var nodes: [SyntaxNode] = []
      var faults: [JSONProblem] = []
      for index in columns.indices {
        let field = fields[index]
        if field.kind == .absent || field.kind == .null {
          gapCount += 1
          if gapCount <= Self.problemLimit {
            gaps.append(
              Gap(
                parameter: index, row: record, null: field.kind == .null ? field.range : nil))
          }
          return
        }
        nodes.append(field.node(in: bytes, file, record.row, &faults))
      }
      // One fault of a row is enough to find it.
      if let fault = faults.first {
        problemCount += 1
        if problemCount <= JSONRowReader.problemLimit { problems.append(fault) }
        return
      }
      rows.append(
        InstanceRow(
          values: nodes,
          span: SourceSpan(
            file: file, start: record.range.lowerBound, end: record.range.upperBound)))
    }
    take(rows, seen: seen)
    problemCount += summary.problemCount
    problems = (summary.problems + problems).sorted { $0.range.lowerBound < $1.range.lowerBound }
    let shown = problems.prefix(JSONRowReader.problemLimit)
    for problem in shown { add(problem.diagnostic(in: file)) }
    if problemCount > shown.count, let last = shown.last {
      add(unshown(problemCount, last.range, file))
    }
    for gap in gaps {
      let place = gap.null ?? gap.row.range
      reportMissing(
        gap.parameter,
        in: SourceSpan(file: file, start: place.lowerBound, end: place.upperBound),
        keys: summary.keys, row: gap.row.row)
    }
    countFaults(gapCount - gaps.count)
  }
}

extension JSONField {
  /// The text of a scalar without the spaces around it; nil of anything else.
  fileprivate func scalar(in bytes: [UInt8]) -> String? {
    switch kind {
    case .text, .escapedText, .literal: text(in: bytes.span).trimmingBlanks()
    case .null, .nested, .absent: nil
    }
  }

  /// A value as part of a policy's tree; null and keys that stand twice are problems.
  ///
  /// Recursion is bounded by the reader's limit of nesting.
  fileprivate func node(
    in bytes: [UInt8], _ file: SourceFileID, _ row: Int, _ problems: inout [JSONProblem]
  ) -> SyntaxNode {
    // The quotes stay where a help is pasted over a text; over one with escapes none is.
    let place = kind == .text ? range : span
    let span = SourceSpan(file: file, start: place.lowerBound, end: place.upperBound)
    switch kind {
    case .text, .escapedText: return SyntaxNode(.scalar(text(in: bytes.span), .quoted), span)
    case .literal: return SyntaxNode(.scalar(text(in: bytes.span), .plain), span)
    case .null, .absent:
      problems.append(JSONProblem(kind: .nullValue, range: range, row: row))
      return SyntaxNode(.unusable, span)
    case .nested: break
    }
    guard let members = members(in: bytes.span) else {
      return SyntaxNode(
        .sequence(
          elements(in: bytes.span).map { $0.node(in: bytes, file, row, &problems) }), span)
    }
    var known: Set<String> = []
    var pairs: [SyntaxPair] = []
    for (key, value) in members {
      let node = key.node(in: bytes, file, row, &problems)
      guard known.insert(node.text ?? "").inserted else {
        problems.append(
          JSONProblem(kind: .duplicateKey(node.text ?? ""), range: key.span, row: row))
        continue
      }
      pairs.append(SyntaxPair(key: node, value: value.node(in: bytes, file, row, &problems)))
    }
    return SyntaxNode(.mapping(pairs), span)
  }
}
