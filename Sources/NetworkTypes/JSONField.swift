/// What stands under a key of a JSON object.
package struct JSONField: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case text
    /// With escapes, which `text(in:)` reads.
    case escapedText
    /// A number, `true` or `false`.
    case literal
    case null
    /// A list or an object.
    case nested
    /// The object has no such key; the range is empty.
    case absent
  }

  package var kind: Kind
  /// Its content, without the quotes around a text: half-open, byte offsets.
  package var range: Range<Int>

  package static let absent = JSONField(kind: .absent, range: 0..<0)

  /// All of it, its quotes included: what a diagnostic points at.
  package var span: Range<Int> {
    switch kind {
    case .text, .escapedText: (range.lowerBound - 1)..<(range.upperBound + 1)
    case .literal, .null, .nested, .absent: range
    }
  }

  /// Its content as text, escapes read.
  ///
  /// Bytes that are not UTF-8, and halves of surrogate pairs, become U+FFFD.
  package func text(in bytes: Span<UInt8>) -> String {
    var content: [UInt8] = []
    content.reserveCapacity(range.count)
    var cursor = range.lowerBound
    while cursor < range.upperBound {
      let byte = bytes[cursor]
      cursor += 1
      guard kind == .escapedText, byte == Ascii.backslash, cursor < range.upperBound else {
        content.append(byte)
        continue
      }
      let escape = bytes[cursor]
      cursor += 1
      switch escape {
      case UInt8(ascii: "b"): content.append(0x08)
      case UInt8(ascii: "f"): content.append(0x0c)
      case UInt8(ascii: "n"): content.append(Ascii.newline)
      case UInt8(ascii: "r"): content.append(Ascii.carriageReturn)
      case UInt8(ascii: "t"): content.append(Ascii.tab)
      case UInt8(ascii: "u"):
        var value = Self.unit(bytes, at: cursor, before: range.upperBound)
        cursor = min(cursor + 4, range.upperBound)
        // RFC 8259 §7: what lies beyond the basic plane is a pair of surrogates.
        if (0xd800..<0xdc00).contains(value), cursor + 6 <= range.upperBound,
          bytes[cursor] == Ascii.backslash, bytes[cursor + 1] == UInt8(ascii: "u")
        {
          let low = Self.unit(bytes, at: cursor + 2, before: range.upperBound)
          if (0xdc00..<0xe000).contains(low) {
            value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
            cursor += 6
          }
        }
        let scalar = Unicode.Scalar(value) ?? "\u{fffd}"
        content.append(contentsOf: Array(String(scalar).utf8))
      default: content.append(escape)
      }
    }
    return String(decoding: content, as: UTF8.self)
  }

  /// Four hexadecimal digits.
  private static func unit(_ bytes: Span<UInt8>, at start: Int, before end: Int) -> UInt32 {
    var value: UInt32 = 0
    for cursor in start..<max(start, min(start + 4, end)) {
      value = value << 4 | UInt32(hexadecimalValue(bytes[cursor]) ?? 0)
    }
    return value
  }
}

/// A part of a JSON file that could not be read.
package struct JSONProblem: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case notAnArray
    case notAnObject
    /// What stands there instead of a value, a key or a mark.
    case expected(String)
    case unterminatedText
    case controlCharacter
    case badEscape
    case badNumber
    case badWord
    case trailingComma
    case textAfterEnd
    case tooDeep(maximum: Int)
    case duplicateKey(String)
    /// Where a value must stand.
    case nullValue
  }

  package var kind: Kind
  /// Half-open, byte offsets.
  package var range: Range<Int>
  /// Which element of the array it is in, from 1; nil outside of them.
  package var row: Int?

  package init(kind: Kind, range: Range<Int>, row: Int? = nil) {
    self.kind = kind
    self.range = range
    self.row = row
  }
}

extension JSONProblem {
  /// The rule that is broken: lower case, no final period.
  package var message: String {
    switch kind {
    case .notAnArray: "a JSON inventory is an array of objects, `[{…}, {…}]`"
    case .notAnObject: "a row of a JSON inventory is an object, `{…}`"
    case .expected(let what): "\(what) stands here in JSON"
    case .unterminatedText: "a JSON text ends with a quote, on the line where it begins"
    case .controlCharacter: "a JSON text contains no control characters"
    case .badEscape: "a `\\` in a JSON text begins an escape, such as `\\n` or `\\u00e9`"
    case .badNumber: "a JSON number is decimal, without a leading zero or `+`"
    case .badWord: "a JSON value is a text, a number, `true`, `false`, `null`, a list or an object"
    case .trailingComma: "no comma stands behind the last value of JSON"
    case .textAfterEnd: "nothing stands behind the end of a JSON array"
    case .tooDeep(let maximum): "JSON nests at most \(maximum) deep"
    case .duplicateKey(let key): "a JSON object has each key once: `\(key)` stands there twice"
    case .nullValue: "a value stands here, not `null`"
    }
  }

  /// The change to make, where one is known.
  package var help: String? {
    switch kind {
    case .notAnArray: "write one array, with an object for each row"
    case .unterminatedText: "close the text, and write a quote inside it as `\\\"`"
    case .controlCharacter: "write `\\t` or `\\n`"
    case .badWord: "put a text in quotes"
    case .trailingComma: "remove the comma"
    case .duplicateKey: "remove one of the two"
    case .nullValue: "give a value, or leave the row out with `where`"
    // Nothing stands there: the file is over.
    case .expected:
      range.isEmpty ? "the file ends here: an export that was cut short does" : nil
    case .notAnObject, .badEscape, .badNumber, .textAfterEnd, .tooDeep: nil
    }
  }
}
