/// Parses one literal: an address, a prefix `a/n`, or a range `a-b`, of either family.
///
/// Strict, over the whole text: four decimal octets without leading zeros for IPv4; RFC 4291 §2.2
/// for IPv6, without zone identifiers; RFC 4632 prefixes without host bits. Linear in the text.
package func parseAddressLiteral(_ bytes: Span<UInt8>) throws(AddressParseError) -> AddressSpec {
  try parseAddressLiteral(bytes, in: 0..<bytes.count)
}

/// Parses one literal: an address, a prefix `a/n`, or a range `a-b`, of either family.
package func parseAddressLiteral(_ text: some StringProtocol) throws(AddressParseError)
  -> AddressSpec
{
  try parseAddressLiteral(Array(text.utf8).span)
}

/// Parses the literal that `range` of the bytes is.
package func parseAddressLiteral(_ bytes: Span<UInt8>, in range: Range<Int>)
  throws(AddressParseError) -> AddressSpec
{
  if range.isEmpty { throw .emptyText }
  if AddressParser.isIPv6(bytes, range) {
    return .ipv6(try AddressParser.interval(bytes, range, AddressParser.ipv6))
  }
  return .ipv4(try AddressParser.interval(bytes, range, AddressParser.ipv4))
}

extension IPv4Address: LosslessStringConvertible {
  /// Four decimal octets without leading zeros, nothing else; nil otherwise.
  package init?(_ bytes: Span<UInt8>) {
    var cursor = 0
    guard
      let bits = try? AddressParser.ipv4(bytes, &cursor, bytes.count), cursor == bytes.count
    else { return nil }
    self.init(bits: bits)
  }

  package init?(_ text: String) { self.init(Array(text.utf8).span) }
}

extension IPv6Address: LosslessStringConvertible {
  /// Any form of RFC 4291 §2.2, without a zone identifier; nil otherwise.
  package init?(_ bytes: Span<UInt8>) {
    var cursor = 0
    guard
      let bits = try? AddressParser.ipv6(bytes, &cursor, bytes.count), cursor == bytes.count
    else { return nil }
    self.init(bits: bits)
  }

  package init?(_ text: String) { self.init(Array(text.utf8).span) }
}

/// The byte loops behind the functions above.
///
/// They read from a cursor to an end, both offsets into the span, and allocate only to describe an
/// error.
enum AddressParser {
  typealias Reader<Bound> = (Span<UInt8>, inout Int, Int) throws(AddressParseError) -> Bound

  /// Whether a colon follows only hexadecimal digits: no IPv4 literal begins like that.
  @inline(__always)
  static func isIPv6(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var cursor = range.lowerBound
    while cursor < range.upperBound, hexadecimalValue(bytes[cursor]) != nil { cursor += 1 }
    return cursor < range.upperBound && bytes[cursor] == Ascii.colon
  }

  /// An address, a prefix or a range, of the family that `read` reads.
  @inline(__always)
  static func interval<Bound: AddressBits>(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ read: Reader<Bound>
  ) throws(AddressParseError) -> IntervalSet<Bound>.Interval {
    let end = range.upperBound
    var cursor = range.lowerBound
    let first = try read(bytes, &cursor, end)
    if cursor == end { return IntervalSet.Interval(first, first) }
    let mark = bytes[cursor]
    cursor += 1
    if mark == Ascii.slash {
      let length = try prefixLength(bytes, &cursor, end, maximum: Bound.bitWidth)
      let prefix = Prefix(holding: first, length: length)
      guard prefix.base == first else {
        throw .hostBitsSet(network: prefix.description, host: first.addressDescription)
      }
      return prefix.interval
    }
    guard mark == Ascii.hyphen else {
      throw misread(bytes, range)
    }
    guard cursor < end else { throw .emptyPart }
    guard isIPv6(bytes, cursor..<end) == (Bound.family == .ipv6) else { throw .mixedFamilies }
    let last = try read(bytes, &cursor, end)
    guard cursor == end else {
      if bytes[cursor] == Ascii.slash { throw .prefixInRange }
      throw misread(bytes, range)
    }
    guard first <= last else {
      throw .reversedRange(lower: first.addressDescription, upper: last.addressDescription)
    }
    return IntervalSet.Interval(first, last)
  }

  /// Four decimal octets; leaves the cursor at the first byte after them.
  @inline(__always)
  static func ipv4(_ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int)
    throws(AddressParseError) -> UInt32
  {
    let start = cursor
    var bits: UInt32 = 0
    for index in 0..<4 {
      if index > 0 {
        guard cursor < end, bytes[cursor] == Ascii.dot else {
          throw shortIPv4(bytes, start, cursor, end, octets: index)
        }
        cursor += 1
      }
      let octetStart = cursor
      var value: UInt32 = 0
      while cursor < end, let digit = decimalValue(bytes[cursor]) {
        value = value &* 10 &+ UInt32(digit)
        cursor += 1
        // The fourth digit is one too many, whatever it is: the value cannot overflow.
        if cursor - octetStart > 3 { break }
      }
      let count = cursor - octetStart
      guard count > 0 else {
        throw misread(bytes, start..<end)
      }
      guard count == 1 || bytes[octetStart] != Ascii.zero else {
        throw .octalLookingOctet(digits(bytes, octetStart, end))
      }
      guard value <= 255, count <= 3 else {
        throw .octetOutOfRange(digits(bytes, octetStart, end))
      }
      bits = bits << 8 | value
    }
    if cursor < end, bytes[cursor] == Ascii.dot {
      throw shortIPv4(bytes, start, cursor, end, octets: 5)
    }
    return bits
  }

  /// Eight groups in any form of RFC 4291 §2.2; leaves the cursor at the first byte after them.
  @inline(__always)
  static func ipv6(_ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int)
    throws(AddressParseError) -> UInt128
  {
    let start = cursor
    var groups: UInt128 = 0
    var count = 0
    // How many groups stand before the `::`; -1 while there is none.
    var gap = -1
    if end - cursor >= 2, bytes[cursor] == Ascii.colon, bytes[cursor + 1] == Ascii.colon {
      gap = 0
      cursor += 2
    }
    while true {
      let groupStart = cursor
      var value: UInt32 = 0
      while cursor < end, let digit = hexadecimalValue(bytes[cursor]) {
        guard cursor - groupStart < 4 else {
          throw .groupTooLong(hexadecimalDigits(bytes, groupStart, end))
        }
        value = value << 4 | UInt32(digit)
        cursor += 1
      }
      if cursor == groupStart {
        // Only `::` may be followed by no group.
        guard gap == count else {
          throw misread(bytes, start..<end)
        }
        break
      }
      if cursor < end, bytes[cursor] == Ascii.dot {
        guard count <= 6 else { throw .wrongGroupCount(9) }
        cursor = groupStart
        let embedded = try ipv4(bytes, &cursor, end)
        groups = groups << 32 | UInt128(embedded)
        count += 2
        break
      }
      guard count < 8 else { throw .wrongGroupCount(9) }
      groups = groups << 16 | UInt128(value)
      count += 1
      guard cursor < end, bytes[cursor] == Ascii.colon else { break }
      cursor += 1
      if cursor < end, bytes[cursor] == Ascii.colon {
        guard gap < 0 else { throw .repeatedCompression }
        gap = count
        cursor += 1
      }
    }
    if cursor < end, bytes[cursor] == Ascii.percent { throw .zoneIdentifier }
    if gap < 0 {
      guard count == 8 else { throw wrongGroups(bytes, start, cursor, end, count) }
      return groups
    }
    // RFC 4291 §2.2: `::` stands for one group at least.
    guard count < 8 else { throw .wrongGroupCount(count) }
    let tailWidth = UInt128(16 * (count - gap))
    let head = groups >> tailWidth
    let tail = groups & ((1 << tailWidth) &- 1)
    return head << UInt128(16 * (8 - gap)) | tail
  }

  /// Decimal digits to the end, at most `maximum`, without a leading zero.
  @inline(__always)
  static func prefixLength(
    _ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int, maximum: Int
  ) throws(AddressParseError) -> Int {
    let start = cursor
    guard start < end else { throw .emptyPart }
    var value = 0
    while cursor < end, let digit = decimalValue(bytes[cursor]), cursor - start < 4 {
      value = value * 10 + Int(digit)
      cursor += 1
    }
    guard cursor == end, cursor - start == 1 || bytes[start] != Ascii.zero else {
      throw wrongPrefixLength(bytes, start, cursor, end, maximum: maximum)
    }
    guard value <= maximum else {
      throw .prefixTooLong(length: text(bytes, start, end), maximum: maximum)
    }
    return value
  }
}
