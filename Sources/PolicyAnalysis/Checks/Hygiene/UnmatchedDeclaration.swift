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
      be a mute button. Here the rule opens none of the ports that its word stands for, opens nothing
      at all, or opens them as a part of a range that is no single service's: one of more than 1024
      ports, or of more than 64 below 1024. A word out of such a range is not believed, and what other
      checks have to say of the port is said. Ports that stand beside the range are.

      Only the rule's own service is compared: `mx` with 25, `msa` with 587 and 465, `imap` with 143
      and 993, `pop3` with 110 and 995, `web` with 80, 443, 8080, 8443 and 8888, `authoritative-dns`
      and `recursive-dns` with 53 and 853, `proxy` with 1080, 3128, 8080, 8118, 8888 and 9050, `ntp`
      with 123, and 4460 where some rule opens 123, `ssh` with 22. Of zones and networks: `kind:
      containers` on a router, and class `residential` or `dynamic` behind an outside zone only; of
      these no packet is shown, as none is at fault. What really listens on a port is not seen: a
      declaration is asserted, not verified. Source: conventions of this program.
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
      let served = try context.rulePlaces.flatMap { try context.unmatchedWords(of: $0) }
      return served + context.unmatchedKinds + context.unmatchedClasses
    })
}

extension CheckContext {
  /// Words of a rule that it does not bear out; those out of one wide range are one finding.
  fileprivate func unmatchedWords(of place: RulePlace) throws(PacketSpaceError) -> [Finding] {
    var findings: [Finding] = []
    var wide: [(word: Located<String>, role: ServedRole)] = []
    for word in declaration(of: place).serves {
      guard let role = ServedRole(rawValue: word.value) else { continue }
      let open = ports(of: place).intersection(role.ports)
      if rule(at: place).verdict == .allow, !open.isEmpty,
        believedPorts(of: [role], at: place).isEmpty
      {
        wide.append((word, role))
      } else if let what = mismatch(of: role, at: place) {
        findings.append(
          try unmatched(
            what, word, of: place, help: "take it away, or open what it stands for", role))
      }
    }
    guard let first = wide.first else { return findings }
    let wanted = wide.reduce(PortSet(tcp: [], udp: [])) { $0.union($1.role.ports) }
    let quoted = wide.map { "`\($0.word.value)`" }
    let words =
      quoted.count == 1
      ? quoted[0] : quoted.dropLast().joined(separator: ", ") + " and " + quoted[quoted.count - 1]
    findings.append(
      try unmatched(
        "\(ports(of: place).ranges(holding: wanted).words) is no single service, so that \(words) "
          + "\(wide.count == 1 ? "is" : "are") not believed",
        first.word, of: place, help: "give each service a rule of its own, such as", first.role))
    return findings
  }

  private func unmatched(
    _ what: String, _ word: Located<String>, of place: RulePlace, help: String, _ role: ServedRole
  ) throws(PacketSpaceError) -> Finding {
    let open = ports(of: place).intersection(role.ports)
    let meant = open.subtracting(role.sidePorts).isEmpty ? role.ports : open
    return Finding(
      "a declaration must match its rule: \(what)", at: word.span,
      notes: [try exampleOfFirst("unmatched-declaration", ofRule: place)],
      help: [Diagnostic.Help("\(help): `allow: \(meant.ruleText)`")],
      waivers: rule(at: place).waivers)
  }

  /// What is wrong with a word at its rule; nil where the rule bears it out.
  private func mismatch(of role: ServedRole, at place: RulePlace) -> String? {
    if rule(at: place).verdict != .allow { return "what is refused serves nobody" }
    let meant = ports(of: place).intersection(role.ports)
    if meant.isEmpty { return "`\(role.rawValue)` is \(role.ports.words)" }
    if !meant.subtracting(role.sidePorts).isEmpty { return nil }
    let main = role.ports.subtracting(role.sidePorts)
    let isBeside = rulePlaces.contains {
      rule(at: $0).verdict == .allow && $0.section != .outbound
        && !ports(of: $0).intersection(main).isEmpty
    }
    return isBeside ? nil : "`\(role.rawValue)` is \(main.words) first of all"
  }

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

extension PortSet {
  /// Whole ranges of it that hold some port of another.
  fileprivate func ranges(holding other: PortSet) -> PortSet {
    func holding(
      _ all: IntervalSet<UInt16>, _ wanted: IntervalSet<UInt16>
    ) -> IntervalSet<UInt16> {
      IntervalSet(all.intervals.filter { !IntervalSet([$0]).intersection(wanted).isEmpty })
    }
    return PortSet(tcp: holding(tcp, other.tcp), udp: holding(udp, other.udp))
  }
}
