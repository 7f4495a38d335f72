import Compiler
import Diagnostics
import Foundation
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// A policy of the examples, of the golden cases, or one that is little more than a baseline.
struct PolicyFile: Sendable, CustomTestStringConvertible {
  let name: String
  private let path: String
  /// Nil where the file itself is read.
  private var text: String?

  var testDescription: String { name }

  static let all = files(in: "Examples") + files(in: "Tests/GoldenTests/Cases") + baselines

  /// What readers copy from.
  static let published = files(in: "Examples") + baselines

  func checked() throws -> Compilation {
    let provider = Provider(text: text, others: try FileSystemProvider(policy: path))
    var compilation = Compiler.compile(path, provider: provider, proves: false)
    compilation.runChecks(CheckOptions())
    return compilation
  }

  func resolved() throws -> ResolvedPolicy {
    let provider = Provider(text: text, others: try FileSystemProvider(policy: path))
    var (parsed, sources) = parsePolicy(
      path, provider: provider, builtInServices: FileSystemProvider.builtInServices)
    let written = try #require(parsed.value, "\(parsed.diagnostics)")
    let resolution = resolve(written, provider: provider, sources: &sources)
    return try #require(resolution.value, "\(resolution.diagnostics)")
  }

  // MARK: The files

  private static let sourceTree = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func files(in folder: String) -> [PolicyFile] {
    let parent = sourceTree.appending(path: folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    let files = names.sorted()
      .map { PolicyFile(name: $0, path: parent.appending(path: "\($0)/policy.yaml").path) }
      .filter { FileManager.default.fileExists(atPath: $0.path) }
    precondition(!files.isEmpty, "\(folder) holds no policy")
    return files
  }

  private static let baselines = [
    baseline(
      "mail-host", variables: "mail-users: [postfix]", "users: { postfix: 89 }"),
    baseline("web-host", variables: "smarthosts: [192.0.2.25]"),
    baseline("resolver", variables: "clients: [198.51.100.0/24]"),
    baseline(
      "container-host", variables: "smarthosts: [192.0.2.25]\n  outside: internet",
      """
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        containers: { kind: containers, interfaces: [docker0, "br-*"] }
      """),
    baseline(
      "isp-edge",
      variables: "relays: [192.0.2.25, \"2001:db8:25::25\"]\n  peers: [192.0.2.129]",
      """
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24] }
      """),
  ]

  private static func baseline(
    _ name: String, variables: String, _ rest: String = ""
  ) -> PolicyFile {
    PolicyFile(
      name: "std/\(name)", path: sourceTree.appending(path: "Examples/policy.yaml").path,
      text: """
        fwpolicy: 1
        name: \(name)
        include: [std/baselines/\(name).yaml]
        variables:
          admins: [192.0.2.0/28, "2001:db8:10::/64"]
          \(variables)
        \(rest)

        """)
  }

  /// The policy's text, if it is no file, and files.
  private struct Provider: SourceProvider {
    let text: String?
    let others: FileSystemProvider

    func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
      guard let text, name == nil else { return try others.read(path, from: name) }
      return ProvidedSource(name: path, bytes: Array(text.utf8))
    }
  }
}
