/// What lies in a list or an object that a reader has handed on.
///
/// Linear in the text of the field. Of anything else there are no elements and no members; what a
/// reader has handed on is JSON, so that nothing in it can be wrong.
extension JSONField {
  /// The values of a list, in their order.
  package func elements(in bytes: Span<UInt8>) -> [JSONField] {
    guard kind == .nested, bytes[range.lowerBound] == Ascii.openBracket else { return [] }
    var result: [JSONField] = []
    var scanner = JSONScanner(cursor: range.lowerBound)
    try? scanner.list(bytes, depth: 0) { result.append($0) }
    return result
  }

  /// The keys and values of an object, in their order, repetitions included; nil of anything else.
  package func members(in bytes: Span<UInt8>) -> [(key: JSONField, value: JSONField)]? {
    guard kind == .nested, bytes[range.lowerBound] == Ascii.openBrace else { return nil }
    var result: [(key: JSONField, value: JSONField)] = []
    var scanner = JSONScanner(cursor: range.lowerBound)
    try? scanner.members(bytes, depth: 0) { result.append(($0, $1)) }
    return result
  }
}
