import ArgumentParser
import Compiler
import PolicyAnalysis
import PolicyLanguage

/// The options of every command that reads a policy.
struct PolicyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder that includes and lists must lie in.",
      discussion:
        "Default: the nearest folder above the policy that holds `fwpolicy.root`, else the policy's own.",
      valueName: "folder"))
  var root: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Give a variable a text; may be repeated.", valueName: "name=value"))
  var settings: [Setting] = []

  @Option(
    name: .customLong("values"), parsing: .singleValue,
    help: ArgumentHelp(
      "Give variables the values of a YAML file; may be repeated.", valueName: "file"))
  var valuesFiles: [String] = []

  /// `--set name=value`.
  struct Setting: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
      guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
        return nil
      }
      name = String(argument[..<equals])
      value = String(argument[argument.index(after: equals)...])
    }
  }

  /// Compiles the policy at a path.
  ///
  /// - Parameter proves: whether the table is worth nothing without the proof that it means the same.
  func compile(_ path: String, proves: Bool) throws -> (Compilation, rootPrefix: String?) {
    let provider = try FileSystemProvider(policy: path, root: root)
    return (
      Compiler.compile(
        path, provider: provider, overrides: try overrides(), proves: proves),
      provider.rootFromWorkingDirectory
    )
  }

  /// Looks a question up in the policy at a path.
  func ask(
    _ question: PolicyQuestion, of path: String
  ) throws -> (QuestionedPolicy, rootPrefix: String?) {
    let provider = try FileSystemProvider(policy: path, root: root)
    return (
      Compiler.ask(question, of: path, provider: provider, overrides: try overrides()),
      provider.rootFromWorkingDirectory
    )
  }

  func overrides() throws -> VariableOverrides {
    var values: [ProvidedSource] = []
    for file in valuesFiles { values.append(try FileSystemProvider.valuesFile(file)) }
    return VariableOverrides(
      valuesFiles: values, settings: settings.map { ($0.name, $0.value) })
  }
}

/// A policy and everything that options say of it, for a thread of its own.
struct PreparedPolicy: Sendable {
  let path: String
  let root: String?
  let overrides: VariableOverrides
  /// Whose policy it is, where it is one for many routers.
  var router: String?
  /// What reads its files; nil for one of its own.
  ///
  /// Routers share one, which reads each file once.
  var provider: FileSystemProvider?

  /// Reads, compiles and checks the policy.
  ///
  /// - Parameters: as for `Compiler.check`.
  func checked(
    _ options: CheckOptions, byteLimit: Int? = nil, isAlone: Bool = false
  ) throws -> CheckedPolicy {
    let provider = try provider ?? FileSystemProvider(policy: path, root: root)
    let (compilation, report) = Compiler.check(
      path, provider: provider, overrides: overrides, options: options, byteLimit: byteLimit,
      isAlone: isAlone)
    return CheckedPolicy(
      compilation, report, path: path, router: router,
      rootPrefix: provider.rootFromWorkingDirectory)
  }
}

extension PolicyOptions {
  func prepared(_ paths: [String]) throws -> [PreparedPolicy] {
    let overrides = try overrides()
    return paths.map { PreparedPolicy(path: $0, root: root, overrides: overrides) }
  }

  /// One policy for many routers.
  func prepared(_ path: String, for routers: [Router]) throws -> [PreparedPolicy] {
    let overrides = try overrides()
    let provider = try FileSystemProvider(policy: path, root: root)
    return routers.map {
      PreparedPolicy(
        path: path, root: root, overrides: overrides.adding($0), router: $0.name,
        provider: provider)
    }
  }
}
