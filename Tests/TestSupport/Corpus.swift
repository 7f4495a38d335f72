import Testing

import Foundation

/// The inputs under `Tests/Corpus`: those that fuzzers start from and those that once failed.
package enum Corpus {
  /// An input and the file that holds it, as a test names it.
  package struct Input: Sendable, CustomTestStringConvertible {
    package var name: String
    package var bytes: [UInt8]
    package var testDescription: String { name }
  }

  /// The corpus of a fuzz target with its past findings, in the order of their names.
  package static func inputs(of target: String, filePath: String = #filePath) throws -> [Input] {
    let corpus = URL(filePath: filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(component: "Corpus")
    var inputs: [Input] = []
    for folder in [target, "findings/\(target)"] {
      let path = corpus.appending(path: folder).path
      guard FileManager.default.fileExists(atPath: path) else { continue }
      for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
        let bytes = try Data(contentsOf: corpus.appending(path: "\(folder)/\(name)"))
        inputs.append(Input(name: "\(folder)/\(name)", bytes: Array(bytes)))
      }
    }
    return inputs
  }
}
