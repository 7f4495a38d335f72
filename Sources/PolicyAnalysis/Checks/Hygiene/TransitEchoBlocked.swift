import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let transitEchoBlocked = Check(
    "FW508", "transit-echo-blocked",
    summary: "clients who may surf over IPv6 but not ping",
    explanation: """
      Echo requests and replies are among the ICMPv6 that must not be dropped in transit: Teredo and
      many a diagnosis need them, and scanning by ping is no threat in a /64. Path MTU discovery and the
      other errors pass in any case (order of decision, step 4).

      Clients as of `open-smtp-egress` who may open TCP 443 to the internet over IPv6 are looked at.
      What other routers drop is not seen. Source: RFC 4890 §4.3.1.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: [https, submission, submissions], from: clients, to: internet }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: [https, submission, submissions, ping], from: clients, to: internet }
      """,
    run: { context in
      guard context.policy.role == .router else { return [] }
      return try context.clientGroups.compactMap { clients in
        func traffic(_ service: ServiceSet) throws -> PacketSet {
          try context.only(
            .ipv6,
            of: try context.traffic(
              on: .forward, from: clients.from, to: context.strangers, service))
        }
        let echo = try traffic(ServiceSet(icmpv6: IntervalSet(128 << 8)))
        guard
          try context.decisions(about: try traffic(.port(.tcp, 443)))
            .contains(where: { $0.verdict == .accept }),
          !(try context.decisions(about: echo).contains { $0.verdict == .accept })
        else { return nil }
        let rule = try context.decisions(about: echo).compactMap { decision in
          decision.decider.flatMap { context.place(ofRule: $0.name) }
        }.min()
        return Finding(
          "echo requests over IPv6 must pass: \(clients.description) may surf and not ping",
          at: rule.map { context.span(ofRule: $0) } ?? clients.span,
          notes: [context.example(of: echo)],
          help: [Diagnostic.Help("add `ping` to what they may reach")],
          waivers: (rule.map { context.rule(at: $0).waivers } ?? []) + clients.waivers)
      }
    })
}
