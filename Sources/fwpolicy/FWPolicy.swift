import ArgumentParser
import Compiler

@main
struct FWPolicy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fwpolicy",
    abstract: "Compile a firewall policy to nftables.",
    discussion: """
      Standard output is the product, standard error the talk. Exit status: 0 yes or clean; 1 the \
      answer is no; 2 could not run; 64 wrong usage.

      Example:
        fwpolicy check policy.yaml && fwpolicy compile policy.yaml -o ruleset.nft
      """,
    version: "fwpolicy \(programVersion)",
    subcommands: [
      CheckCommand.self, DiffCommand.self, QueryCommand.self, TestCommand.self, CompileCommand.self,
      ApplyCommand.self, CountersCommand.self, OffendersCommand.self, WatchCommand.self,
      MetricsCommand.self, ReportCommand.self, AddCommand.self, RemoveCommand.self,
      ListCommand.self, ExplainCommand.self,
    ])
}
