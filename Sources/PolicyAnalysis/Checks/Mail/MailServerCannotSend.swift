import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let mailServerCannotSend = Check(
    "FW311", "mail-server-cannot-send", .error,
    summary: "a mail server that may open TCP 25 to nobody",
    explanation: """
      A rule says that this host serves as MX or takes submissions, and nothing lets it open port 25
      to anyone: bounces, forwarded mail and everything handed in stay in its queue. It needs the
      internet (`users` of `smtp-egress` with the mail server's user) or a relay.

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
      guard context.policy.role == .host else { return [] }
      let servers = context.rulePlaces.filter {
        let rule = context.rule(at: $0)
        return rule.verdict == .allow && $0.section != .outbound
          && !Set(["mx", "msa"]).isDisjoint(with: rule.serves)
      }
      guard let server = servers.first else { return [] }
      var sent = [
        try context.traffic(
          on: .outbound, from: context.endpoint(), to: context.endpoint(), .port(.tcp, 25))
      ]
      let containers = context.zones { $0 == .containers }
      if context.policy.forward != nil, !containers.isEmpty {
        sent.append(
          try context.traffic(
            on: .forward, from: context.endpoint(in: ZoneSet(zones: containers, others: false)),
            to: context.endpoint(), .port(.tcp, 25)))
      }
      for set in sent
      where try context.decisions(about: set).contains(where: { $0.verdict == .accept }) {
        return []
      }
      let rule = context.rule(at: server)
      return [
        Finding(
          "a mail server must be able to send: `\(rule.name)` serves one, and TCP 25 is shut to "
            + "everybody",
          at: context.span(ofRule: server),
          secondary: context.policy.smtpEgress.map { [Diagnostic.Label($0.keySpan, "shuts it")] }
            ?? [],
          notes: [context.example(of: sent[0])],
          help: [
            Diagnostic.Help("let the mail server's user send: `smtp-egress: { users: [postfix] }`"),
            Diagnostic.Help("or name its relay: `smtp-egress: { relays: [...] }`"),
          ], waivers: rule.waivers)
      ]
    })
}
