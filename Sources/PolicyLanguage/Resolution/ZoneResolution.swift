import Diagnostics
import NetworkTypes

extension Resolver {
  mutating func resolveZones(defaultInvalid: InvalidHandling) -> [ResolvedZone] {
    var owners: [String: (zone: String, span: SourceSpan)] = [:]
    return policy.zones.map { zone in
      waivers = zone.waivers
      defer { waivers = [] }
      checkInterfaces(of: zone, &owners)
      return ResolvedZone(
        name: zone.name, interfaces: zone.interfaces, kind: zone.kind?.value,
        networks: zone.networks.flatMap { addresses($0, at: .zoneNetworks) },
        invalid: zone.invalid?.value ?? defaultInvalid, antiSpoofing: antiSpoofing(of: zone))
    }
  }

  private mutating func checkInterfaces(
    of zone: ZoneDeclaration, _ owners: inout [String: (zone: String, span: SourceSpan)]
  ) {
    if zone.interfaces.isEmpty {
      report(
        Diagnostic(
          .zoneWithoutInterface, .error, "a zone has at least one interface", at: zone.name.span,
          help: [Diagnostic.Help("add `interfaces: [eth0]`")]))
    }
    for pattern in zone.interfaces {
      let text = pattern.value.text
      if let owner = owners[text] {
        let message =
          owner.zone == zone.name.value
          ? "a zone names an interface once: `\(text)` is named twice"
          : "an interface belongs to one zone: `\(text)` is in `\(owner.zone)` and in `\(zone.name.value)`"
        report(
          Diagnostic(
            .sharedInterface, .error, message, at: pattern.span, label: "in `\(zone.name.value)`",
            secondary: [Diagnostic.Label(owner.span, "in `\(owner.zone)`")],
            help: [Diagnostic.Help("remove one of the two")]))
        continue
      }
      owners[text] = (zone.name.value, pattern.span)
      if text == "lo" {
        warn(
          Diagnostic(
            .loopbackInZone, .warning,
            "a zone should not name `lo`: loopback is accepted before any rule",
            at: pattern.span, help: [Diagnostic.Help("remove `lo`")]))
      }
    }
  }

  /// Defaults applied; `off` is the empty set.
  private mutating func antiSpoofing(of zone: ZoneDeclaration) -> Set<AntiSpoofing> {
    guard let written = zone.antiSpoofing else {
      return zone.kind?.value == .clients && zone.networks != nil ? [.networks] : []
    }
    let modes = Set(written.value)
    if modes.contains(.off), modes.count > 1 {
      report(
        Diagnostic(
          .badAntiSpoofing, .error, "`off` cannot stand beside another anti-spoofing mode",
          at: written.span,
          help: [Diagnostic.Help("write `anti-spoofing: off`, or leave `off` out")]))
    }
    // An outside zone drops what lives behind the other zones: it needs no networks of its own.
    if modes.contains(.networks), zone.networks == nil, zone.kind?.value != .outside {
      report(
        Diagnostic(
          .badAntiSpoofing, .error,
          "anti-spoofing by `networks` needs to know which networks live behind the zone",
          at: written.span, secondary: [Diagnostic.Label(zone.name.span, "lists no `networks`")],
          help: [
            Diagnostic.Help(
              "add `networks:` to `\(zone.name.value)`, or write `anti-spoofing: reverse-path`")
          ]))
    }
    return modes.subtracting([.off])
  }
}
