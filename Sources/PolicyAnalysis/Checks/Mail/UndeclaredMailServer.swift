import Diagnostics
import NetworkTypes

extension Check {
  static let undeclaredMailServer = Check.exposure(
    "FW310", "undeclared-mail-server", .error,
    ports: PortSet(tcp: [25]),
    unlessServing: [.mx],
    message: "mail from the internet must be for a declared mail server",
    summary: "port 25 open to the internet by a rule that does not say it serves an MX",
    explanation: """
      A host that answers on port 25 and is not meant to be a mail server is most often a daemon that
      came with the system and relays for whoever asks. A rule that says `serves: mx` is one that
      somebody meant; reports show the word as asserted.

      Whether the server relays is not seen: that is the server's own configuration (RFC 5321 §7.8).
      Sources: RFC 2505 §1.1; RFC 5068 §3.
      """,
    help: [
      "if it is a mail server for its own domains: `serves: mx`",
      "or name who may hand in mail: `from: office`",
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: mail, allow: smtp }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: mail, allow: smtp, serves: mx }
      """)
}
