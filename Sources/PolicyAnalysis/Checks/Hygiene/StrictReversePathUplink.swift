import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let strictReversePathUplink = Check(
    "FW514", "strict-reverse-path-uplink",
    summary: "a strict reverse path check where packets come in by several uplinks",
    explanation: """
      `anti-spoofing: reverse-path` drops a packet that did not come by the interface of the way back
      to its source. With two uplinks routes are asymmetric: much of the internet answers by the other
      one, and all of that is dropped.

      Routes are not seen: uplinks of which one is a spare may be symmetric. Deny what cannot come
      from outside by its source instead: `special-use` and your own networks. Sources: RFC 3704 (BCP
      84) §2.2; RFC 8704.
      """,
    example: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0, eth1], anti-spoofing: reverse-path }
        clients: { kind: clients, interfaces: [eth2], networks: [198.51.100.0/24] }
      forward:
        - { allow: [http, https, submission, submissions, ping], from: clients, to: internet }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0, eth1] }
        clients: { kind: clients, interfaces: [eth2], networks: [198.51.100.0/24] }
      forward:
        - { allow: [http, https, submission, submissions, ping], from: clients, to: internet }
      """,
    run: { context in
      guard context.policy.role == .router else { return [] }
      let outside = context.zones { $0 == .outside }
      return try outside.filter { index in
        let zone = context.policy.zones[index]
        return zone.antiSpoofing.contains(.reversePath)
          && (outside.count > 1 || zone.interfaces.count > 1
            || zone.interfaces.contains { $0.value.isWildcard })
      }.map { index in
        let zone = context.policy.zones[index]
        return Finding(
          "uplinks must not be checked by strict reverse path: `\(zone.name.value)` is one of several ways "
            + "in",
          at: zone.name.span, notes: [try context.exampleOfAsymmetry(at: index)],
          help: [
            Diagnostic.Help(
              "take `anti-spoofing: reverse-path` away, and deny `special-use` sources by a rule")
          ], waivers: context.waivers(ofZone: index))
      }
    })
}

extension CheckContext {
  /// A packet of the internet that comes in by a zone, while the way back leads elsewhere.
  fileprivate func exampleOfAsymmetry(at zone: Int) throws(PacketSpaceError) -> String? {
    var selection = TrafficSelection(
      on: policy.forward == nil ? .inbound : .forward,
      from: endpoint(internet.addresses, in: ZoneSet(zones: [zone], others: false)), to: endpoint())
    selection.isSpoofed = true
    return example(of: try packets(of: try packets(of: selection)) { $0.step == .antiSpoofing })
  }
}
