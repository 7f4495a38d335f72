/// A column that a reader of CSV asks for.
package struct CSVColumn: Hashable, Sendable {
  /// Exactly as in the header row.
  package var name: String
  /// Whether a file without it is wrong.
  package var isRequired: Bool
  /// Whether its fields are addresses and prefixes, by which rows are known inside of a quote that was
  /// never closed; for one column.
  package var holdsAddresses: Bool

  package init(_ name: String, isRequired: Bool = true, holdsAddresses: Bool = false) {
    self.name = name
    self.isRequired = isRequired
    self.holdsAddresses = holdsAddresses
  }
}

/// Where a field lies in the bytes of its file.
package struct CSVField: Hashable, Sendable {
  /// Its content, without the quotes around it: half-open, byte offsets.
  package var range: Range<Int>
  package var isQuoted: Bool
  /// Whether the content has `""` that stand for `"`.
  package var hasDoubledQuotes: Bool
  /// Whether the file has no such column; the range is empty then.
  package var isAbsent: Bool

  package static let absent = CSVField(
    range: 0..<0, isQuoted: false, hasDoubledQuotes: false, isAbsent: true)

  /// All of it, its quotes included: what a diagnostic points at.
  package var span: Range<Int> {
    isQuoted ? (range.lowerBound - 1)..<(range.upperBound + 1) : range
  }

  /// Its content as text; bytes that are not UTF-8 become U+FFFD.
  package func text(in bytes: Span<UInt8>) -> String {
    var content: [UInt8] = []
    content.reserveCapacity(range.count)
    var cursor = range.lowerBound
    while cursor < range.upperBound {
      content.append(bytes[cursor])
      cursor += hasDoubledQuotes && bytes[cursor] == Ascii.quote ? 2 : 1
    }
    return String(decoding: content, as: UTF8.self)
  }
}

/// A part of a CSV file that could not be read.
package struct CSVProblem: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Not even a header row.
    case noHeader
    case tooManyColumns(maximum: Int)
    /// With the column of the header that may be meant, and all of them, at most 32.
    case missingColumn(String, nearest: String?, known: [String])
    case duplicateColumn(String)
    /// A header that lacks a column, and whose row does not end where a CR stands alone.
    case bareCarriageReturn
    /// With the line of the quote that would close it, behind rows or before text; nil for none.
    case unterminatedQuote(until: Int?)
    case textAfterQuote
    case quoteInField
    case wrongFieldCount(expected: Int, found: Int)
    case nul
  }

  package var kind: Kind
  /// Where `range` begins; from 1.
  package var line: Int
  /// Half-open, byte offsets; of a row that ends too soon, its end.
  package var range: Range<Int>
  /// Which row it is in: from 1, the header row apart; nil in that.
  package var row: Int?

  package init(kind: Kind, line: Int, range: Range<Int>, row: Int? = nil) {
    self.kind = kind
    self.line = line
    self.range = range
    self.row = row
  }
}

extension CSVProblem {
  /// The rule that is broken: lower case, no final period.
  package var message: String {
    switch kind {
    case .noHeader: "a CSV file begins with a header row"
    case .tooManyColumns(let maximum): "a CSV file has at most \(maximum) columns"
    case .missingColumn(let name, _, _): "the header row has no column `\(name)`"
    case .duplicateColumn(let name): "the header row names column `\(name)` twice"
    case .bareCarriageReturn: "a row of a CSV file ends with LF or CRLF: this one with CR alone"
    case .unterminatedQuote(until: nil): "a quoted field ends with a quote"
    case .unterminatedQuote(until: let line?):
      "a quoted field ends with a quote: the next one is on line \(line) and closes nothing"
    case .textAfterQuote: "a quoted field is followed by a delimiter or the end of the row"
    case .quoteInField: "a field that contains a quote is quoted"
    case .wrongFieldCount(let expected, let found):
      "a row has as many fields as the header: \(expected), not \(found)"
    case .nul: "a CSV file contains no NUL bytes"
    }
  }

  /// The change to make, where one is known.
  package var help: String? {
    switch kind {
    case .missingColumn(_, let nearest, let known):
      nearest.map { "did you mean `\($0)`?" }
        ?? "its columns are \(known.map { "`\($0)`" }.joined(separator: ", "))"
    case .textAfterQuote: "write a quote inside a quoted field as `\"\"`"
    case .quoteInField: "put the field in quotes and write `\"\"` for each quote inside"
    case .unterminatedQuote(until: nil):
      "close it before the delimiter, and write a quote that belongs to the field as `\"\"`"
    case .unterminatedQuote:
      "close it before the delimiter; a text that is meant to hold such lines is left out of the export"
    case .wrongFieldCount(let expected, let found):
      found > expected
        ? "quote a field that contains the delimiter"
        : "write an empty field for each that is missing; an export that was cut short ends like this"
    case .nul: "save the file as UTF-8"
    case .duplicateColumn: "rename one of them, or leave it out of the export"
    case .bareCarriageReturn: "export it with the line ends of Windows or Unix"
    case .noHeader, .tooManyColumns: nil
    }
  }
}
