import Diagnostics
import NetworkTypes
import PolicyLanguage

extension Check {
  static let submissionsMissing = Check(
    "FW315", "submissions-missing", .note,
    summary: "submission offered on 587 and not on 465",
    explanation: """
      On 465 a session begins with TLS, which nobody in between can take away; on 587 it begins in
      clear. Servers are asked to offer both until 587 is no longer needed.

      Only what the internet reaches is compared; whether 587 insists on STARTTLS is not seen. Source:
      RFC 8314 §3.3.
      """,
    example: """
      fwpolicy: 1
      name: msa1
      role: host
      inbound:
        - { name: submission, allow: tcp/587, serves: msa, limit: 30/minute per source }
      """,
    fixed: """
      fwpolicy: 1
      name: msa1
      role: host
      inbound:
        - { name: submission, allow: [tcp/587, tcp/465], serves: msa, limit: 30/minute per source }
      """,
    run: { context in
      let submission = try context.exposures(of: PortSet(tcp: [587]))
      guard let first = submission.first, try context.exposures(of: PortSet(tcp: [465])).isEmpty
      else {
        return []
      }
      return [
        try context.finding(
          "submission should be offered with TLS from the first byte, too", first,
          of: "submissions-missing", help: ["add `submissions` (TCP 465)"])
      ]
    })
}
