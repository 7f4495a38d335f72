import Diagnostics

/// The names in a template's text that no parameter makes different for each instance.
enum FixedNames {
  /// In the order of the text.
  static func find(in entries: Entries, parameters: Set<String>) -> [Located<String>] {
    var names: [Located<String>] = []
    func take(_ node: SyntaxNode) {
      guard let text = node.text, !text.isEmpty else { return }
      if let found = try? VariableReferences(text), found.refers(toAnyOf: parameters) { return }
      names.append(Located(text, node.span))
    }
    func takeNames(of node: SyntaxNode) {
      switch node.content {
      case .sequence(let items):
        for item in items { takeNames(of: item) }
      case .mapping(let pairs):
        for pair in pairs {
          if pair.name == "name" { take(pair.value) }
          if pair.name == "rules" { takeNames(of: pair.value) }
        }
      case .scalar, .unusable: break
      }
    }
    for pair in entries.pairs {
      switch pair.name {
      case "users", "zones", "networks", "services":
        guard case .mapping(let members) = pair.value.content else { continue }
        for member in members { take(member.key) }
      case "inbound", "forward", "outbound", "tests": takeNames(of: pair.value)
      default: continue
      }
    }
    return names
  }
}

extension VariableReferences {
  fileprivate func refers(toAnyOf names: Set<String>) -> Bool {
    pieces.contains { piece in
      if case .reference(let name) = piece { return names.contains(name) }
      return false
    }
  }
}
