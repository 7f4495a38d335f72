import Foundation
package import Testing

/// Compares a text with the file `Snapshots/name` beside the test's own file.
///
/// With `FWPOLICY_RECORD=1` in the environment it writes the file and fails once, so that a recording
/// is read before it is trusted. A missing file fails.
package func assertSnapshot(
  _ text: String, _ name: String, filePath: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let file = URL(filePath: filePath).deletingLastPathComponent()
    .appending(components: "Snapshots", name)
  if ProcessInfo.processInfo.environment["FWPOLICY_RECORD"] == "1" {
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      Issue.record("recorded \(name): read it, then run again", sourceLocation: sourceLocation)
    } catch {
      Issue.record("cannot record \(name): \(error)", sourceLocation: sourceLocation)
    }
    return
  }
  guard let recorded = try? Data(contentsOf: file) else {
    Issue.record(
      "no snapshot \(name); record it with FWPOLICY_RECORD=1", sourceLocation: sourceLocation)
    return
  }
  #expect(
    Data(text.utf8) == recorded,
    "differs from Snapshots/\(name), which FWPOLICY_RECORD=1 records again; now:\n\(text)",
    sourceLocation: sourceLocation)
}
