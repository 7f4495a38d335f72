import Diagnostics
import PolicyLanguage

extension Check {
  static let expiring = Check(
    "FW506", "expiring", .note,
    summary: "a rule or an exception that ends within 30 days",
    explanation: """
      What ends by itself is best renewed or announced before: whoever depends on it learns of the end
      from this note, and not from a timeout.

      "Now" is the time of the check, or `--as-of`; what ends exactly 30 days (of 86,400 seconds) later
      is told, what ends now has expired. Whether it is still wanted is not seen; a run in a timer, with
      `--all`, makes it a reminder. Source: Capirca and aerleon, which warn of terms that are about to
      expire.
      """,
    example: """
      fwpolicy: 1
      name: host1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: test, allow: tcp/8443, from: office, expires: 2027-01-15 }
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
      if now.seconds == 0 { return [] }
      let soon = Timestamp(seconds: now.seconds + 30 * 86400)
      let rows = context.policy.smtpEgress?.subnets ?? []
      return try context.expiries.filter { $0.time.value > now && $0.time.value <= soon }.map {
        Finding(
          "what ends soon should be renewed or announced: \($0.what) ends on \($0.time.value)",
          at: $0.time.span, notes: [try context.example(of: $0, for: "expiring")],
          help: [Diagnostic.Help("give it a new date, or tell its \($0.owner)")],
          waivers: $0.waivers)
      }
        + context.findings(
          aboutSubnets: rows.indices.filter {
            rows[$0].expires.map { $0 > now && $0 <= soon } ?? false
          },
          { count, what in
            "what ends soon should be renewed or announced: \(what) of the inventory "
              + "\(count == 1 ? "ends" : "end") within 30 days"
          }, label: { "ends on \($0.expires.map { "\($0)" } ?? "")" },
          at: { $0.expiresSpan ?? $0.span }, asOf: nil,
          help: [Diagnostic.Help("give them a new date, or tell their owners")])
    })
}
