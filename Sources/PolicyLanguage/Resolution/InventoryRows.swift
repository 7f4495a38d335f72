import Diagnostics
import NetworkTypes

/// What stands in one column of one row, of a file of any format.
struct InventoryCell {
  enum State {
    case text
    /// No value under the key.
    case null
    /// No such column or key.
    case absent
    /// A list or a map.
    case nested
    /// What has been reported already.
    case unusable
  }

  var state: State
  /// What a diagnostic points at.
  var span: Range<Int>
  /// The text as it stands in the file, quotes apart.
  var content: Range<Int>
  /// The text itself, where that is something else.
  var decoded: [UInt8]?

  static let absent = InventoryCell(state: .absent, span: 0..<0, content: 0..<0)
}

/// The rows of one inventory while they are read: chosen, checked, and made subnets.
///
/// Spaces around a text do not count.
struct InventoryRows {
  /// Why a row cannot be read.
  enum Fault {
    case address(AddressParseError)
    case notAPrefix
    /// IPv6 addresses that stand for these of IPv4.
    case mapped(AddressSpec)
    case missing(InventoryFile.Column)
    case nested(InventoryFile.Column)
    case text(InventoryFile.Column, InventoryText.Problem)
    case word(String)
    case date
    case lateDate

    var column: InventoryFile.Column {
      switch self {
      case .address, .notAPrefix, .mapped: .prefix
      case .missing(let column), .nested(let column), .text(let column, _): column
      case .word: .smtp
      case .date, .lateDate: .expires
      }
    }
  }

  struct Problem {
    var fault: Fault
    var span: Range<Int>
    /// From 1, a header row apart.
    var row: Int
  }

  let file: SourceFileID
  let bytes: [UInt8]
  private(set) var subnets: [Subnet] = []
  /// The first ones, in the order of the file.
  private(set) var problems: [Problem] = []
  private(set) var problemCount = 0
  private(set) var firstOmitted: Range<Int>?
  /// Rows that were seen, chosen or not.
  private(set) var rowCount = 0
  private(set) var firstRow: Range<Int>?
  /// The one that is being taken.
  private var row = 0
  /// Which columns some row has had, by their place in `columns`.
  private(set) var seen: [Bool]
  /// Columns of what rows say, then those of the conditions; the names that the file gives them.
  let columns: [String]

  private let wanted: [[[UInt8]]]
  private let words: [(text: [UInt8], answer: SubnetAnswer)]
  private var dates: [String: Timestamp] = [:]

  static let logical = InventoryFile.Column.allCases

  init(of inventory: InventoryFile, file: SourceFileID, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
    columns =
      Self.logical.map { inventory.columns[$0]?.value ?? $0.rawValue }
      + inventory.conditions.map(\.column.value)
    seen = [Bool](repeating: false, count: columns.count)
    wanted = inventory.conditions.map { condition in
      condition.values.map { Array($0.value.utf8)[...].withoutBlanks.map { $0 } }
    }
    // An export's own words come first: it may use ours for something else.
    words =
      inventory.words.map { (Array($0.text.value.utf8)[...].withoutBlanks.map { $0 }, $0.answer) }
      + SubnetAnswer.allCases.map { (Array($0.rawValue.utf8), $0) }
  }

  /// Takes a row: `cell` says what stands in the column of a place.
  ///
  /// - Parameter row: which one of the file it is, from 1, those that cannot be read included.
  mutating func add(_ row: Int, _ span: Range<Int>, _ cell: (Int) -> InventoryCell) {
    rowCount += 1
    self.row = row
    if firstRow == nil { firstRow = span }
    for place in columns.indices where !seen[place] {
      if cell(place).state != .absent { seen[place] = true }
    }
    for (index, values) in wanted.enumerated() {
      let cell = cell(Self.logical.count + index)
      let text = text(of: cell)
      if cell.state == .nested || !values.contains(where: { $0.elementsEqual(text) }) { return }
    }
    let problemsBefore = problemCount
    let prefix = prefix(cell(0), span)
    let name = text(cell(1), .name, span)
    let answer = answer(cell(2), span)
    let owner = text(cell(3), .owner, span)
    let ticket = text(cell(4), .ticket, span)
    let end = cell(5)
    let expires = date(end)
    guard problemCount == problemsBefore, let prefix, let name, let answer else { return }
    var subnet = Subnet(
      prefix: prefix, name: name, answer: answer, span: place(span))
    subnet.row = UInt32(clamping: row)
    subnet.owner = owner
    subnet.ticket = ticket
    subnet.expires = expires
    if expires != nil { subnet.expiresSpan = place(end.span) }
    subnets.append(subnet)
  }

  private func place(_ range: Range<Int>) -> SourceSpan {
    SourceSpan(file: file, start: range.lowerBound, end: range.upperBound)
  }

  private mutating func fail(_ fault: Fault, _ span: Range<Int>) {
    problemCount += 1
    if problems.count < PrefixListReader.problemLimit {
      problems.append(Problem(fault: fault, span: span, row: row))
    } else if firstOmitted == nil {
      firstOmitted = span
    }
  }

  private func text(of cell: InventoryCell) -> ArraySlice<UInt8> {
    cell.decoded.map { $0[...].withoutBlanks } ?? bytes[cell.content].withoutBlanks
  }

  /// Whether a cell holds something; where it must and does not, that is a problem.
  private mutating func holds(
    _ cell: InventoryCell, _ column: InventoryFile.Column, _ row: Range<Int>
  ) -> Bool {
    switch cell.state {
    case .text:
      if column == .smtp || !text(of: cell).isEmpty { return true }
      if column.isRequired { fail(.missing(column), cell.span) }
      return false
    case .null:
      if column.isRequired { fail(.missing(column), cell.span) }
      return false
    case .absent:
      if column.isRequired { fail(.missing(column), row) }
      return false
    case .nested:
      fail(.nested(column), cell.span)
      return false
    case .unusable: return false
    }
  }

  private mutating func prefix(_ cell: InventoryCell, _ row: Range<Int>) -> IPPrefix? {
    guard holds(cell, .prefix, row) else { return nil }
    let text = text(of: cell)
    do throws(AddressParseError) {
      let literal: AddressSpec
      if cell.decoded == nil {
        literal = try parseAddressLiteral(bytes.span, in: text.indices)
      } else {
        literal = try parseAddressLiteral(Array(text).span)
      }
      if let mapped = literal.mappedIPv4 {
        fail(.mapped(mapped), place(of: cell))
      } else if let prefix = IPPrefix(literal) {
        return prefix
      } else {
        fail(.notAPrefix, cell.span)
      }
    } catch {
      fail(.address(error), place(of: cell))
    }
    return nil
  }

  private mutating func text(
    _ cell: InventoryCell, _ column: InventoryFile.Column, _ row: Range<Int>
  ) -> String? {
    guard holds(cell, column, row) else { return nil }
    let text = String(decoding: text(of: cell), as: UTF8.self)
    let isUTF8 = String(validating: bytes[cell.content], as: UTF8.self) != nil
    if let problem = InventoryText.problem(of: text, isUTF8: isUTF8) {
      fail(.text(column, problem), cell.span)
      return nil
    }
    return text
  }

  private mutating func answer(_ cell: InventoryCell, _ row: Range<Int>) -> SubnetAnswer? {
    if cell.state == .nested {
      fail(.nested(.smtp), cell.span)
      return nil
    }
    if cell.state == .unusable { return nil }
    // A key without a value is an empty cell, which `values` may give a meaning.
    let text = cell.state == .text ? text(of: cell) : []
    if let word = words.first(where: { $0.text.elementsEqual(text) }) { return word.answer }
    if cell.state == .absent {
      fail(.missing(.smtp), row)
    } else {
      fail(
        .word(String(decoding: text, as: UTF8.self)), text.isEmpty ? cell.span : place(of: cell))
    }
    return nil
  }

  /// The text of a cell in its file, quotes apart: what a help can be pasted over.
  private func place(of cell: InventoryCell) -> Range<Int> {
    let text = bytes[cell.content].withoutBlanks
    return cell.decoded == nil ? text.startIndex..<text.endIndex : cell.content
  }

  private mutating func date(_ cell: InventoryCell) -> Timestamp? {
    guard holds(cell, .expires, cell.span) else { return nil }
    let text = String(decoding: text(of: cell), as: UTF8.self)
    if let known = dates[text] { return known }
    guard let date = Timestamp(parsing: text) else {
      fail(.date, cell.span)
      return nil
    }
    if date > .latest {
      fail(.lateDate, cell.span)
      return nil
    }
    dates[text] = date
    return date
  }
}

extension ArraySlice<UInt8> {
  /// Without the spaces and tabs around it.
  var withoutBlanks: ArraySlice<UInt8> {
    var slice = self
    while let first = slice.first, isBlank(first) { slice.removeFirst() }
    while let last = slice.last, isBlank(last) { slice.removeLast() }
    return slice
  }
}
