import Foundation

/// An empty folder of a test's own, gone when the test lets go of it.
package final class TemporaryFolder: Sendable {
  /// Absolute, links resolved, without a slash at its end.
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "fwpolicy-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let path = url.resolvingSymlinksInPath().path(percentEncoded: false)
    self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func callAsFunction(_ relative: String) -> String { path + "/" + relative }

  /// Writes a file and the folders that lead to it.
  @discardableResult
  package func write(_ text: String, to relative: String) throws -> String {
    let url = URL(filePath: self(relative))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return self(relative)
  }

  package func link(_ relative: String, to destination: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: self(relative), withDestinationPath: destination)
  }

  package func text(of relative: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: self(relative))), as: UTF8.self)
  }

  /// Names in a folder, sorted.
  package func names(in relative: String = ".") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: self(relative)).sorted()
  }
}
