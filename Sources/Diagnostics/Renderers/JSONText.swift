/// A JSON value that is written the same way every time: members in the order given, no floats.
///
/// RFC 8259.
package indirect enum JSONText: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Int)
  case string(String)
  case array([JSONText])
  case object([Member])

  /// A name and its value; names are unique within an object.
  package struct Member: Hashable, Sendable {
    package var name: String
    package var value: JSONText

    package init(_ name: String, _ value: JSONText) {
      self.name = name
      self.value = value
    }
  }

  /// An object of the members that are there.
  package static func object(_ members: KeyValuePairs<String, JSONText?>) -> JSONText {
    .object(members.compactMap { name, value in value.map { Member(name, $0) } })
  }

  /// The text, two blanks a level, a newline at the end.
  package var text: String {
    var result = ""
    write(to: &result, indent: "\n")
    return result + "\n"
  }

  /// The text on one line, a newline at the end.
  package var lineText: String {
    var result = ""
    writeLine(to: &result)
    return result + "\n"
  }

  private func writeLine(to result: inout String) {
    switch self {
    case .null, .bool, .number, .string: write(to: &result, indent: "")
    case .array(let elements):
      result += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { result += ", " }
        element.writeLine(to: &result)
      }
      result += "]"
    case .object(let members):
      result += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { result += ", " }
        Self.write(member.name, to: &result)
        result += ": "
        member.value.writeLine(to: &result)
      }
      result += "}"
    }
  }

  private func write(to result: inout String, indent: String) {
    switch self {
    case .null: result += "null"
    case .bool(let value): result += value ? "true" : "false"
    case .number(let value): result += String(value)
    case .string(let value): Self.write(value, to: &result)
    case .array(let elements) where elements.isEmpty: result += "[]"
    case .object(let members) where members.isEmpty: result += "{}"
    case .array(let elements):
      result += "["
      for (index, element) in elements.enumerated() {
        result += index == 0 ? indent + "  " : "," + indent + "  "
        element.write(to: &result, indent: indent + "  ")
      }
      result += indent + "]"
    case .object(let members):
      result += "{"
      for (index, member) in members.enumerated() {
        result += index == 0 ? indent + "  " : "," + indent + "  "
        Self.write(member.name, to: &result)
        result += ": "
        member.value.write(to: &result, indent: indent + "  ")
      }
      result += indent + "}"
    }
  }

  /// RFC 8259 §7, and beyond what it asks for: whatever could drive a terminal is escaped as well.
  private static func write(_ string: String, to result: inout String) {
    result += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        default:
          result.unicodeScalars.append(scalar)
        }
      }
    }
    result += "\""
  }
}
