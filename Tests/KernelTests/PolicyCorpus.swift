import Foundation
import Testing

/// The policies that every kernel test is run over: the examples and the golden cases.
struct PolicyCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Of the folder that holds `policy.yaml` and its lists.
  let folder: URL

  var testDescription: String { name }

  static let all: [PolicyCase] = cases(in: "Examples") + cases(in: "Tests/GoldenTests/Cases")

  /// The root of the source tree.
  static let sourceTree = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func cases(in folder: String) -> [PolicyCase] {
    let parent = sourceTree.appending(path: folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    let cases = names.sorted().map { PolicyCase(name: $0, folder: parent.appending(path: $0)) }
      .filter {
        FileManager.default.fileExists(atPath: $0.folder.appending(path: "policy.yaml").path)
      }
    precondition(!cases.isEmpty, "\(folder) holds no policy")
    return cases
  }

  /// Compiled, with every file of its folder at hand.
  func compiled() throws -> PolicyUnderTest {
    var files: [String: String] = [:]
    let walker = FileManager.default.enumerator(atPath: folder.path)
    while let path = walker?.nextObject() as? String {
      if let text = try? String(contentsOf: folder.appending(path: path), encoding: .utf8) {
        files[path] = text
      }
    }
    return try PolicyUnderTest(files["policy.yaml"] ?? "", files: files)
  }
}
