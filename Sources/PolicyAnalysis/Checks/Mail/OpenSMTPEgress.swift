import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let openSMTPEgress = Check(
    "FW301", "open-smtp-egress", .error,
    summary: "clients who may open TCP 25 to the whole internet",
    explanation: """
      An infected client that speaks SMTP to the world sends spam from your addresses, and mail from the
      whole network is refused by others. Clients hand in mail on 587 or 465, where they log in; only
      known mail servers need 25. `smtp-egress` shuts it for the clients it names, but for relays and
      exceptions, which are not counted here.

      Clients are the zones of `kind: clients`, and networks of class `residential` and `dynamic`. Mail
      by another port is not seen, nor what leaves by a zone of `kind: tunnel`: it is judged where the
      tunnel ends, unless the zone is said to be `outside`. Sources: M3AAWG, Managing Port 25 for
      Residential or Dynamic IP Space; RFC 5068 §4; CGI.br, Gerência de Porta 25.
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
      """,
    run: { context in
      try context.smtpEgressOpenings().filter(\.isBoth).map { opening in
        context.finding(
          opening, of: "open-smtp-egress",
          "clients must not open TCP 25 to the whole internet: "
            + "`\(context.rule(at: opening.place).name)` lets \(opening.clients.description)")
      }
    })
}
