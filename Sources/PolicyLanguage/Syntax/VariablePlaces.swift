import Diagnostics

/// Where a reference stands in its scalar, and what is wrong with one.
extension VariableTable {
  mutating func report(_ failure: VariableReferences.Failure, at node: SyntaxNode) {
    switch failure {
    case .unterminated:
      diagnostics.append(
        Diagnostic(
          .invalidReference, .error, "`${` is closed by `}`", at: node.span,
          help: [.init("write `${NAME}`")]))
    case .notAName(let name):
      diagnostics.append(
        Diagnostic(
          .invalidReference, .error, "between `${` and `}` stands the name of a variable",
          at: place(of: "${\(name)}", in: node), help: [.init("write `${NAME}`")]))
    }
  }

  /// Where a reference stands in its scalar; the whole scalar, if escapes hide it.
  func place(of reference: String, in node: SyntaxNode) -> SourceSpan {
    let bytes = sources[node.span.file].bytes
    let range = node.span.range.clamped(to: 0..<bytes.count)
    let wanted = Array(reference.utf8)
    guard wanted.count <= range.count else { return node.span }
    for start in range.lowerBound...(range.upperBound - wanted.count)
    where bytes[start] == wanted[0] && bytes[start..<start + wanted.count].elementsEqual(wanted) {
      return SourceSpan(file: node.span.file, start: start, end: start + wanted.count)
    }
    return node.span
  }

  /// The text under a place with one name changed for another.
  func placeText(_ place: SourceSpan, _ old: String, _ new: String) -> String {
    let text = sources.text(of: place)
    if text == "${\(old)}" { return "${\(new)}" }
    return quoted("${\(new)}")
  }
}
