/// Bytes under construction, appended without a string per element.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func write(byte: UInt8) { bytes.append(byte) }

  mutating func write(decimal value: UInt64) {
    if value >= 10 { write(decimal: value / 10) }
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }

  mutating func write(signed value: Int32) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    write(decimal: UInt64(value.magnitude))
  }

  /// Dotted quad.
  mutating func write(ipv4 bits: UInt32) {
    for shift: UInt32 in [24, 16, 8, 0] {
      writeOctet(UInt8(truncatingIfNeeded: bits &>> shift))
      if shift != 0 { bytes.append(UInt8(ascii: ".")) }
    }
  }

  private mutating func writeOctet(_ octet: UInt8) {
    if octet >= 100 { bytes.append(48 + octet / 100) }
    if octet >= 10 { bytes.append(48 + octet / 10 % 10) }
    bytes.append(48 + octet % 10)
  }

  /// RFC 5952 §4: lower case, no leading zeros, the first longest run of zero groups as `::`.
  ///
  /// An IPv4-mapped address stays in groups, which every nft reads.
  mutating func write(ipv6 bits: UInt128) {
    var bestStart = 8
    var bestLength = 1
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, group(end, of: bits) == 0 { end += 1 }
      if end - start > bestLength {
        bestStart = start
        bestLength = end - start
      }
      start = Swift.max(end, start) + 1
    }
    var index = 0
    while index < 8 {
      if index == bestStart {
        write("::")
        index += bestLength
        continue
      }
      if index != 0, index != bestStart + bestLength || bestStart == 8 {
        bytes.append(UInt8(ascii: ":"))
      }
      write(hex: group(index, of: bits))
      index += 1
    }
  }

  private func group(_ index: Int, of bits: UInt128) -> UInt16 {
    UInt16(truncatingIfNeeded: bits >> UInt128(16 * (7 - index)))
  }

  private mutating func write(hex value: UInt16) {
    var isLeading = true
    for shift: UInt16 in [12, 8, 4, 0] {
      let digit = UInt8(truncatingIfNeeded: (value >> shift) & 0xF)
      if digit == 0, isLeading, shift != 0 { continue }
      isLeading = false
      bytes.append(digit < 10 ? 48 + digit : 87 + digit)
    }
  }
}
