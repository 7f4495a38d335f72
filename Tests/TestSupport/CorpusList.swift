import NetworkTypes

/// Any bytes read as a prefix list and as CSV, and what the readers promised and did not keep.
package struct CorpusList {
  /// Empty where every promise was kept.
  package private(set) var brokenPromises: [String] = []

  /// The columns that are asked for, the second of them optional.
  private static let columns = [
    CSVColumn("prefix", holdsAddresses: true), CSVColumn("pool", isRequired: false),
  ]

  package init(_ bytes: [UInt8]) {
    checkList(bytes)
    checkRows(bytes, CSVReader())
    if let reader = CSVReader(delimiter: UInt8(ascii: ";"), comment: UInt8(ascii: "#")) {
      checkRows(bytes, reader)
    }
  }

  private mutating func expect(_ isKept: Bool, _ promise: @autoclosure () -> String) {
    if !isKept { brokenPromises.append(promise()) }
  }

  private mutating func checkList(_ bytes: [UInt8]) {
    let list = PrefixListReader.read(bytes.span)
    expect(
      list.problems.count == min(list.problemCount, PrefixListReader.problemLimit),
      "the first problems are described, all are counted")
    expect(
      (list.firstOmitted != nil) == (list.problemCount > PrefixListReader.problemLimit),
      "the first problem that is only counted has its place")
    for problem in list.problems {
      expect(
        problem.line >= 1 && !problem.range.isEmpty && problem.range.upperBound <= bytes.count,
        "a problem lies in its file: \(problem)")
      expect(
        !problem.error.message.isEmpty && problem.error.help?.isEmpty != true,
        "a problem says something: \(problem)")
    }
    if list.addresses.isEmpty || list.addresses.isAny { return }
    let printed = list.addresses.description.split(separator: ", ").joined(separator: "\n")
    let again = PrefixListReader.read(Array(printed.utf8).span)
    expect(
      again.problemCount == 0 && again.addresses == list.addresses,
      "a set prints as a list that reads as the same set: \(printed)")
  }

  private mutating func checkRows(_ bytes: [UInt8], _ reader: CSVReader) {
    let (rows, summary) = rows(of: bytes, reader)
    expect(
      summary.problems.count == min(summary.problemCount, CSVReader.problemLimit),
      "the first problems of rows are described, all are counted")
    expect(summary.rowCount == rows.count, "every good row is handed on and counted")
    for problem in summary.problems {
      expect(
        problem.line >= 1 && problem.range.upperBound <= bytes.count,
        "a row's problem lies in its file: \(problem)")
      expect(
        !problem.message.isEmpty && problem.help?.isEmpty != true,
        "a row's problem says something: \(problem)")
    }
    if rows.isEmpty { return }
    var printed = "prefix,pool\n"
    for row in rows {
      printed += row.map { "\"\(doubled($0))\"" }.joined(separator: ",") + "\n"
    }
    let again = self.rows(of: Array(printed.utf8), CSVReader())
    expect(
      again.summary.problemCount == 0 && again.rows == rows,
      "rows print as CSV that reads as the same rows: \(printed)")
  }

  /// Every quote twice, also one that is half of a character: a mark may follow it.
  private func doubled(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(scalar)
      if scalar == "\"" { result.append(scalar) }
    }
    return String(result)
  }

  /// The texts of the columns, row by row; a field that lies outside of the bytes would trap here.
  private mutating func rows(of bytes: [UInt8], _ reader: CSVReader) -> (
    rows: [[String]], summary: CSVReader.Summary
  ) {
    var rows: [[String]] = []
    var lines: [Int] = []
    let summary = reader.read(bytes.span, columns: Self.columns) { line, fields in
      var texts: [String] = []
      for index in fields.indices { texts.append(fields[index].text(in: bytes.span)) }
      rows.append(texts)
      lines.append(line)
    }
    expect(
      zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 } && lines.first.map { $0 > 1 } != false,
      "rows come in the order of their lines, behind the header")
    expect(rows.allSatisfy { $0.count == Self.columns.count }, "a row has a field for each column")
    return (rows, summary)
  }
}
