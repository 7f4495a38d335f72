import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let mailServerCannotSend = Check(
    "FW311", "mail-server-cannot-send", .error,
    summary: "a mail server that may open TCP 25 to nobody",
    explanation: """
      A rule says that a server is an MX or takes submissions, and nothing lets it open port 25 to
      anyone: bounces, forwarded mail and everything handed in stay in its queue. A host needs the
      internet (`users` of `smtp-egress` with the mail server's user) or a relay; a server behind a
      router that lets the internet's mail in to it, a rule that lets its addresses out.

      What a container or another user than the mail server's may send counts as well, so that a
      server whose own user is shut out is not noticed. Source: RFC 5321 §4.5.4.
      """,
    example: """
      fwpolicy: 1
      name: mx1
      role: host
      inbound:
        - { name: mail, allow: smtp, serves: mx }
      smtp-egress:
        relays: []
      """,
    fixed: """
      fwpolicy: 1
      name: mx1
      role: host
      users: { postfix: 101 }
      inbound:
        - { name: mail, allow: smtp, serves: mx }
      smtp-egress:
        users: [postfix]
      """,
    run: { context in
      switch context.policy.role {
      case .host: try context.hostCannotSend().map { [$0] } ?? []
      case .router: try context.serversThatCannotSend()
      }
    })
}

extension CheckContext {
  /// Rules that say they serve a mail server.
  private var mailServerRules: [RulePlace] {
    rulePlaces.filter {
      let rule = rule(at: $0)
      return rule.verdict == .allow && $0.section != .outbound
        && !Set(["mx", "msa"]).isDisjoint(with: rule.serves)
    }
  }

  private func mayBeSent(_ packets: PacketSet) throws -> Bool {
    try decisions(about: packets).contains { $0.verdict == .accept }
  }

  fileprivate func hostCannotSend() throws -> Finding? {
    guard let server = mailServerRules.first else { return nil }
    var sent = [try traffic(on: .outbound, from: endpoint(), to: endpoint(), .port(.tcp, 25))]
    let containers = zones { $0 == .containers }
    if policy.forward != nil, !containers.isEmpty {
      sent.append(
        try traffic(
          on: .forward, from: endpoint(in: ZoneSet(zones: containers, others: false)),
          to: endpoint(), .port(.tcp, 25)))
    }
    for set in sent where try mayBeSent(set) { return nil }
    let rule = rule(at: server)
    return Finding(
      "a mail server must be able to send: `\(rule.name)` serves one, and TCP 25 is shut to "
        + "everybody",
      at: span(ofRule: server),
      secondary: policy.smtpEgress.map { [Diagnostic.Label($0.keySpan, "shuts it")] } ?? [],
      notes: [example(of: sent[0])],
      help: [
        Diagnostic.Help(
          "let the mail server's user send: `smtp-egress: { users: [postfix] }`, with its uid: "
            + "`users: { postfix: 101 }`"),
        Diagnostic.Help("or name the relay that takes its mail under `relays` of `smtp-egress`"),
      ], waivers: rule.waivers)
  }

  /// Behind a router, by the addresses to which the rules let mail in; each set of them once.
  fileprivate func serversThatCannotSend() throws -> [Finding] {
    var known: Set<ResolvedEndpoint> = []
    var findings: [Finding] = []
    // A customer's own server sends by the relays, or not at all.
    let customers = policy.networks
      .filter { $0.networkClass == .residential || $0.networkClass == .dynamic }
      .reduce(AddressSet()) { $0.union($1.addresses) }
    // Whom only some clients reach, may have another way out.
    let opened = Set(try openings().filter { $0.way == .servers }.map(\.place))
    for place in mailServerRules where opened.contains(place) {
      let rule = rule(at: place)
      // Where `to` names nobody in particular, so does the finding: whoever it is may be elsewhere.
      let isNamed = rule.to.parts.allSatisfy { !$0.addresses.isAny }
      guard isNamed, known.insert(rule.to).inserted else { continue }
      let servers = ResolvedEndpoint(
        parts: rule.to.parts.map { part in
          let zones = part.zones.zones.filter { policy.zones[$0].kind != .outside }
          return .init(
            zones: ZoneSet(zones: zones, others: false),
            addresses: part.addresses.subtracting(customers))
        })
      let sent = try traffic(on: .forward, from: servers, to: endpoint(), .port(.tcp, 25))
      if sent.isEmpty { continue }
      if try mayBeSent(sent) { continue }
      findings.append(
        Finding(
          "a mail server must be able to send: `\(rule.name)` serves one, and TCP 25 is shut to it",
          at: span(ofRule: place), notes: [example(of: sent)],
          help: [
            Diagnostic.Help(
              "let it out: `- { allow: [smtp, dns], from: \(declaration(of: place).to?.text ?? "any"), "
                + "to: \(nameOfOutside) }` in `forward`")
          ], waivers: rule.waivers))
    }
    return findings
  }
}
