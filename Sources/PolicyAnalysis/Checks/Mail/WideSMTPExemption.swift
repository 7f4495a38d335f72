import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let wideSMTPExemption = Check(
    "FW303", "wide-smtp-exemption", .error,
    summary: "an exception of the port-25 block for more than mail servers",
    explanation: """
      An exception is for known, designated mail servers. One to anywhere that holds a whole block of
      more than /24 (IPv4) or /56 (IPv6), all of a zone's clients or all of a network named in
      `clients` lifts the block for everybody in it, and nobody decided that. Neighbouring prefixes
      count together.

      Rows of `subnets` that say `allowed` are exceptions as well: each by its own prefix, and all of
      them together where they leave nobody of a zone or a network out.

      Whether the addresses are fixed, and whose they are, is not seen. Sources: M3AAWG, Managing Port
      25; CGI.br, Gerência de Porta 25, which exempts fixed addresses on request only.
      """,
    example: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
        allow:
          - { from: [198.51.100.0/24], owner: sales, ticket: MAIL-1, expires: 2099-01-01 }
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
        allow:
          - { from: [198.51.100.25], owner: sales, ticket: MAIL-1, expires: 2099-01-01 }
      """,
    run: { context in
      guard let gate = context.policy.smtpEgress else { return [] }
      let entries = try gate.allow.compactMap { entry -> Finding? in
        if let expires = entry.expires, expires <= context.options.asOf { return nil }
        let from = entry.from.addresses
        guard entry.to.reachesAnywhere(of: from), let why = context.whole(in: from, gate) else {
          return nil
        }
        let written = context.written.smtpEgress?.allow.first { $0.span == entry.span }
        return Finding(
          "an exception must be for mail servers only: this one holds \(why)",
          at: written?.from?.span ?? entry.span, label: "may send anywhere",
          notes: [
            context.showsExample(for: "wide-smtp-exemption")
              ? try context.exampleOfExemptMail(
                from: from, to: entry.to, asOf: context.dateOfCheck) : nil
          ],
          help: [
            Diagnostic.Help("name the mail servers' own addresses"),
            Diagnostic.Help("or name where they may send: `to:`"),
          ], waivers: (written?.waivers ?? []) + (context.written.smtpEgress?.waivers ?? []))
      }
      return try entries + context.wideSubnets(gate)
    })
}

extension ResolvedEndpoint {
  /// Whether it holds every address of a family that some sources have.
  fileprivate func reachesAnywhere(of from: AddressSet) -> Bool {
    let addresses = parts.reduce(AddressSet()) { $0.union($1.addresses) }
    // Short of all by less than a documentation prefix or a bogon is still anywhere.
    let internet = AddressSet.specialUse.complement()
    let global = Internet.globalIPv6
    return !from.ipv4.isEmpty && addresses.ipv4.addressCount >= internet.ipv4.addressCount / 2
      || !from.ipv6.isEmpty
        && addresses.ipv6.intersection(global).addressCount >= global.addressCount / 2
  }
}

extension CheckContext {
  /// Rows that are too wide, and what all of them together open.
  fileprivate func wideSubnets(_ gate: ResolvedSMTPEgress) throws -> [Finding] {
    let wide = livingSubnets.filter { index in
      let row = gate.subnets[index]
      guard row.answer == .allowed else { return false }
      return row.prefix.length < (row.prefix.family == .ipv4 ? 24 : 56)
    }
    var findings = try findings(
      aboutSubnets: wide,
      { _, what in
        "an exception must be for mail servers only: \(what) of the inventory may send anywhere from "
          + "more than a /24, or an IPv6 /56"
      }, label: { "`\($0.prefix)` may" }, asOf: dateOfCheck,
      help: [
        Diagnostic.Help("let the block be `relays-only`, and allow the mail servers' own addresses")
      ])
    if let key = gate.subnetsSpan, let why = wholeClients(in: allowedSubnetSources, gate) {
      findings.append(
        Finding(
          "an exception must be for mail servers only: `allowed` rows together hold \(why)",
          at: key,
          label: "may send anywhere",
          notes: [
            try exampleOfExemptMail(from: allowedSubnetSources, asOf: dateOfCheck)
          ],
          help: [Diagnostic.Help("allow the mail servers' own addresses")],
          waivers: subnetWaivers))
    }
    return findings
  }

  /// What a set of sources holds wholly and should not; nil where it is narrow.
  fileprivate func whole(in from: AddressSet, _ gate: ResolvedSMTPEgress) -> String? {
    for interval in from.ipv4.intervals where interval.upper - interval.lower >= 256 {
      return "more than 256 neighbouring IPv4 addresses"
    }
    for interval in from.ipv6.intervals where interval.upper - interval.lower >= 1 << 72 {
      return "more than an IPv6 /56"
    }
    return wholeClients(in: from, gate)
  }

  private func wholeClients(in from: AddressSet, _ gate: ResolvedSMTPEgress) -> String? {
    func holds(_ all: AddressSet) -> Bool {
      (!all.ipv4.isEmpty && all.ipv4.subtracting(from.ipv4).isEmpty)
        || (!all.ipv6.isEmpty && all.ipv6.subtracting(from.ipv6).isEmpty)
    }
    for (index, zone) in policy.zones.enumerated()
    where zone.kind == .clients || gate.clientZones.zones.contains(index) {
      if let networks = zone.networks, holds(networks) {
        return "all clients of zone `\(zone.name.value)`"
      }
    }
    let named = written.smtpEgress?.clients?.names ?? []
    for network in policy.networks where named.contains(network.name.value) {
      if holds(network.addresses) { return "all of network `\(network.name.value)`" }
    }
    return nil
  }
}
