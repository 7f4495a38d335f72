import NetworkTypes

/// The address literal that a text nearly is.
///
/// Each reading is offered only if it is a literal that can be read.
enum LiteralMending {
  /// No literal is longer: two IPv6 addresses of full length, their marks and brackets.
  private static let maximumBytes = 128

  /// A shortened range, brackets, a port, or octets that begin with zeros; `why` may be empty.
  static func find(in text: String) -> (text: String, why: String)? {
    guard text.utf8.count <= maximumBytes else { return nil }
    if let range = lastOctetRange(text) {
      return (range, "both ends of a range are whole addresses")
    }
    if let bare = withoutBrackets(text) { return bare }
    if let address = withoutPort(text) { return address }
    if let address = withoutZeros(text) { return (address, "") }
    return nil
  }

  /// `192.0.2.1O` with its letters read as the digits that they look like.
  static func digits(of text: String) -> String? {
    guard text.utf8.count <= maximumBytes, text.utf8.contains(UInt8(ascii: ".")) else { return nil }
    let likeness: [Character: Character] = ["O": "0", "o": "0", "l": "1", "I": "1"]
    let mended = String(text.map { likeness[$0] ?? $0 })
    return mended != text && isLiteral(mended) ? mended : nil
  }

  /// `192.0.2.10-20` as `192.0.2.10-192.0.2.20`.
  private static func lastOctetRange(_ text: String) -> String? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, IPv4Address(String(ends[0])) != nil,
      !ends[1].isEmpty, ends[1].utf8.allSatisfy(Identifier.isDigit),
      let dot = ends[0].lastIndex(of: ".")
    else { return nil }
    let range = "\(text.prefix(upTo: dot)).\(ends[1])"
    let whole = "\(ends[0])-\(range)"
    return isLiteral(whole) ? whole : nil
  }

  /// `[2001:db8::1]`, with or without a port behind it.
  private static func withoutBrackets(_ text: String) -> (text: String, why: String)? {
    guard text.first == "[", let close = text.firstIndex(of: "]") else { return nil }
    let address = String(text[text.index(after: text.startIndex)..<close])
    let rest = text[text.index(after: close)...]
    guard isLiteral(address) else { return nil }
    if rest.isEmpty { return (address, "an address stands without brackets") }
    guard rest.first == ":", rest.dropFirst().utf8.allSatisfy(Identifier.isDigit) else {
      return nil
    }
    return (address, "the port belongs to the service, as in `tcp/\(rest.dropFirst())`")
  }

  /// `192.0.2.1:22` without the port.
  private static func withoutPort(_ text: String) -> (text: String, why: String)? {
    let sides = text.split(separator: ":", omittingEmptySubsequences: false)
    guard sides.count == 2, !sides[1].isEmpty, sides[1].utf8.allSatisfy(Identifier.isDigit),
      IPv4Address(String(sides[0])) != nil
    else { return nil }
    return (String(sides[0]), "the port belongs to the service, as in `tcp/\(sides[1])`")
  }

  /// `192.0.02.10` as `192.0.2.10`.
  private static func withoutZeros(_ text: String) -> String? {
    guard !text.utf8.contains(UInt8(ascii: ":")) else { return nil }
    var mended = ""
    var digits = ""
    func flush() {
      if digits.isEmpty { return }
      let rest = digits.drop { $0 == "0" }
      mended += rest.isEmpty ? "0" : String(rest)
      digits = ""
    }
    for character in text {
      if character.isASCII, character.isNumber {
        digits.append(character)
      } else {
        flush()
        mended.append(character)
      }
    }
    flush()
    return mended != text && isLiteral(mended) ? mended : nil
  }

  private static func isLiteral(_ text: String) -> Bool {
    (try? parseAddressLiteral(text)) != nil
  }
}
