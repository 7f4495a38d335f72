import Diagnostics
import PacketSpace
import PolicyLanguage

extension Check {
  static let correlatedRule = Check(
    "FW203", "correlated-rule", .note,
    summary: "a rule that crosses an earlier one which does the opposite",
    explanation: """
      Each of the two has packets that the other does not match, and those that both match follow the
      earlier one. Which of the two was meant to win there is not to be seen from either; swap them and
      some traffic changes its verdict. That is usual, and often right, so that it is listed with `check
      --all` only: for reviews, and before rules are moved.

      Rules that share packets but lose none of them to each other, because still earlier rules decide,
      are not listed. Which of the two was meant is not seen. Source: E. Al-Shaer and H. Hamed,
      "Firewall Policy Advisor", IM 2003: correlation.
      """,
    example: """
      fwpolicy: 1
      name: web1
      networks:
        guests: [198.51.100.0/24]
      inbound:
        - { name: no-guests, deny: [ssh, https], from: guests }
        - { name: web, allow: [http, https] }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      networks:
        guests: [198.51.100.0/24]
      inbound:
        - { name: web, allow: [http, https] }
        - { name: no-guests, deny: ssh, from: guests }
      """,
    run: { context in
      try context.rulePlaces.compactMap { place in
        let opposed = try context.opposedRules(to: place)
        guard let first = opposed.crossing.first else { return nil }
        let name = context.rule(at: place).name
        return try opposed.finding(
          "rule `\(name)` crosses earlier rules that do the opposite", opposed.crossing,
          help: "if `\(name)` should win, move it before `\(context.rule(at: first).name)`",
          in: context)
      }
    })
}
