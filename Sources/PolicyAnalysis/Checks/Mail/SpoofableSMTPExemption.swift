import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let spoofableSMTPExemption = Check(
    "FW305", "spoofable-smtp-exemption",
    summary: "an exception whose source another client can take for itself",
    explanation: """
      An exception is by source address. Where a zone of clients lets in any source, whoever sits
      behind it can use the exempt address, in the simplest case by setting it. A zone's `networks`
      give it anti-spoofing (BCP 38): then nobody else's packets carry them.

      Two clients behind one zone are not told apart, its anti-spoofing on or not: that is the access
      network's to do (DHCP snooping, source guard). Sources: RFC 2827, RFC 3704 (BCP 84); MANRS,
      Action 2.
      """,
    example: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        business: { kind: clients, interfaces: [eth2], networks: [198.51.100.0/24] }
        homes:
          kind: clients
          interfaces: [eth1]
          waive: { no-anti-spoofing: the access switches check sources }
      forward:
        - { allow: any, from: [business, homes], to: internet }
      smtp-egress:
        clients: [business, homes]
        allow:
          - { from: [198.51.100.25], owner: sales, ticket: MAIL-1, expires: 2099-01-01 }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        business: { kind: clients, interfaces: [eth2], networks: [198.51.100.0/24] }
        homes: { kind: clients, interfaces: [eth1], networks: [203.0.113.0/24] }
      forward:
        - { allow: any, from: [business, homes], to: internet }
      smtp-egress:
        clients: [business, homes]
        allow:
          - { from: [198.51.100.25], owner: sales, ticket: MAIL-1, expires: 2099-01-01 }
      """,
    run: { context in
      guard let gate = context.policy.smtpEgress else { return [] }
      let zones = context.policy.zones
      let listed = zones.compactMap(\.networks).reduce(AddressSet()) { $0.union($1) }
      func unchecked(_ sources: AddressSet) -> [Int] {
        sources.isEmpty
          ? []
          : zones.indices.filter { index in
            let zone = zones[index]
            guard zone.kind == .clients || gate.clientZones.zones.contains(index),
              zone.antiSpoofing.isEmpty
            else { return false }
            return listed.isEmpty || !sources.intersection(listed).isEmpty
          }
      }
      func finding(
        _ what: String, _ sources: AddressSet, to: ResolvedEndpoint? = nil, at span: SourceSpan,
        _ waivers: [Waiver]
      ) throws -> Finding? {
        let unchecked = unchecked(sources)
        guard let first = unchecked.first else { return nil }
        return Finding(
          "\(what) must be nobody else's: zone `\(zones[first].name.value)` lets in "
            + "any source",
          at: span,
          secondary: unchecked.prefix(4).map {
            Diagnostic.Label(zones[$0].name.span, "without anti-spoofing")
          },
          notes: [
            context.showsExample(for: "spoofable-smtp-exemption")
              ? try context.exampleOfExemptMail(
                from: sources, to: to, in: ZoneSet(zones: [first], others: false),
                asOf: context.dateOfCheck) : nil
          ],
          help: [
            Diagnostic.Help(
              "let its routes tell who lives there: `anti-spoofing: reverse-path` in zone "
                + "`\(zones[first].name.value)`"),
            Diagnostic.Help("or list it under `networks` of the zone, which is enough by itself"),
          ], waivers: waivers + (context.written.smtpEgress?.waivers ?? []))
      }
      let writtenEntries = Dictionary(
        (context.written.smtpEgress?.allow ?? []).map { ($0.span, $0) },
        uniquingKeysWith: { a, _ in a })
      let entries = try gate.allow.compactMap { entry -> Finding? in
        if let expires = entry.expires, expires <= context.options.asOf { return nil }
        let written = writtenEntries[entry.span]
        return try finding(
          "an exception's source", entry.from.addresses, to: entry.to,
          at: written?.from?.span ?? entry.span, written?.waivers ?? [])
      }
      let rows = try gate.subnetsSpan.flatMap {
        try finding(
          "an `allowed` subnet's source", context.allowedSubnetSources, at: $0,
          context.subnetWaivers)
      }
      return entries + (rows.map { [$0] } ?? [])
    })
}
