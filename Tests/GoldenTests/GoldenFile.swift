import Foundation
import Testing

/// Compares bytes with a committed file.
///
/// With `FWPOLICY_RECORD=1` in the environment it writes the file and fails once, so that a recording
/// is read before it is trusted. A missing file fails.
func expectGolden(
  _ bytes: [UInt8], at file: URL, sourceLocation: SourceLocation = #_sourceLocation
) {
  let name = file.pathComponents.suffix(2).joined(separator: "/")
  let recorded = try? Data(contentsOf: file)
  if recorded == Data(bytes) { return }
  if ProcessInfo.processInfo.environment["FWPOLICY_RECORD"] == "1" {
    do {
      try Data(bytes).write(to: file)
      Issue.record("recorded \(name): read it, then run again", sourceLocation: sourceLocation)
    } catch {
      Issue.record("cannot record \(name): \(error)", sourceLocation: sourceLocation)
    }
    return
  }
  guard let recorded else {
    Issue.record(
      "no \(name); record it with FWPOLICY_RECORD=1", sourceLocation: sourceLocation)
    return
  }
  Issue.record(
    """
    differs from \(name), which FWPOLICY_RECORD=1 records again:
    \(firstDifference(recorded: recorded, now: Data(bytes)))
    """, sourceLocation: sourceLocation)
}

/// The first line that differs, as recorded and as it is now.
private func firstDifference(recorded: Data, now: Data) -> String {
  let newline = UInt8(ascii: "\n")
  let before = recorded.split(separator: newline, omittingEmptySubsequences: false)
  let after = now.split(separator: newline, omittingEmptySubsequences: false)
  let index = zip(before, after).enumerated().first { $1.0 != $1.1 }?.offset
  let line = index ?? min(before.count, after.count)
  func text(_ lines: [Data], _ mark: String) -> String {
    lines.indices.contains(line)
      ? "\(mark) \(String(decoding: lines[line], as: UTF8.self))" : "\(mark) (the end)"
  }
  return "line \(line + 1)\n\(text(before, "-"))\n\(text(after, "+"))"
}
