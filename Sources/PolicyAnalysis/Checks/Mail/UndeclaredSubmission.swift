import NetworkTypes

extension Check {
  static let undeclaredSubmission = Check.exposure(
    "FW309", "undeclared-submission",
    ports: PortSet(tcp: [465, 587]),
    unlessServing: [.msa],
    message: "submission must be a mail server's that asks who is sending",
    summary:
      "submission open to the internet by a rule that does not say it serves an authenticated MSA",
    explanation: """
      Ports 587 and 465 are where people hand in mail for anywhere. A server that takes it without
      asking who they are is an open relay, and is found within days. `serves: msa` says that this one
      authenticates; reports show the word as asserted, for no packet filter can verify it.

      What the server does is not seen: test it from outside with a session that does not log in.
      Sources: RFC 6409 §4.3, RFC 5068 §3.1, RFC 8314 §3.3.
      """,
    help: [
      "if the server asks everybody to log in: `serves: msa`",
      "or name who may submit: `from: office`",
    ],
    example: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: submission, allow: [tcp/587, tcp/465], limit: 30/minute per source }
      """,
    fixed: """
      fwpolicy: 1
      name: host1
      role: host
      inbound:
        - { name: submission, allow: [tcp/587, tcp/465], limit: 30/minute per source, serves: msa }
        - { name: mail-in, allow: smtp, serves: mx }
      """)
}
