import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let oneFamilyService = Check(
    "FW409", "one-family-service",
    summary: "a service that the internet reaches over one address family only",
    explanation: """
      A service that is open over IPv4 and shut over IPv6, or the other way round, in a policy that
      otherwise speaks of both, is most often one that was forgotten: half of its users wait for a
      timeout first, and whoever tests over one family does not notice.

      It looks at what is open to the internet, on all rules together; a policy that names addresses of
      one family only is left in peace, and so is a port of DHCP. That the service has no address of the
      other family is not seen: a waiver says so. Source: RFC 6555 on what broken IPv6 costs users.
      """,
    example: """
      fwpolicy: 1
      name: www1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: web, allow: [http, https], from: ipv4 }
        - { allow: ssh, from: office }
      """,
    fixed: """
      fwpolicy: 1
      name: www1
      role: host
      networks:
        office: [192.0.2.0/28, 2001:db8:10::/64]
      inbound:
        - { name: web, allow: [http, https] }
        - { allow: ssh, from: office }
      """,
    run: { context in
      let openings = try context.openings()
      var open: [AddressFamily: PortSet] = [:]
      for opening in openings {
        open.merge(opening.ports) { $0.union($1) }
      }
      let byRule = Dictionary(grouping: openings, by: \.place)
      let usesBoth = context.speaksOfBothFamilies
      // DHCP has a protocol of its own for each family.
      let own = PortSet(udp: [67, 68, 546, 547])
      let found = try context.exposures(of: PortSet(tcp: .all, udp: .all))
      return try found.compactMap { exposure in
        let rule = context.rule(at: exposure.place)
        guard usesBoth || rule.namesNoFamily else { return nil }
        for (family, other) in [(AddressFamily.ipv4, AddressFamily.ipv6), (.ipv6, .ipv4)] {
          let ports = (byRule[exposure.place] ?? [])
            .compactMap { $0.ports[family] }.reduce(PortSet(tcp: [], udp: [])) { $0.union($1) }
          let missing = ports.subtracting(open[other] ?? PortSet(tcp: [], udp: []))
            .subtracting(own)
          if missing.isEmpty { continue }
          var shown = exposure
          shown.ports = missing
          return try context.finding(
            "a service must be reachable over both families, or say why it is not", shown,
            of: "one-family-service",
            help: ["open it over \(other.displayName), too"])
        }
        return nil
      }
    })
}

extension CheckContext {
  /// Whether the policy names addresses of IPv4 and of IPv6.
  fileprivate var speaksOfBothFamilies: Bool {
    var sets = policy.networks.map(\.addresses) + policy.zones.compactMap(\.networks)
    for rule in PolicySection.allCases.flatMap({ rules(of: $0) }) {
      sets += (rule.from.parts + rule.to.parts).map(\.addresses)
    }
    let named = sets.filter { !$0.isAny }
    return named.contains { !$0.ipv4.isEmpty && !$0.ipv4.isAll }
      && named.contains { !$0.ipv6.isEmpty && !$0.ipv6.isAll }
  }
}

extension ResolvedRule {
  /// Whether both ends have addresses of both families.
  fileprivate var namesNoFamily: Bool {
    [from, to].allSatisfy { endpoint in
      AddressFamily.allCases.allSatisfy { family in
        endpoint.parts.contains { !$0.addresses.isEmpty(in: family) }
      }
    }
  }
}
