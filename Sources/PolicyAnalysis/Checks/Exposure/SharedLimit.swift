import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let sharedLimit = Check(
    "FW410", "shared-limit",
    summary: "a limit on a public service that all sources share",
    explanation: """
      A limit that counts everybody together is used up by the first one who tries: then nobody gets in,
      and the limit has become the attack. `per source` counts each address apart, and IPv6 by what one
      subscriber has.

      Only rules that open TCP or UDP to the internet are looked at: a limit on pings is right to be
      shared. How much all users need together is not seen. Source: the advice on SYN floods of RFC 4987
      §3, applied to rate limits.
      """,
    example: """
      fwpolicy: 1
      name: www1
      role: host
      inbound:
        - { name: web, allow: [http, https], limit: 100/second }
      """,
    fixed: """
      fwpolicy: 1
      name: www1
      role: host
      inbound:
        - { name: web, allow: [http, https], limit: 20/second per source }
      """,
    run: { context in
      try context.exposures(of: PortSet(tcp: .all, udp: .all)).compactMap { exposure in
        let rule = context.rule(at: exposure.place)
        guard case .rate(_, _, _, perSource: false)? = rule.limit else { return nil }
        let span = context.declaration(of: exposure.place).limit?.span
        return Finding(
          "a limit on a public service must count each source apart: `\(rule.name)` counts all "
            + "together",
          at: span ?? context.span(ofRule: exposure.place),
          label: "one stranger uses it up for all",
          notes: [
            context.showsExample(for: "shared-limit") ? try context.example(of: exposure) : nil
          ],
          help: [
            Diagnostic.Help("add `per source`, and less than all need together"),
            Diagnostic.Help("or say why it is meant: `waive: { shared-limit: \"…\" }`"),
          ], waivers: rule.waivers)
      }
    })
}
