import Diagnostics
import PolicyLanguage

extension Check {
  static let expired = Check(
    "FW505", "expired",
    summary: "a rule or an exception whose time is over",
    explanation: """
      After its `expires` a rule decides nothing: the kernel itself compares the date. What it let
      through is shut, or what it shut is open, and its text is a leftover: remove it, or give it a new
      date.

      "Now" is the time of the check, or `--as-of`; the packet shown is one that it decided until then.
      Whether it is still wanted is not seen. Source: the lifecycle of firewall rules in NIST SP 800-41
      §5.2; Capirca's warnings of expired terms.
      """,
    example: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: test, allow: tcp/8443, from: office, expires: 2020-01-01 }
        - { allow: ssh, from: office }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: test, allow: tcp/8443, from: office, expires: 2099-01-01 }
        - { allow: ssh, from: office }
      """,
    run: { context in
      let now = context.options.asOf
      let rows = context.policy.smtpEgress?.subnets ?? []
      return try context.expiries.filter { $0.time.value <= now }.map {
        Finding(
          "what has expired should be removed: \($0.what) ended on \($0.time.value)",
          at: $0.time.span, notes: [try context.example(of: $0, for: "expired")],
          help: [Diagnostic.Help("remove it, or give it a new date")],
          waivers: $0.waivers)
      }
        + context.findings(
          aboutSubnets: rows.indices.filter { rows[$0].expires.map { $0 <= now } ?? false },
          { count, what in
            "what has expired should be removed: \(what) of the inventory \(count == 1 ? "has" : "have")"
          }, label: { "ended on \($0.expires.map { "\($0)" } ?? "")" },
          at: { $0.expiresSpan ?? $0.span }, asOf: nil,
          help: [Diagnostic.Help("remove them from the export, or give them a new date")])
    })
}
