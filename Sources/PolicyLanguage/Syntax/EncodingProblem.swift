import Diagnostics

/// What cannot stand in any text: bytes that are not UTF-8, and control characters.
extension SyntaxParser {
  static func encodingProblem(_ bytes: [UInt8], _ id: SourceFileID) -> Diagnostic? {
    if let bad = firstInvalidUTF8(bytes) {
      return Diagnostic(
        .notUTF8, .error, "a policy is UTF-8 text",
        at: SourceSpan(file: id, start: bad, end: bad + 1),
        help: [.init("save the file as UTF-8")])
    }
    let control = bytes.firstIndex {
      ($0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D) || $0 == 0x7F
    }
    guard let control else { return nil }
    let span = SourceSpan(file: id, start: control, end: control + 1)
    let name = bytes[control] == 0 ? "a NUL byte" : "a control character"
    return Diagnostic(
      .controlCharacter, .error, "\(name) cannot stand in a policy", at: span,
      help: [.init("remove it", replacing: span, with: "")])
  }

  /// The first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7).
  private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    var index = 0
    while index < bytes.count {
      let lead = bytes[index]
      if lead < 0x80 {
        index += 1
        continue
      }
      let rest: Int
      var second: ClosedRange<UInt8> = 0x80...0xBF
      switch lead {
      case 0xC2...0xDF: rest = 1
      case 0xE0: (rest, second) = (2, 0xA0...0xBF)
      case 0xED: (rest, second) = (2, 0x80...0x9F)
      case 0xE1...0xEF: rest = 2
      case 0xF0: (rest, second) = (3, 0x90...0xBF)
      case 0xF1...0xF3: rest = 3
      case 0xF4: (rest, second) = (3, 0x80...0x8F)
      default: return index
      }
      guard index + rest < bytes.count, second.contains(bytes[index + 1]) else { return index }
      if rest > 1 {
        for next in 2...rest where bytes[index + next] & 0xC0 != 0x80 { return index }
      }
      index += rest + 1
    }
    return nil
  }
}
