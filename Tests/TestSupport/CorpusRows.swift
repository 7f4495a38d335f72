import NetworkTypes

/// Any bytes read as rows of JSON, and what the reader promised and did not keep.
package struct CorpusRows {
  /// Empty where every promise was kept.
  package private(set) var brokenPromises: [String] = []

  private static let keys = ["prefix", "name", "smtp"]

  /// What stands under a key, taken apart to its last text.
  private indirect enum Value: Equatable {
    case absent
    case null
    case text(String)
    case literal(String)
    case list([Value])
    case object([Member])
  }

  private struct Member: Equatable {
    var key: String
    var value: Value
  }

  package init(_ bytes: [UInt8]) {
    let (rows, summary) = rows(of: bytes)
    expect(
      summary.problems.count == min(summary.problemCount, JSONRowReader.problemLimit),
      "the first problems are described, all are counted")
    expect(summary.rowCount == rows.count, "every good row is handed on and counted")
    for problem in summary.problems {
      expect(
        problem.range.lowerBound >= 0 && problem.range.upperBound <= bytes.count,
        "a problem lies in its file: \(problem)")
      expect(
        !problem.message.isEmpty && problem.help?.isEmpty != true,
        "a problem says something: \(problem)")
      expect(problem.row.map { $0 >= 1 } ?? true, "rows are counted from 1: \(problem)")
    }
    let places = summary.problems.compactMap(\.row)
    expect(
      zip(places, places.dropFirst()).allSatisfy { $0 <= $1 },
      "problems come in the order of the rows")
    if rows.isEmpty { return }
    let printed = Self.printed(rows)
    let again = self.rows(of: Array(printed.utf8))
    expect(
      again.summary.problemCount == 0 && again.rows == rows,
      "rows print as JSON that reads as the same rows: \(printed)")
  }

  private mutating func expect(_ isKept: Bool, _ promise: @autoclosure () -> String) {
    if !isKept { brokenPromises.append(promise()) }
  }

  /// The values of the keys, row by row; a field that lies outside of the bytes would trap here.
  private mutating func rows(of bytes: [UInt8]) -> (
    rows: [[Value]], summary: JSONRowReader.Summary
  ) {
    var rows: [[Value]] = []
    var records: [JSONRowReader.Record] = []
    var isInside = true
    let summary = JSONRowReader.read(bytes.span, keys: Self.keys) { record, fields in
      records.append(record)
      var values: [Value] = []
      for index in fields.indices {
        let field = fields[index]
        if field.kind != .absent {
          isInside =
            isInside && record.range.contains(field.span.lowerBound)
            && field.span.upperBound < record.range.upperBound
        }
        values.append(Self.value(of: field, bytes))
      }
      rows.append(values)
    }
    expect(isInside, "what a row says stands in it")
    expect(
      records.allSatisfy {
        bytes[$0.range.lowerBound] == UInt8(ascii: "{")
          && bytes[$0.range.upperBound - 1] == UInt8(ascii: "}")
      }, "a row goes from brace to brace")
    expect(
      zip(records, records.dropFirst()).allSatisfy {
        $0.row < $1.row && $0.range.upperBound < $1.range.lowerBound
      }, "rows come in their order")
    return (rows, summary)
  }

  private static func value(of field: JSONField, _ bytes: [UInt8]) -> Value {
    switch field.kind {
    case .absent: return .absent
    case .null: return .null
    case .text, .escapedText: return .text(field.text(in: bytes.span))
    case .literal: return .literal(field.text(in: bytes.span))
    case .nested: break
    }
    if let members = field.members(in: bytes.span) {
      return .object(
        members.map { Member(key: $0.key.text(in: bytes.span), value: value(of: $0.value, bytes)) })
    }
    return .list(field.elements(in: bytes.span).map { value(of: $0, bytes) })
  }

  private static func printed(_ rows: [[Value]]) -> String {
    let objects = rows.map { row in
      let members = zip(keys, row).filter { $0.1 != .absent }
      return printed(.object(members.map { Member(key: $0.0, value: $0.1) }))
    }
    return "[\(objects.joined(separator: ", "))]"
  }

  private static func printed(_ value: Value) -> String {
    switch value {
    case .absent, .null: "null"
    case .text(let text): quoted(text)
    case .literal(let text): text
    case .list(let values): "[\(values.map { printed($0) }.joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\(quoted($0.key)): \(printed($0.value))" }.joined(separator: ","))}"
    }
  }

  /// Every second kind of escape, so that both are read.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if scalar.value < 0x20 || scalar.value > 0xffff {
          for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
          }
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
