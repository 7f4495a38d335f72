import ArgumentParser
import Compiler
import Diagnostics
import Evidence
import PolicyLanguage

/// `fwpolicy list`.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List what a dynamic network holds, or what every policy knows.",
    discussion: """
      `list NETWORK` is `list network NETWORK`.

      Examples:
        fwpolicy list quarantine
        fwpolicy list services
        fwpolicy list checks
      """,
    subcommands: [
      ListNetworkCommand.self, ListServicesCommand.self, ListChecksCommand.self,
    ], defaultSubcommand: ListNetworkCommand.self)
}

/// `fwpolicy list services`.
struct ListServicesCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "services",
    abstract: "List the built-in services.",
    discussion: """
      Each with what it is made of, what it is for and where its numbers come from. The JSON is \
      {"version": 1, "services": [{name, of: [text…], description?, source?, helper?}…]}.

      Examples:
        fwpolicy list services
        fwpolicy list services --format json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Option(help: "A table for people, or JSON.")
  var format: Format = .table

  func execute() throws -> ExitStatus {
    let services = builtInServices()
    switch format {
    case .json:
      let list = services.map { service in
        JSONText.object([
          "name": .string(service.name.value),
          "of": .array(service.of.terms.map { .string($0.value) }),
          "description": service.description.map { .string($0.value) },
          "source": service.source.map { .string($0.value) },
          "helper": service.helper.map { .string($0.value.rawValue) },
        ])
      }
      try Terminal.writeProduct(
        JSONText.object(["version": .number(1), "services": .array(list)]).text)
    case .table:
      let rows = services.map { service in
        [
          service.name.value, service.of.terms.map(\.value).joined(separator: ", "),
          service.description?.value ?? "",
        ]
      }
      try Terminal.writeProduct(TextTable(heading: ["SERVICE", "IS", "FOR"], rows: rows).text)
    }
    return .clean
  }
}
