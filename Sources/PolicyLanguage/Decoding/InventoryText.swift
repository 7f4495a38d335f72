/// What a name, an owner or a ticket of an inventory may be.
///
/// They go into log lines, tickets, spreadsheets and web pages, where a line break or a character that
/// turns the direction of what follows makes one customer look like another.
enum InventoryText {
  struct Problem: Hashable {
    /// As the end of a sentence that the column begins.
    var rule: String
    var help: String
  }

  private static let byteLimit = 255

  /// What is wrong with a text; nil where nothing is.
  ///
  /// - Parameter isUTF8: whether its bytes are; those that are not have become U+FFFD.
  static func problem(of text: String, isUTF8: Bool = true) -> Problem? {
    if text.isEmpty { return Problem(rule: "is not empty", help: "fill it") }
    if text.utf8.count > byteLimit {
      return Problem(
        rule: "has at most \(byteLimit) bytes", help: "shorten it: it has \(text.utf8.count)")
    }
    // Most are plain ASCII, of which the properties need not be looked up.
    if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return nil }
    for scalar in text.unicodeScalars {
      if let problem = problem(of: scalar, isUTF8) { return problem }
    }
    return nil
  }

  private static func problem(of scalar: Unicode.Scalar, _ isUTF8: Bool) -> Problem? {
    switch scalar {
    case "\u{fffd}" where isUTF8:
      return Problem(
        rule: "has no U+FFFD, which stands for a character that the export had lost already",
        help: "mend it where the export is made")
    case "\u{fffd}": return Problem(rule: "is UTF-8", help: "save the file as UTF-8")
    case "\n", "\r", "\u{b}", "\u{c}", "\u{85}":
      return Problem(rule: "stands on one line", help: "remove the line break in it")
    // Scripts of Asia write with these: they join letters or keep them apart.
    case "\u{200c}", "\u{200d}": return nil
    default: break
    }
    switch scalar.properties.generalCategory {
    case .lineSeparator, .paragraphSeparator:
      return Problem(rule: "stands on one line", help: "remove \(name(of: scalar))")
    case .control:
      return Problem(rule: "has no control characters", help: "remove \(name(of: scalar))")
    case .format:
      return Problem(rule: "has no invisible characters", help: "remove \(name(of: scalar))")
    default: return nil
    }
  }

  /// `U+202E (right-to-left override)`.
  private static func name(of scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let number = "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    let name = scalar.properties.nameAlias ?? scalar.properties.name
    return name.map { "\(number) (\($0.lowercased()))" } ?? number
  }
}
