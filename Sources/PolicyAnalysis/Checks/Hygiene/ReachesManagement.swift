import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let reachesManagement = Check(
    "FW509", "reaches-management",
    summary: "a rule that forwards into a management network",
    explanation: """
      A zone of `kind: management` holds what runs the network: the interfaces of switches, hypervisors
      and power. A rule lets another zone reach it, so that whoever breaks in there is next to
      everything. Administrators come in by a zone of the same kind, or by a jump host.

      A rule that is meant says so in a waiver. What management itself sends is not looked at, and a
      management network behind a zone of another kind is not known as one. Sources: NIST SP 800-41
      §3.2; CIS Benchmarks on separate management networks.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
        oob: { kind: management, interfaces: [eth3], networks: [203.0.113.0/28] }
      forward:
        - { name: monitoring, allow: https, from: clients, to: oob }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
        oob: { kind: management, interfaces: [eth3], networks: [203.0.113.0/28] }
        jump: { kind: management, interfaces: [eth4], networks: [203.0.113.16/28] }
      forward:
        - { name: monitoring, allow: https, from: jump, to: oob }
        - { allow: [submission, submissions, ping], from: clients, to: internet }
      """,
    run: { context in
      let management = context.zones { $0 == .management }
      if management.isEmpty || context.policy.forward == nil { return [] }
      let others = ZoneSet(zones: context.zones { $0 != .management }, others: true)
      let set = try context.traffic(
        on: .forward, from: context.endpoint(in: others),
        to: context.endpoint(in: ZoneSet(zones: management, others: false)), .any)
      return try context.acceptingRules(of: set).map { place in
        Finding(
          "management must be reached from management only: `\(context.rule(at: place).name)` lets "
            + "others in",
          at: context.span(ofRule: place),
          secondary: management.prefix(2).map {
            Diagnostic.Label(context.policy.zones[$0].name.span, "management")
          },
          notes: [try context.example(of: set, acceptedBy: place)],
          help: [
            Diagnostic.Help("let them come by a zone of `kind: management`"),
            Diagnostic.Help("or say why it is meant: `waive: { reaches-management: \"…\" }`"),
          ], waivers: context.rule(at: place).waivers)
      }
    })
}
