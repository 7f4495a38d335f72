extension EndpointExpression {
  /// The expression as a policy has it on one line; a variable's value in its place.
  package var text: String {
    switch self {
    case .term(let term): return term.value
    case .union(let members, _): return "[" + members.map(\.text).joined(separator: ", ") + "]"
    case .restricted(let zone, let network, let except, _):
      let parts = [("zone", zone), ("network", network), ("except", except)]
      return "{ "
        + parts.compactMap { key, part in part.map { "\(key): \($0.text)" } }
        .joined(separator: ", ") + " }"
    }
  }
}
