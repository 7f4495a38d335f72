import Diagnostics
import PolicyLanguage

extension Check {
  static let expiringDeny = Check(
    "FW507", "expiring-deny",
    summary: "a `deny` or `reject` that ends, and opens what it shut",
    explanation: """
      An `expires` on a rule that refuses opens the traffic on that day, without anybody looking. What
      must stay shut has no date; what should open on a day is better an `allow` that somebody adds.

      It stands at `expires` until that day, with `expiring` beside it in the last 30 days; then it is
      `expired`'s alone. That a block is meant to be short, against one attacker, is not seen: a waiver
      says so. Source: conventions of this program; the default-deny principle of NIST SP 800-41 §4.
      """,
    example: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: test, deny: ssh, from: [192.0.2.13], expires: 2099-01-01 }
        - { allow: ssh, from: office }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: test, deny: ssh, from: [192.0.2.13] }
        - { allow: ssh, from: office }
      """,
    run: { context in
      try context.rulePlaces.compactMap { place in
        let declaration = context.declaration(of: place)
        guard let expires = declaration.expires, declaration.verdict.value != .allow,
          expires.value > context.options.asOf
        else { return nil }
        return Finding(
          "a rule that refuses should not end by itself: `\(context.rule(at: place).name)` opens on "
            + "\(expires.value)",
          at: expires.span, notes: [try context.exampleOfFirst("expiring-deny", ofRule: place)],
          help: [Diagnostic.Help("take `expires` away")],
          waivers: declaration.waivers)
      }
    })
}
