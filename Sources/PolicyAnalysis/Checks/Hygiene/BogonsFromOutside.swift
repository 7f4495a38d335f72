import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let bogonsFromOutside = Check(
    "FW502", "bogons-from-outside",
    summary: "private and special-use sources that a router lets in from outside",
    explanation: """
      No packet of the internet has a source of private, shared, loopback or reserved space. What
      arrives with one from a zone of `kind: outside` is forged or misrouted, and rules for private
      networks may take it for their own. A rule before the others denies it: `deny: any` from the
      zone with network `special-use`.

      Documentation addresses, link-local ones and what the zone's own `networks` hold are left out,
      as are the ICMP errors that the language always lets through. Sources: RFC 6890; RFC 3871 §2.11;
      RFC 2827.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
        servers: { kind: servers, interfaces: [eth2], networks: [203.0.113.0/24, 2001:db8:2::/48] }
      forward:
        - { name: web, allow: https, from: internet, to: servers }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
        servers: { kind: servers, interfaces: [eth2], networks: [203.0.113.0/24, 2001:db8:2::/48] }
      forward:
        - { deny: any, from: { zone: internet, network: special-use } }
        - { name: web, allow: https, from: internet, to: servers }
      """,
    run: { context in
      guard context.policy.role == .router else { return [] }
      return try context.zones { $0 == .outside }.compactMap { index in
        let zone = context.policy.zones[index]
        let sources = AddressSet.bogons.subtracting(zone.networks ?? AddressSet())
        let from = context.endpoint(sources, in: ZoneSet(zones: [index], others: false))
        var places: [RulePlace] = []
        var example: String?
        for path in [Packet.Path.inbound, .forward] {
          let set = try context.traffic(on: path, from: from, to: context.endpoint(), .notPing)
          let rules = try context.acceptingRules(of: set)
          if let first = rules.first {
            example = try example ?? context.example(of: set, acceptedBy: first)
          }
          places += rules
        }
        if places.isEmpty { return nil }
        return Finding(
          "sources that the internet does not have must not come from it: `\(zone.name.value)` brings "
            + "them in",
          at: zone.name.span,
          secondary: places.prefix(3).map {
            Diagnostic.Label(context.span(ofRule: $0), "lets them in")
          },
          notes: [example],
          help: [
            Diagnostic.Help(
              "first in \(places.contains { $0.section == .forward } ? "`forward`" : "`inbound`"): "
                + "`- { deny: any, from: { zone: \(zone.name.value), network: special-use } }`")
          ], waivers: context.waivers(ofZone: index))
      }
    })
}

extension ServiceSet {
  /// Everything but ICMP: an echo to nowhere does no harm.
  fileprivate static let notPing = ServiceSet(
    protocols: IntervalSet<UInt8>([.init(1, 1), .init(58, 58)]).complement())
}

extension AddressSet {
  /// Special-use addresses that no packet from the internet has as its source.
  ///
  /// Without documentation, "this network" and link-local addresses: what a host without an address
  /// and a neighbour on the link have.
  fileprivate static let bogons = AddressSet.specialUse.subtracting(
    AddressSet(
      ipv4: IntervalSet([
        .init(0, 0x00ff_ffff), .init(0xa9fe_0000, 0xa9fe_ffff), .init(0xc000_0200, 0xc000_02ff),
        .init(0xc633_6400, 0xc633_64ff), .init(0xcb00_7100, 0xcb00_71ff),
      ]),
      ipv6: IntervalSet([
        .init(0, 0), .init(0x2001_0db8 << 96, (0x2001_0db9 << 96) - 1),
        .init(0x3fff << 112, (0x3fff << 112) + ((1 << 108) - 1)),
        .init(0xfe80 << 112, (0xfec0 << 112) - 1),
      ])))
}
