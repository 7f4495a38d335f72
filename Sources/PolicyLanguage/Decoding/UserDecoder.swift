import Diagnostics

extension DecodingContext {
  /// One entry of `users`; the last 32-bit number is the kernel's "no user".
  mutating func user(_ pair: SyntaxPair) -> UserDeclaration? {
    let name = identifier(pair.key, "the name of a user")
    guard !pair.value.isUnusable,
      let uid = integer(pair.value, "a user id", in: 0...Int(UInt32.max) - 1), let name
    else { return nil }
    return UserDeclaration(name: name, uid: uid.map { UInt32($0) })
  }

  /// Names and numbers of users: one, or a list.
  mutating func userTerms(_ node: SyntaxNode, _ what: String) -> [Located<String>] {
    items(node).compactMap { item in
      guard let found = text(item, what) else { return nil }
      if let first = found.value.utf8.first, Identifier.isDigit(first) {
        return integer(item, "a user id", in: 0...Int(UInt32.max) - 1).map { _ in found }
      }
      return identifier(item, "a user")
    }
  }
}
