/// What a name may look like: `[A-Za-z_][A-Za-z0-9_.-]{0,62}`.
///
/// Such a text is never readable as an address: IPv4 begins with a digit, IPv6 holds a colon.
enum Identifier {
  static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8
    guard bytes.count <= 63, let first = bytes.first, isLetter(first) else { return false }
    return bytes.dropFirst().allSatisfy {
      isLetter($0) || isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
  }
}
