import Compiler
import Diagnostics
import Foundation
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import Testing

/// A policy of the examples, those of the baselines among them, or of the golden cases.
struct PolicyFile: Sendable, CustomTestStringConvertible {
  let name: String
  private let path: String

  var testDescription: String { name }

  static let all = files(in: "Examples") + files(in: "Tests/GoldenTests/Cases") + baselines

  /// What readers copy from.
  static let published = files(in: "Examples") + baselines

  func checked() throws -> Compilation {
    let provider = try FileSystemProvider(policy: path)
    var compilation = Compiler.compile(path, provider: provider, proves: false)
    compilation.runChecks(CheckOptions())
    return compilation
  }

  func resolved() throws -> ResolvedPolicy {
    let provider = try FileSystemProvider(policy: path)
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

  /// What the baselines of the library are with what they ask for.
  private static let baselines: [PolicyFile] = {
    let folder = sourceTree.appending(path: "Examples/baselines")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let files = names.sorted().filter { $0.hasSuffix(".yaml") }.map {
      PolicyFile(name: "baselines/\($0)", path: folder.appending(path: $0).path)
    }
    precondition(!files.isEmpty, "the baselines have no example")
    return files
  }()

  /// The baselines themselves, which are parts of policies.
  static var baselineNames: [String] {
    let folder = sourceTree.appending(path: "Policies/baselines")
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }
}
