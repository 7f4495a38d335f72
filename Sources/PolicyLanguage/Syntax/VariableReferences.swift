/// A text cut at its `${x}` references.
struct VariableReferences {
  enum Piece {
    case text(Substring)
    case reference(String)
  }

  enum Failure: Error {
    case unterminated
    /// What stands between the braces is not a name.
    case notAName(String)
  }

  var pieces: [Piece] = []

  /// The name, if the whole text is one reference.
  var whole: String? {
    if pieces.count == 1, case .reference(let name) = pieces[0] { return name }
    return nil
  }

  /// Nil where the text holds no `${`: the usual case, found without an allocation.
  init?(_ text: String) throws(Failure) {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return nil }
    let bytes = text.utf8
    var plain = bytes.startIndex
    var index = bytes.startIndex
    while let dollar = bytes[index...].firstIndex(of: UInt8(ascii: "$")) {
      let open = bytes.index(after: dollar)
      guard open < bytes.endIndex, bytes[open] == UInt8(ascii: "{") else {
        index = open
        continue
      }
      let start = bytes.index(after: open)
      guard let close = bytes[start...].firstIndex(of: UInt8(ascii: "}")) else {
        throw .unterminated
      }
      let name = String(text[start..<close])
      guard Identifier.isValid(name) else { throw .notAName(name) }
      if plain < dollar { pieces.append(.text(text[plain..<dollar])) }
      pieces.append(.reference(name))
      index = bytes.index(after: close)
      plain = index
    }
    if pieces.isEmpty { return nil }
    if plain < bytes.endIndex { pieces.append(.text(text[plain...])) }
  }
}
