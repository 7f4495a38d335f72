import ArgumentParser
import Deployment
import Diagnostics
import Evidence
import Kernel
import NetworkTypes

/// `fwpolicy list NETWORK`.
struct ListNetworkCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "network",
    abstract: "List what a dynamic network of the ruleset in force holds.",
    discussion: """
      No policy is read. The JSON is {"version": 1, "table", "network", "entries": [{addresses, \
      ticket?, comment?, addedFor?, expiresIn?}…]}, times in seconds; an entry without them stays.

      Exit status: 0; 2 there is no such network, or the kernel refused.

      Examples:
        fwpolicy list quarantine
        fwpolicy list network quarantine --format csv
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case csv
    case json
  }

  @Argument(help: "The network's name.")
  var network: String

  @Option(help: "A table for people, CSV or JSON.")
  var format: Format = .text

  @OptionGroup(title: "Ruleset options") var options: DynamicNetworkOptions

  private struct Entry {
    var addresses: String
    var ticket: String?
    var comment: String?
    var addedFor: UInt64?
    var expiresIn: UInt64?

    init(_ element: SetElement, _ family: AddressFamily) {
      addresses = DynamicNetwork.words(element, family)
      comment = element.comment
      addedFor = element.timeout.map { $0 / 1000 }
      expiresIn = element.expires.map { ($0 + 999) / 1000 }
      let words = (element.comment ?? "").split(separator: " ", maxSplits: 2)
      if words.count > 1, words[0] == "ticket" {
        ticket = String(words[1])
        comment = words.count > 2 ? String(words[2]) : nil
      }
    }
  }

  func execute() throws -> ExitStatus {
    do {
      let socket = try NetlinkSocket()
      guard let network = try options.network(network, socket) else { return .couldNotRun }
      var entries: [Entry] = []
      for family in AddressFamily.allCases {
        guard let set = network.set(family) else { continue }
        entries += try Dump.content(of: set, inTable: network.table, socket)
          .map { Entry($0, family) }
      }
      try Terminal.writeProduct(text(of: entries, network))
      return .clean
    } catch let error as NetlinkError {
      sayTrouble(error)
      return .couldNotRun
    }
  }

  private func text(of entries: [Entry], _ network: DynamicNetwork) -> String {
    switch format {
    case .json:
      return JSONText.object([
        "version": .number(1), "table": .string(network.table), "network": .string(network.name),
        "entries": .array(
          entries.map { entry in
            .object([
              "addresses": .string(entry.addresses),
              "ticket": entry.ticket.map { .string($0) },
              "comment": entry.comment.map { .string($0) },
              "addedFor": entry.addedFor.map { .number(Int(clamping: $0)) },
              "expiresIn": entry.expiresIn.map { .number(Int(clamping: $0)) },
            ])
          }),
      ]).text
    case .csv:
      return csvText(
        [["addresses", "ticket", "comment", "added_for", "expires_in"]]
          + entries.map {
            [
              $0.addresses, $0.ticket ?? "", $0.comment ?? "",
              $0.addedFor.map(String.init) ?? "", $0.expiresIn.map(String.init) ?? "",
            ]
          })
    case .text:
      return TextTable(
        heading: ["ADDRESSES", "TICKET", "FOR", "EXPIRES IN", "NOTE"],
        rows: entries.map {
          [
            $0.addresses, $0.ticket ?? "", $0.addedFor.map(DurationArgument.words) ?? "",
            $0.expiresIn.map(DurationArgument.words) ?? "never", $0.comment ?? "",
          ]
        }
      ).text
    }
  }
}
