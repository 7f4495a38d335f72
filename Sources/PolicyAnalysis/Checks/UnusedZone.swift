import Diagnostics
import PolicyLanguage

extension Check {
  static let unusedZone = Check(
    "FW206", "unused-zone",
    summary: "a zone that nothing names and that means nothing by itself",
    explanation: """
      No rule, gate or test names the zone, and it has no effect of its own: it checks no sources, takes
      no interface from another zone's pattern, and has no `kind`, which tells other checks something.
      What comes in by it meets only the rules for everybody. Often the rules for it have been
      forgotten, or name another.

      Only zones of the policy's own file are looked at: what several policies include, one may leave
      aside. Interfaces are not seen, and as a name is at fault no packet shows it. Source: conventions
      of this program.
      """,
    example: """
      fwpolicy: 1
      name: branch
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        lan: { kind: clients, interfaces: [eth1], networks: [192.0.2.0/24] }
        lab: { interfaces: [eth2] }
      forward:
        - { allow: any, from: lan, to: internet }
      smtp-egress:
        clients: lan
      """,
    fixed: """
      fwpolicy: 1
      name: branch
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        lan: { kind: clients, interfaces: [eth1], networks: [192.0.2.0/24] }
        lab: { interfaces: [eth2] }
      forward:
        - { allow: any, from: lan, to: internet }
        - { allow: [http, https], from: lan, to: lab }
      smtp-egress:
        clients: lan
      """,
    run: { context in
      let uses = context.nameUses
      return zip(context.written.zones, context.policy.zones).filter { zone, resolved in
        !uses.endpoints.contains(zone.name.value) && context.isOwn(zone.name.span)
          && zone.networks == nil && zone.invalid == nil && resolved.antiSpoofing.isEmpty
          && zone.kind == nil && !context.takesInterfaces(zone)
      }.map { zone, _ in
        Finding(
          "a zone should be used: nothing names `\(zone.name.value)`", at: zone.name.span,
          help: [.init("name it in a rule's `from` or `to`, or remove it")],
          waivers: zone.waivers)
      }
    })
}

extension CheckContext {
  /// Whether another zone's pattern would own some of its interfaces.
  fileprivate func takesInterfaces(_ zone: ZoneDeclaration) -> Bool {
    zone.interfaces.contains { own in
      written.zones.contains { other in
        other.name.value != zone.name.value
          && other.interfaces.contains { $0.value.isWildcard && $0.value.matches(own.value.stem) }
      }
    }
  }
}
