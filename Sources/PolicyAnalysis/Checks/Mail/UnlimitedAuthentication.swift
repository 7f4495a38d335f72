import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let unlimitedAuthentication = Check(
    "FW313", "unlimited-authentication", .note,
    summary: "mail logins open to the internet without a limit for each source",
    explanation: """
      On 465, 587, 993, 995, 110, 143 and 4190 people log in, and botnets try passwords. A limit of new
      connections `per source` slows each of them; what is refused is logged by the rule's limit.

      A server that counts failures itself (fail2ban and the like) needs none, so it is a note. Clients
      behind one address of a provider share the limit: give it room. Whether the server counts is not
      seen. Port 25 is left out: servers of the world share it, large ones send much from one address,
      and people log in elsewhere. Sources: RFC 4987 on connection floods; operators' reports of
      password guessing against mail servers.
      """,
    example: """
      fwpolicy: 1
      name: imap1
      role: host
      inbound:
        - { name: mailboxes, allow: imaps }
      """,
    fixed: """
      fwpolicy: 1
      name: imap1
      role: host
      inbound:
        - { name: mailboxes, allow: imaps, limit: 30/minute per source }
      """,
    run: { context in
      let ports = PortSet(tcp: [465, 587, 993, 995, 110, 143, 4190])
      return try context.exposures(of: ports).filter {
        context.rule(at: $0.place).limit?.isPerSource != true
      }.map {
        try context.finding(
          "logins from the internet should be limited for each source", $0,
          of: "unlimited-authentication", help: ["`limit: 30/minute per source`"])
      }
    })
}
