import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let submissionBlocked = Check(
    "FW308", "submission-blocked", .error,
    summary: "clients who may reach the web but not hand in mail on 587 or 465",
    explanation: """
      Whoever shuts port 25 owes clients the way that is meant for them: submission, with a login, on
      587 and 465. Here some client may open TCP 443 to addresses of the internet and may not open 587
      or 465 to the same: a block that hits more than it should, or an allow list that forgot mail.

      Clients as of `open-smtp-egress`. One of the two ports shut to some of these addresses is enough;
      there is one finding for a zone or network, which names the ports. That a network is for surfing
      only, on purpose, is not seen: a waiver says so. Sources: RFC 5068 §4.1, providers must not block
      587; RFC 6409 §3.1; RFC 8314 §3.3.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      forward:
        - { allow: [http, https, ping], from: clients, to: internet }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      forward:
        - { allow: [http, https, submission, submissions, ping], from: clients, to: internet }
      """,
    run: { context in
      try context.clientGroups.compactMap { clients in
        let web = try context.traffic(
          on: .forward, from: clients.from, to: context.strangers, .port(.tcp, 443))
        let surfing = try context.packets(of: web) { $0.verdict == .accept }
        if surfing.isEmpty { return nil }
        let ends = PacketSet(
          diagram: try context.arena.fix(
            try context.arena.fix(surfing.diagram, .destinationPort, to: 443), .originalPort,
            to: 443))
        var shut: [UInt16] = []
        var shown: PacketSet?
        for port: UInt16 in [587, 465] {
          let mail = try context.traffic(
            on: .forward, from: clients.from, to: context.strangers, .port(.tcp, port))
          let refused = try context.packets(
            of: try context.arena.intersection(mail, ends)
          ) { $0.verdict != .accept }
          if refused.isEmpty { continue }
          shut.append(port)
          shown = shown ?? refused
        }
        guard let shown else { return nil }
        let rules = try context.decisions(about: shown).compactMap { decision in
          decision.decider.flatMap { context.place(ofRule: $0.name) }
        }.sorted()
        let ports = shut.map(String.init).joined(separator: " and ")
        return Finding(
          "clients who may surf must be able to hand in mail: \(clients.description) may not reach "
            + "TCP \(ports)",
          at: rules.first.map { context.span(ofRule: $0) } ?? clients.span,
          secondary: rules.isEmpty ? [] : [Diagnostic.Label(clients.span, "these clients")],
          notes: [context.example(of: shown)],
          help: [Diagnostic.Help("add `submission` and `submissions` to what they may reach")],
          waivers: (rules.first.map { context.rule(at: $0).waivers } ?? []) + clients.waivers)
      }
    })
}
