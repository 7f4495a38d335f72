/// Reasons for bytes that no byte loop of the parser accepts.
///
/// Out of line: the loops stay small, and nothing here runs for an accepted literal.
extension AddressParser {
  /// Names the mistake in a literal whose bytes fit no form.
  @inline(never)
  static func misread(_ bytes: Span<UInt8>, _ range: Range<Int>) -> AddressParseError {
    let start = range.lowerBound
    let end = range.upperBound
    if range.isEmpty { return .emptyText }
    if bytes[start] == Ascii.hyphen || bytes[start] == Ascii.slash { return .emptyPart }
    for index in start..<end where bytes[index] == Ascii.space || bytes[index] == Ascii.tab {
      return .spaceInside
    }
    if isHostName(bytes, start, end) { return .hostName }
    return .notAnAddress
  }

  /// An IPv4 address that does not stop after its fourth octet, or stops before.
  @inline(never)
  static func shortIPv4(
    _ bytes: Span<UInt8>, _ start: Int, _ cursor: Int, _ end: Int, octets: Int
  ) -> AddressParseError {
    // What follows must be able to follow an address; `10.a` is something else.
    if octets < 5, cursor < end, bytes[cursor] != Ascii.slash, bytes[cursor] != Ascii.hyphen {
      return misread(bytes, start..<end)
    }
    if isHostName(bytes, start, end) { return .hostName }
    return octets == 1 && cursor == end ? .notAnAddress : .wrongOctetCount(octets)
  }

  /// Fewer than eight groups without a `::`.
  @inline(never)
  static func wrongGroups(
    _ bytes: Span<UInt8>, _ start: Int, _ cursor: Int, _ end: Int, _ count: Int
  ) -> AddressParseError {
    if cursor < end, bytes[cursor] != Ascii.slash, bytes[cursor] != Ascii.hyphen {
      return misread(bytes, start..<end)
    }
    return .wrongGroupCount(count)
  }

  /// A prefix length that is not a number without leading zeros.
  @inline(never)
  static func wrongPrefixLength(
    _ bytes: Span<UInt8>, _ start: Int, _ cursor: Int, _ end: Int, maximum: Int
  ) -> AddressParseError {
    for index in start..<end {
      switch bytes[index] {
      case Ascii.space, Ascii.tab: return .spaceInside
      case Ascii.hyphen where index > start: return .prefixInRange
      default: continue
      }
    }
    var maskCursor = start
    if maximum == 32, let mask = try? ipv4(bytes, &maskCursor, end), maskCursor == end {
      let hostBits = ~mask
      let isContiguous = hostBits & (hostBits &+ 1) == 0
      return .dottedMask(length: isContiguous ? hostBits.leadingZeroBitCount : nil)
    }
    let isNumber = (start..<end).allSatisfy { decimalValue(bytes[$0]) != nil }
    if isNumber, bytes[start] != Ascii.zero {
      return .prefixTooLong(length: text(bytes, start, end), maximum: maximum)
    }
    return .prefixNotANumber(text(bytes, start, end))
  }

  /// Whether dotted labels of letters, digits and hyphens end in one that begins with a letter.
  static func isHostName(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    guard end - start <= 254 else { return false }
    var labels = 0
    var labelStart = start
    var lastStart = start
    for index in start...end {
      if index == end || bytes[index] == Ascii.dot {
        // A dot at the end is the root's.
        if index == labelStart { return index == end && labels >= 2 && isLetter(bytes[lastStart]) }
        lastStart = labelStart
        labels += 1
        labelStart = index + 1
        continue
      }
      let byte = bytes[index]
      guard isLetter(byte) || decimalValue(byte) != nil || byte == Ascii.hyphen else {
        return false
      }
    }
    return labels >= 2 && isLetter(bytes[lastStart])
  }

  /// The decimal digits from `start`, as text.
  static func digits(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
    var stop = start
    while stop < end, decimalValue(bytes[stop]) != nil { stop += 1 }
    return text(bytes, start, stop)
  }

  /// The hexadecimal digits from `start`, as text.
  static func hexadecimalDigits(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
    var stop = start
    while stop < end, hexadecimalValue(bytes[stop]) != nil { stop += 1 }
    return text(bytes, start, stop)
  }

  /// The bytes as text, cut at 64 of them.
  static func text(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
    let stop = min(end, start + 64)
    let copy = (start..<stop).map { bytes[$0] }
    return String(decoding: copy, as: UTF8.self) + (stop < end ? "…" : "")
  }
}

/// Whether a text is meant as an address literal, well written or not, rather than as a name.
///
/// True when it begins with a digit and has no letters that an address lacks, or when a colon comes
/// before any byte that is not a hexadecimal digit. Identifiers of the policy language begin with a
/// letter or `_` and have no colon, so none of them looks like an address.
package func looksLikeAddress(_ text: some StringProtocol) -> Bool {
  let bytes = Array(text.utf8)
  guard let first = bytes.first else { return false }
  if AddressParser.isIPv6(bytes.span, 0..<bytes.count) { return true }
  guard decimalValue(first) != nil else { return false }
  return bytes.allSatisfy {
    hexadecimalValue($0) != nil || $0 == Ascii.dot || $0 == Ascii.slash || $0 == Ascii.hyphen
      || $0 == Ascii.colon || $0 == Ascii.space
  }
}

/// Whether a text reads as a dotted name of the DNS: `mail.example.com`.
///
/// Such a text may also be an identifier of the policy language, where dots are allowed: ask this
/// only about a name that is not declared.
package func looksLikeHostName(_ text: some StringProtocol) -> Bool {
  let bytes = Array(text.utf8)
  return AddressParser.isHostName(bytes.span, 0, bytes.count)
}
