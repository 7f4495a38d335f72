import NetworkTypes

extension Check {
  static let cleartextMailAccess = Check.exposure(
    "FW312", "cleartext-mail-access",
    ports: PortSet(tcp: [110, 143]),
    message: "mailboxes must not be open to the internet in clear",
    summary: "mail access (POP3, IMAP) without TLS from the first byte, open to the internet",
    explanation: """
      On ports 110 and 143 a session begins in clear and may stay so: a client that is misled, or set
      up long ago, sends its password where others read it. Ports 995 and 993 begin with TLS; clear
      text is obsolete for mail access.

      A server that insists on STARTTLS is not seen from here and still lets the attacker in between
      take it away. Source: RFC 8314 §3, §4.1.
      """,
    help: [
      "offer 993 and 995 in their place: `allow: [imaps, pop3s]`",
      "or name who still needs it: `from: office`",
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: mailboxes, allow: tcp/143, limit: 20/minute per source }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: mailboxes, allow: tcp/993, limit: 20/minute per source }
      """)
}
