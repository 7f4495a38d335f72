import Diagnostics
import PolicyLanguage

extension Check {
  static let unreviewedSMTPBlock = Check(
    "FW318", "unreviewed-smtp-block", .note,
    summary: "a port-25 block in a policy that names nobody who answers for it",
    explanation: """
      A block that customers meet needs somebody whom they, and the next engineer, can ask: `owner` at
      the head of the policy. It travels into the ruleset's comments and into reports.

      Any text counts: whether anybody answers is not seen. When the block is to be looked at again has
      no key of its own; `description` or a calendar says it, and exceptions end by `expires`. Source:
      BITAG, Port Blocking (2013): disclose blocks, and provide a contact and a review.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      owner: noc@example.net
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
      """,
    run: { context in
      guard let gate = context.policy.smtpEgress, gate.governsForward, context.policy.owner == nil
      else { return [] }
      return [
        Finding(
          "a port-25 block should name who answers for it: the policy has no `owner`",
          at: gate.keySpan, notes: [try context.exampleOfStoppedMail()],
          help: [Diagnostic.Help("at the head of the policy: `owner: noc@example.net`")],
          waivers: context.written.smtpEgress?.waivers ?? [])
      ]
    })
}
