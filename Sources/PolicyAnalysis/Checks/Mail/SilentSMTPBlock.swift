import Diagnostics
import PolicyLanguage

extension Check {
  static let silentSMTPBlock = Check(
    "FW314", "silent-smtp-block",
    summary: "a port-25 block that neither logs nor counts",
    explanation: """
      Who tries port 25 and should not is most often infected: the block is the best detector a
      provider has, and this one tells nobody. The gate logs, at a bounded rate, and counts unless it
      is told not to: take `log: none` or `count: none` away.

      Sources: the recipe of ISPs to log the sources of blocked mail (NANOG 2010); CGI.br on
      traceability.
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
        log: none
        count: none
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
      guard let gate = context.policy.smtpEgress, gate.log == nil, !gate.counts else { return [] }
      return [
        Finding(
          "a port-25 block must log or count what it stops", at: gate.keySpan,
          help: [Diagnostic.Help("take away `log: none` or `count: none`")],
          waivers: context.written.smtpEgress?.waivers ?? [])
      ]
    })
}
