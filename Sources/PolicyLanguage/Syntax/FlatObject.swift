import Diagnostics

/// Why a line is no object of texts, numbers and booleans.
package struct FlatObjectError: Error, Hashable, Sendable {
  package var reason: String
}

/// One JSON object on a line of its own, its values as text.
///
/// Lists and objects inside it are errors. Bounded like every text of a policy.
package func readFlatObject(
  _ line: ArraySlice<UInt8>
) throws(FlatObjectError) -> [(key: String, value: String)] {
  let file = SourceFile(name: "line", bytes: Array(line))
  let parsed = SyntaxParser.parse(file, id: SourceFileID(index: 0))
  if let problem = parsed.diagnostics.first(where: { $0.severity == .error }) {
    throw FlatObjectError(reason: problem.message)
  }
  guard let node = parsed.value, case .mapping(let pairs) = node.content else {
    throw FlatObjectError(reason: "a line is one JSON object")
  }
  var members: [(key: String, value: String)] = []
  for pair in pairs {
    guard let value = pair.value.text else {
      throw FlatObjectError(reason: "`\(pair.name)` is a text or a number")
    }
    members.append((pair.name, value))
  }
  return members
}
