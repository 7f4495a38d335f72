/// A character that looks like one of the language's own and is none.
///
/// Word processors and web pages put them there.
struct Lookalike {
  /// With its article and its number: `a no-break space (U+00A0)`.
  var name: String
  /// What it stands for, for a sentence.
  var meant: String
  /// The text with every such character mended.
  var mended: String

  /// The first one in a text; nil if there is none.
  static func find(in text: String) -> Lookalike? {
    guard text.utf8.contains(where: { $0 >= 0x80 }),
      let first = text.unicodeScalars.first(where: { plain($0) != nil }),
      let (name, replacement) = plain(first)
    else { return nil }
    var mended = ""
    for scalar in text.unicodeScalars {
      if let (_, new) = plain(scalar) {
        mended += new
      } else {
        mended.unicodeScalars.append(scalar)
      }
    }
    let digits = String(first.value, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    let meant = replacement == " " ? "a space" : "`\(replacement)`"
    return Lookalike(name: "\(name) (U+\(padded))", meant: meant, mended: mended)
  }

  /// The rule that it breaks.
  var message: String { "\(name) stands where \(meant) belongs" }

  private static func plain(_ scalar: Unicode.Scalar) -> (name: String, text: String)? {
    switch scalar.value {
    case 0x00A0: ("a no-break space", " ")
    case 0x2007, 0x202F: ("a narrow no-break space", " ")
    case 0x2000...0x2006, 0x2008...0x200A: ("a typographic space", " ")
    case 0x3000: ("an ideographic space", " ")
    case 0x2018, 0x2019: ("a curly quote", "'")
    case 0x201C, 0x201D, 0x201E: ("a curly quote", "\"")
    case 0x2010, 0x2011: ("a typographic hyphen", "-")
    case 0x2013: ("an en dash", "-")
    case 0x2014: ("an em dash", "-")
    case 0x2212: ("a minus sign", "-")
    default: nil
    }
  }
}
