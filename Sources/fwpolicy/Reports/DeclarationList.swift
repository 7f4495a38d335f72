import Compiler
import Diagnostics
import PolicyAnalysis

/// What policies say of themselves: asserted, not verified.
struct DeclarationList {
  let policies: [CheckedPolicy]

  /// A line for each: `asserted, not verified: rule `smtp` serves mx (policy.yaml:4:29)`.
  var lines: [String] {
    entries.map { policy, declaration in
      let place = place(of: declaration, in: policy)
      let says: String
      switch declaration.key {
      case .serves: says = "serves \(declaration.word)"
      case .kind: says = "is of kind \(declaration.word)"
      case .networkClass: says = "is of class \(declaration.word)"
      }
      return "asserted, not verified: \(declaration.subject) \(says) "
        + "(\(place.file):\(place.line):\(place.column))"
    }
  }

  var json: JSONText {
    .array(
      entries.map { policy, declaration in
        let place = place(of: declaration, in: policy)
        return .object([
          "key": .string(declaration.key.rawValue), "word": .string(declaration.word),
          "of": .string(declaration.subject), "verified": .bool(false),
          "file": .string(place.file), "line": .number(place.line),
          "column": .number(place.column),
        ])
      })
  }

  /// What a file declares that several policies include is said once.
  private var entries: [(CheckedPolicy, Declaration)] {
    var seen: Set<[String]> = []
    return policies.flatMap { policy in
      policy.declarations.filter { declaration in
        let place = place(of: declaration, in: policy)
        return seen.insert([
          place.file, String(place.line), String(place.column), declaration.subject,
        ]).inserted
      }.map { (policy, $0) }
    }
  }

  private func place(
    of declaration: Declaration, in policy: CheckedPolicy
  ) -> (file: String, line: Int, column: Int) {
    let file = policy.sources[declaration.span.file]
    let position = file.position(at: Int(declaration.span.start))
    return (
      SourcePresentation.name(of: file, rootPrefix: policy.rootPrefix), position.line,
      position.column
    )
  }
}
