import Diagnostics

/// A space or tab.
func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// A line feed or carriage return.
func isBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

/// Text as a YAML scalar that means just it.
func quoted(_ text: String) -> String {
  text.utf8.contains(UInt8(ascii: "\"")) || text.utf8.contains(UInt8(ascii: "\\"))
    ? "'"
      + text.unicodeScalars.map { $0 == "'" ? "''" : String($0) }.joined()
      + "'"
    : "\"" + text + "\""
}

/// A name as YAML in a flow map: as it is where that means just it, else quoted.
func scalarText(_ name: String) -> String {
  // YAML reads the word for nothing as nothing.
  Identifier.isValid(name) && name.lowercased() != "null" ? name : quoted(name)
}

/// `from:noc` as `from: noc`, if its head looks like a key and its tail not like an address's.
func withSpaceAfterColon(_ text: String) -> String? {
  let bytes = text.utf8
  guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
  let head = bytes[..<colon]
  let tail = bytes[bytes.index(after: colon)...]
  guard let first = tail.first, first != UInt8(ascii: ":"), !isBlank(first), head.count > 1,
    head.allSatisfy({
      ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || $0 == UInt8(ascii: "-")
    })
  else { return nil }
  return String(text[..<colon]) + ": " + String(text[text.index(after: colon)...])
}

/// `tcp/25,465` as `[tcp/25, tcp/465]`, `a, b` as `[a, b]`.
///
/// A bare port takes the protocol of the item before it.
func bracketed(_ text: String) -> String {
  var proto = ""
  let items = text.split(separator: ",").map { part -> String in
    let item = String(part.drop { $0 == " " }).trimmingTrailingBlanks()
    if let slash = item.firstIndex(of: "/") {
      proto = String(item[...slash])
      return item
    }
    let isPort = item.utf8.allSatisfy {
      ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "-")
    }
    let isService = ["tcp/", "udp/", "icmp/", "icmpv6/", "proto/"].contains(proto)
    return isPort && isService ? proto + item : item
  }
  return "[" + items.filter { !$0.isEmpty }.joined(separator: ", ") + "]"
}

extension String {
  func trimmingTrailingBlanks() -> String {
    var end = utf8.endIndex
    while end > utf8.startIndex, isBlank(utf8[utf8.index(before: end)]) {
      end = utf8.index(before: end)
    }
    return String(self[..<end])
  }
}

extension SyntaxParser {
  /// The end of what stands at an offset without a blank in it.
  func wordEnd(_ start: Int, isFlow: Bool) -> Int {
    var end = start
    while end < bytes.count, !isBlank(bytes[end]), !isBreak(bytes[end]),
      !(isFlow && ",]}".utf8.contains(bytes[end]))
    {
      end += 1
    }
    return end
  }

  /// The end of a line's text, blanks at its end left out.
  func lineTextEnd(_ start: Int) -> Int {
    var end = start
    while end < bytes.count, !isBreak(bytes[end]) { end += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return end
  }
}
