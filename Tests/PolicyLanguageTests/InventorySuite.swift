import Diagnostics
import NetworkTypes
import PolicyLanguage

/// Tests of policies with an inventory, by the text of its `subnets`.
protocol InventorySuite {}

extension InventorySuite {
  func policy(_ subnets: String, allow: String = "", variables: String = "") -> String {
    """
    fwpolicy: 1
    name: edge
    role: router
    \(variables)
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
      other: { interfaces: [eth2], networks: [203.0.113.0/24] }
    smtp-egress:
      clients: clients
      relays: [192.0.2.25]
      \(allow)
      subnets: \(subnets)
    """
  }

  func outcome(
    _ subnets: String, _ files: [String: String] = [:], allow: String = "", variables: String = ""
  ) -> TextPolicy.Outcome {
    TextPolicy(policy(subnets, allow: allow, variables: variables), files: files).resolved()
  }

  /// `PREFIX name answer [owner] [ticket] [expires]`, one for each row.
  func rows(_ outcome: TextPolicy.Outcome) -> [String] {
    (outcome.policy?.smtpEgress?.subnets ?? []).map { row in
      ["\(row.prefix)", row.name, row.answer.rawValue].joined(separator: " ")
        + [row.owner, row.ticket, row.expires.map { "\($0)" }].compactMap { $0.map { " \($0)" } }
        .joined()
    }
  }

  /// Rows as a file of a format.
  static func text(of rows: [[String]], _ columns: [String], _ format: String) -> String {
    switch format {
    case "csv": ([columns] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    case "json":
      "["
        + rows.map { row in
          "{" + zip(columns, row).map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}"
        }.joined(separator: ",\n") + "]"
    default:
      rows.map { row in
        "- { " + zip(columns, row).map { "\($0): \"\($1)\"" }.joined(separator: ", ") + " }\n"
      }.joined()
    }
  }
}
