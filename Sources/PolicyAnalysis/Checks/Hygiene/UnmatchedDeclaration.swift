import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let unmatchedDeclaration = Check(
    "FW512", "unmatched-declaration",
    summary: "a declaration that nothing in the policy bears out",
    explanation: """
      `serves` says what a rule is open for, and checks believe it: a word that nothing matches would
      be a mute button. Here the rule opens none of the ports that its word stands for, or opens
      nothing at all.

      Only the rule's own service is compared: `mx` with 25, `msa` with 587 and 465, `imap` with 143
      and 993, `pop3` with 110 and 995, `web` with 80, 443, 8080, 8443 and 8888, `authoritative-dns`
      and `recursive-dns` with 53 and 853, `proxy` with 1080, 3128, 8080, 8118, 8888 and 9050, `ntp`
      with 123 and 4460, `ssh` with 22. Of zones and networks: `kind: containers` on
      a router, and class `residential` or `dynamic` behind an outside zone only. Source: conventions of
      this program; a declaration is asserted, not verified.
      """,
    example: """
      fwpolicy: 1
      name: www1
      role: host
      inbound:
        - { name: site, allow: https, serves: mx }
      """,
    fixed: """
      fwpolicy: 1
      name: www1
      role: host
      inbound:
        - { name: site, allow: https, serves: web }
      """,
    run: { context in
      let served = context.rulePlaces.flatMap { place in
        let rule = context.rule(at: place)
        return context.declaration(of: place).serves.compactMap { word -> Finding? in
          guard let role = ServedRole(rawValue: word.value) else { return nil }
          let ports = PortSet(of: rule.published ?? rule.service).intersection(role.ports)
          if rule.verdict == .allow, !ports.isEmpty { return nil }
          return Finding(
            rule.verdict == .allow
              ? "a declaration must match its rule: `\(word.value)` is \(role.ports.words)"
              : "a declaration must match its rule: what is refused serves nobody",
            at: word.span,
            help: [
              Diagnostic.Help(
                "take it away, or open what it stands for: `allow: \(role.ports.ruleText)`")
            ], waivers: rule.waivers)
        }
      }
      return served + context.unmatchedKinds + context.unmatchedClasses
    })
}

extension CheckContext {
  /// Zones whose kind nobody asks about on this machine.
  fileprivate var unmatchedKinds: [Finding] {
    if policy.role == .host { return [] }
    return written.zones.compactMap { zone in
      guard let kind = zone.kind, kind.value == .containers else { return nil }
      return Finding(
        "a declaration must match its policy: a router's containers are servers behind it",
        at: kind.span, help: [Diagnostic.Help("`kind: servers`")], waivers: zone.waivers)
    }
  }

  /// Networks of clients that are said to live where nobody is a client.
  fileprivate var unmatchedClasses: [Finding] {
    let inside = policy.zones.filter { $0.kind != .outside }
    // Inside a zone without networks they may live after all.
    guard inside.allSatisfy({ $0.networks != nil }) else { return [] }
    let outside = policy.zones.filter { $0.kind == .outside }.compactMap(\.networks)
      .reduce(AddressSet()) { $0.union($1) }
    let known = Dictionary(policy.networks.map { ($0.name.value, $0) }) { first, _ in first }
    return written.networks.compactMap { declared in
      guard let word = declared.networkClass, word.value.isOfClients,
        let network = known[declared.name.value], !network.addresses.isEmpty,
        network.addresses.isSubset(of: outside)
      else { return nil }
      return Finding(
        "a declaration must match its policy: `\(network.name.value)` lives behind an outside zone, "
          + "where nobody is a client",
        at: word.span, help: [Diagnostic.Help("take `class` away, or correct the zone")],
        waivers: declared.waivers)
    }
  }
}
