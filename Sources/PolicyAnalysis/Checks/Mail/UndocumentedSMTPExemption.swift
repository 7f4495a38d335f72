import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let undocumentedSMTPExemption = Check(
    "FW304", "undocumented-smtp-exemption",
    summary: "an exception of the port-25 block without owner, ticket or expiry",
    explanation: """
      An exception outlives the customer it was made for, and the next one inherits an open port 25. Who
      answers for it, where it was asked for, and when it ends belong to it; with an expiry the rule
      ends by itself, and a note says so a month before.

      Rows of `subnets` that say `allowed` are exceptions as well. One that has expired is `expired`'s
      alone, and lets nothing pass any more. Any text counts as an owner or a ticket: whether anybody
      answers is not seen. Source: BITAG, Port Blocking (2013), which asks providers to disclose, to
      offer an opt-out and to revisit blocks regularly.
      """,
    example: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
        allow:
          - { from: [198.51.100.25] }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
        allow:
          - { from: [198.51.100.25], owner: sales, ticket: MAIL-1, expires: 2099-01-01 }
      """,
    run: { context in
      guard let gate = context.written.smtpEgress else { return [] }
      let entries = try gate.allow.compactMap { entry -> Finding? in
        if let expires = entry.expires, expires.value <= context.options.asOf { return nil }
        let missing = [
          ("owner", entry.metadata.owner == nil), ("ticket", entry.metadata.ticket == nil),
          ("expires", entry.expires == nil),
        ].filter(\.1).map(\.0)
        if missing.isEmpty { return nil }
        let words = missing.map { "`\($0)`" }.joined(separator: " and ")
        return Finding(
          "an exception must say who answers for it and until when: \(words) missing",
          at: entry.from?.span ?? entry.span, notes: [try context.example(ofException: entry)],
          help: [
            Diagnostic.Help("add " + context.documentation(missing))
          ], waivers: entry.waivers + gate.waivers)
      }
      return try entries + context.undocumentedSubnets()
    })
}

extension CheckContext {
  /// What is missing, as it is written: names to fill in, and the day in a year.
  fileprivate func documentation(_ missing: [String]) -> String {
    let values = ["owner": "NAME", "ticket": "NUMBER", "expires": "\(dayInAYear)"]
    return "`" + missing.map { "\($0): \(values[$0] ?? "")" }.joined(separator: ", ") + "`"
  }

  /// Mail that an exception lets pass; nil where it has expired.
  fileprivate func example(
    ofException entry: SMTPEgressDeclaration.Allow
  ) throws(PacketSpaceError) -> String? {
    guard let resolved = policy.smtpEgress?.allow.first(where: { $0.span == entry.span }),
      showsExample(for: "undocumented-smtp-exemption")
    else { return nil }
    return try exampleOfExemptMail(
      from: resolved.from.addresses, to: resolved.to, asOf: dateOfCheck)
  }

  fileprivate func undocumentedSubnets() throws(PacketSpaceError) -> [Finding] {
    guard let gate = policy.smtpEgress else { return [] }
    let rows = livingSubnets.filter { index in
      let row = gate.subnets[index]
      return row.answer == .allowed
        && (row.owner == nil || row.ticket == nil || row.expires == nil)
    }
    return try findings(
      aboutSubnets: rows,
      { count, what in
        "an exception must say who answers for it and until when: \(what) of the inventory "
          + "\(count == 1 ? "does" : "do") not"
      },
      label: { row in
        let missing = [
          ("owner", row.owner == nil), ("ticket", row.ticket == nil),
          ("expires", row.expires == nil),
        ].filter(\.1).map { "`\($0.0)`" }
        return missing.joined(separator: " and ") + " missing"
      }, asOf: dateOfCheck,
      help: [
        Diagnostic.Help("fill the columns `owner`, `ticket` and `expires`"),
        Diagnostic.Help(
          "or say why that is meant, at the file: `waive: { undocumented-smtp-exemption: \"…\" }`"),
      ])
  }
}
