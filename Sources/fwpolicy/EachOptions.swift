import ArgumentParser
import Compiler

/// The option of commands that can look at a policy for many routers.
struct EachOptions: ParsableArguments {
  @Option(
    name: .customLong("each"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Do so for every router: files of values, each named for its router.",
      discussion: """
        Each is a YAML map as `--values` takes it, and comes after those. A quoted pattern such as \
        'pops/*.yaml' is looked up too. Stand it behind the policy: it takes all paths that follow.
        """,
      valueName: "file"))
  var patterns: [String] = []

  var isGiven: Bool { !patterns.isEmpty }

  func routers() throws -> [Router] { try Router.read(patterns) }
}
