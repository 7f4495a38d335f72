import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let smtpEgressOneFamily = Check(
    "FW302", "smtp-egress-one-family", .error,
    summary: "a port-25 block that holds in one address family only",
    explanation: """
      TCP 25 to the internet is shut for these clients over one family and open over the other: what is
      infected tries both. Most often the block names IPv4 networks, and IPv6 came later. Name the zone
      in `smtp-egress`, and both families of it are governed.

      As `open-smtp-egress`, of clients whose other family is shut, by whatever does it: a rule, the
      gate, the default, or an allow list that names one family only. That these clients have no IPv6 at
      all is not seen. Sources: RFC 7707 and operators' reports of port-25 blocks that IPv6 walked
      around; M3AAWG, Managing Port 25.
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
        - { deny: smtp, from: { zone: clients, network: ipv4 }, to: internet, log: true }
        - { allow: any, from: clients, to: internet }
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
        - { deny: smtp, from: clients, to: internet, log: true }
        - { allow: any, from: clients, to: internet }
      """,
    run: { context in
      try context.smtpEgressOpenings().filter { !$0.isBoth }.map { opening in
        let family = opening.families.first?.displayName ?? ""
        return context.finding(
          opening, of: "smtp-egress-one-family",
          "a port-25 block must hold over both families: `\(context.rule(at: opening.place).name)` "
            + "lets \(opening.clients.description) over \(family)")
      }
    })
}
