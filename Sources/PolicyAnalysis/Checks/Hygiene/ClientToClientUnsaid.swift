import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let clientToClientUnsaid = Check(
    "FW510", "client-to-client-unsaid", .note,
    summary: "a zone of clients with several interfaces, and no rule between them",
    explanation: """
      The zone has more than one interface, so that its clients can meet in this router, and nothing is
      said about it: the default denies it. That may be what is meant (isolation of guests) or a printer
      that does not work; a rule, `allow` or `deny` from the zone to itself, says which.

      Clients on one interface meet in the switch, and are not seen here. Source: conventions of this
      program; the client isolation of access points is the same question.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["vlan*"], networks: [198.51.100.0/24] }
      forward:
        - { allow: [http, https, submission, submissions, ping], from: clients, to: internet }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["vlan*"], networks: [198.51.100.0/24] }
      forward:
        - { allow: [http, https, submission, submissions, ping], from: clients, to: internet }
        - { deny: any, from: clients, to: clients, log: none }
      """,
    run: { context in
      guard context.policy.role == .router, context.policy.forward != nil else { return [] }
      return try context.zones { $0 == .clients }.compactMap { index in
        let zone = context.policy.zones[index]
        guard zone.interfaces.count > 1 || zone.interfaces.contains(where: \.value.isWildcard)
        else {
          return nil
        }
        let inside = context.endpoint(in: ZoneSet(zones: [index], others: false))
        let set = try context.traffic(on: .forward, from: inside, to: inside, .any)
        if try context.decisions(about: set).contains(where: { $0.step == .rules }) { return nil }
        return Finding(
          "what clients of one zone may do to each other should be said: no rule is about `"
            + "\(zone.name.value)` to itself",
          at: zone.name.span, notes: [context.example(of: set)],
          help: [
            Diagnostic.Help(
              "`- { deny: any, from: \(zone.name.value), to: \(zone.name.value) }`, or `allow`")
          ], waivers: context.waivers(ofZone: index))
      }
    })
}
