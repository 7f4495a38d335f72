package import Diagnostics

/// A question about a policy's traffic, in the words of its tests.
///
/// Each value is what would stand behind the key in an entry of `tests`.
package struct PolicyQuestion: Sendable {
  /// Nil for every hook that the ends leave open.
  package var hook: PolicySection?
  /// In the order in which they were given; no key twice.
  package var values: [(key: TestKey, text: String)]

  package init(hook: PolicySection?, values: [(key: TestKey, text: String)]) {
    self.hook = hook
    self.values = values
  }

  /// The hooks that it may be about.
  ///
  /// `self` in an end says which one; without it, and without a hook, every one is asked.
  private var candidates: [PolicySection] {
    if let hook { return [hook] }
    func isSelf(_ key: TestKey) -> Bool {
      values.contains { $0.key == key && $0.text == "self" }
    }
    if isSelf(.to) { return [.inbound] }
    if isSelf(.from) { return [.outbound] }
    return [.forward, .inbound, .outbound]
  }

  /// What `resolve` can look up: one declaration for each hook that it may be about.
  ///
  /// The text joins `sources` under the name `--query`, a line for each value.
  package func declarations(
    addingTo sources: inout SourceMap
  ) -> Staged<[(hook: PolicySection, declaration: TestDeclaration)]> {
    var found: [(hook: PolicySection, declaration: TestDeclaration)] = []
    var problems: [Diagnostic] = []
    for hook in candidates {
      var text = values.map { "\($0.key.rawValue): \($0.text)\n" }.joined()
      for (key, side) in [(TestKey.to, PolicySection.inbound), (.from, .outbound)]
      where side == hook && !values.contains(where: { $0.key == key }) {
        text += "\(key.rawValue): self\n"
      }
      text += "expect: allow\n"
      let file = SourceFile(name: "--query", bytes: Array(text.utf8))
      let id = sources.add(file)
      let parsed = SyntaxParser.parse(file, id: id)
      var context = DecodingContext()
      let declaration = parsed.value.flatMap { context.test($0, about: hook) }
      let diagnostics = parsed.diagnostics + context.diagnostics
      if let declaration, !diagnostics.contains(where: { $0.severity == .error }) {
        found.append((hook, declaration))
      } else if problems.isEmpty {
        problems = diagnostics
      }
    }
    return found.isEmpty ? Staged(nil, problems) : Staged(found)
  }
}
