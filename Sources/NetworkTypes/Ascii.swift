/// The ASCII bytes that the readers of this room compare with.
enum Ascii {
  static let tab = UInt8(ascii: "\t")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let quote = UInt8(ascii: "\"")
  static let hash = UInt8(ascii: "#")
  static let percent = UInt8(ascii: "%")
  static let comma = UInt8(ascii: ",")
  static let hyphen = UInt8(ascii: "-")
  static let dot = UInt8(ascii: ".")
  static let slash = UInt8(ascii: "/")
  static let zero = UInt8(ascii: "0")
  static let colon = UInt8(ascii: ":")
  static let backslash = UInt8(ascii: "\\")
  static let openBracket = UInt8(ascii: "[")
  static let closeBracket = UInt8(ascii: "]")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
}

@inline(__always)
func decimalValue(_ byte: UInt8) -> UInt8? {
  let value = byte &- Ascii.zero
  return value <= 9 ? value : nil
}

@inline(__always)
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  if let digit = decimalValue(byte) { return digit }
  // Bit 5 is the case of an ASCII letter.
  let value = (byte | 0x20) &- UInt8(ascii: "a")
  return value <= 5 ? value &+ 10 : nil
}

@inline(__always)
func isLetter(_ byte: UInt8) -> Bool {
  (byte | 0x20) &- UInt8(ascii: "a") < 26
}
