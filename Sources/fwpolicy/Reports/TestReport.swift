import Compiler
import Diagnostics
import PolicyAnalysis
import PolicyLanguage

/// What became of the tests of one policy.
struct TestReport {
  var path: String
  /// Where the policy root lies, from the working directory.
  var rootPrefix: String
  var sources = SourceMap()
  var results: [TestResult] = []
  /// Whether the policy has errors of its own, so that nothing was examined.
  var isRefused = false

  init(path: String, rootPrefix: String) {
    self.path = path
    self.rootPrefix = rootPrefix
  }

  /// `3 tests in policy.yaml: 2 hold, 1 does not`, a line.
  var summary: String {
    if isRefused { return "no tests of \(path.visible): it has errors\n" }
    if results.isEmpty { return "no tests in \(path.visible)\n" }
    let failed = results.count { !$0.holds }
    let noun = results.count == 1 ? "test" : "tests"
    let verb = failed == 0 ? "all hold" : "\(failed) \(failed == 1 ? "does" : "do") not hold"
    return "\(results.count) \(noun) in \(path.visible): \(verb)\n"
  }

  /// The file, from the working directory, and the line of a text.
  private func place(of span: SourceSpan) -> (file: String, line: Int) {
    let file = sources[span.file]
    let isLibrary = file.name.utf8.starts(with: "std/".utf8)
    return ((isLibrary ? "" : rootPrefix) + file.name, file.line(at: Int(span.start)))
  }

  // MARK: JSON

  var json: JSONText {
    .object([
      "policy": .string(path), "isRefused": isRefused ? .bool(true) : nil,
      "tests": .array(results.map(json)),
    ])
  }

  private func json(_ result: TestResult) -> JSONText {
    let place = place(of: result.test.span)
    var packet: Packet?
    var decision: Decision?
    let outcome: String
    switch result.outcome {
    case .holds: outcome = "holds"
    case .speaksOfNothing: outcome = "empty"
    case .fails(let found, let decided):
      outcome = "fails"
      packet = found
      decision = decided
    }
    return .object([
      "name": .string(result.test.name), "outcome": .string(outcome),
      "expect": .string(result.test.expect.rawValue), "file": .string(place.file),
      "line": .number(place.line), "packet": packet.map { .string($0.description) },
      "verdict": decision.map { .string($0.verdict.keyword) },
      "decidedBy": decision.map { .string($0.deciderWords) },
    ])
  }

  // MARK: JUnit

  /// The XML that build servers read: a suite for each policy, a case for each test.
  static func junit(_ reports: [TestReport]) -> String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      + reports.map(\.junitSuite).joined() + "</testsuites>\n"
  }

  private var junitSuite: String {
    let failed = results.count { !$0.holds }
    let count = results.count + (isRefused ? 1 : 0)
    var text =
      "  <testsuite name=\"\(xmlText(path))\" tests=\"\(count)\" failures=\"\(failed)\" "
      + "errors=\"\(isRefused ? 1 : 0)\">\n"
    if isRefused {
      text += "    <testcase name=\"policy\" classname=\"\(xmlText(path))\">\n"
      text += "      <error message=\"the policy has errors\"/>\n    </testcase>\n"
    }
    for result in results {
      let place = place(of: result.test.span)
      text +=
        "    <testcase name=\"\(xmlText(result.test.name))\" classname=\"\(xmlText(path))\" "
        + "file=\"\(xmlText(place.file))\" line=\"\(place.line)\""
      guard let diagnostic = result.diagnostic else {
        text += "/>\n"
        continue
      }
      let notes = diagnostic.notes.joined(separator: "\n")
      text +=
        ">\n      <failure message=\"\(xmlText(diagnostic.message))\">\(xmlText(notes))</failure>\n"
        + "    </testcase>\n"
    }
    return text + "  </testsuite>\n"
  }
}
