import Compiler
import Foundation
import Testing

/// A folder with a policy, and beside it what fwpolicy makes of it.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let name: String
  let folder: URL

  var testDescription: String { name }

  var policy: URL { folder.appending(path: "policy.yaml") }

  /// Policies that compile.
  static let accepted: [GoldenCase] = cases(in: "Cases")

  /// Policies that must not compile.
  static let refused: [GoldenCase] = cases(in: "Refused")

  private static func cases(in folder: String) -> [GoldenCase] {
    let parent = URL(filePath: #filePath).deletingLastPathComponent().appending(path: folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    let cases = names.sorted().map { GoldenCase(name: $0, folder: parent.appending(path: $0)) }
      .filter { FileManager.default.fileExists(atPath: $0.policy.path) }
    precondition(!cases.isEmpty, "\(folder) holds no policy")
    return cases
  }

  /// Compiled as the program does it, from the file and with its folder as the root.
  func compiled() throws -> Compilation {
    compile(policy.path, provider: try FileSystemProvider(policy: policy.path, root: folder.path))
  }
}
