import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let noAntiSpoofing = Check(
    "FW501", "no-anti-spoofing",
    summary: "a zone of clients that may send with any source",
    explanation: """
      Floods are sent with forged sources, and only the network that the sender is in can tell. A zone
      of `kind: clients` should let in what lives there: list its `networks`, which is enough to turn
      anti-spoofing on, or use `anti-spoofing: reverse-path` where the routes know.

      A check that stands in front of this machine, in switches or a BNG, is not seen; a waiver says
      so. Sources: RFC 2827 (BCP 38), RFC 3704 (BCP 84); MANRS, Action 2.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
      """,
    fixed: """
      fwpolicy: 1
      name: edge
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
      guard context.policy.role == .router else { return [] }
      return try context.zones { $0 == .clients }.filter {
        context.policy.zones[$0].antiSpoofing.isEmpty
      }.map { index in
        let zone = context.policy.zones[index]
        // Somebody else's, whatever lives there.
        let forged = try context.traffic(
          on: .forward,
          from: context.endpoint(
            context.internet.addresses.subtracting(zone.networks ?? AddressSet()),
            in: ZoneSet(zones: [index], others: false)),
          to: context.endpoint(), .any)
        return Finding(
          "a zone of clients must not send with any source: `\(zone.name.value)` has no anti-spoofing",
          at: zone.name.span,
          notes: [context.example(of: try context.packets(of: forged) { $0.verdict == .accept })],
          help: [
            Diagnostic.Help("let the routes tell who lives there: `anti-spoofing: reverse-path`"),
            Diagnostic.Help("or list it under `networks` of the zone, which is enough by itself"),
          ], waivers: context.waivers(ofZone: index))
      }
    })
}
