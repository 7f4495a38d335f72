import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let unknownDeclaration = Check(
    "FW513", "unknown-declaration",
    summary: "a `serves` word that no check knows",
    explanation: """
      The words of `serves` are few: mx, msa, imap, pop3, web, authoritative-dns, recursive-dns, proxy,
      ntp, ssh. Another one changes nothing, and the check that it was meant to answer asks on.

      Words are compared, not what listens, which is not seen. What a rule is for, in free words, is its
      `note`. Source: language reference, Rules.
      """,
    example: """
      fwpolicy: 1
      name: www1
      role: host
      inbound:
        - { name: site, allow: https, serves: webb }
      """,
    fixed: """
      fwpolicy: 1
      name: www1
      role: host
      inbound:
        - { name: site, allow: https, serves: web }
      """,
    run: { context in
      try context.rulePlaces.flatMap { place in
        try context.declaration(of: place).serves.filter {
          ServedRole(rawValue: $0.value) == nil
        }.map {
          word in
          let nearest = nearestName(to: word.value, in: ServedRole.allCases.map(\.rawValue))
          let known = ServedRole.allCases.map(\.rawValue).joined(separator: ", ")
          return Finding(
            "a declaration must be one that checks know: `\(word.value)` is none", at: word.span,
            notes: [try context.exampleOfFirst("unknown-declaration", ofRule: place)],
            help: [
              nearest.map {
                Diagnostic.Help("did you mean `\($0)`?", replacing: word.span, with: $0)
              } ?? Diagnostic.Help("one of \(known); free words belong into `note`")
            ], waivers: context.rule(at: place).waivers)
        }
      }
    })
}
