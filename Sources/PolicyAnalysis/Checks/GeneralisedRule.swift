import Diagnostics
import PacketSpace
import PolicyLanguage

extension Check {
  static let generalisedRule = Check(
    "FW204", "generalised-rule", .note,
    summary: "a rule with earlier exceptions that do the opposite",
    explanation: """
      Every packet of those earlier rules is one of this rule's, which does the opposite with the rest.
      To put the exceptions first is the way to write them, so that it is listed with `check --all`
      only: it shows which rules have to stay before which.

      An `{ except: … }` in the rule says the same in one place. Whether the exceptions are still wanted
      is not seen. Source: E. Al-Shaer and H. Hamed, "Firewall Policy Advisor", IM 2003: generalisation.
      """,
    example: """
      fwpolicy: 1
      name: web1
      networks:
        guests: [198.51.100.0/24]
      inbound:
        - { name: no-guests, deny: https, from: guests }
        - { name: web, allow: [http, https] }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      networks:
        guests: [198.51.100.0/24]
      inbound:
        - { name: web, allow: https, from: { except: guests } }
        - { name: plain-web, allow: http }
      """,
    run: { context in
      try context.rulePlaces.compactMap { place in
        let opposed = try context.opposedRules(to: place)
        if opposed.inside.isEmpty { return nil }
        let name = context.rule(at: place).name
        return try opposed.finding(
          "rule `\(name)` has earlier exceptions that do the opposite", opposed.inside,
          help: "keep them before `\(name)`, or write them as its `except`", in: context)
      }
    })
}
