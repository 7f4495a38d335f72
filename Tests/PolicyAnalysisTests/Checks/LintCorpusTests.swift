import Compiler
import Diagnostics
import Foundation
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// Whole policies, and what a reader who knows the checks' contract expects of each.
///
/// `Tests/LintCorpus/NAME/expected` has a line `CODE FILE:LINE` for every finding, notes included, as
/// of the first day of 2027. It was written before any check had seen the policy.
@Suite struct LintCorpusTests {
  @Test(arguments: LintCase.all)
  func findsWhatIsExpected(_ lint: LintCase) throws {
    let (found, broken) = try lint.found()
    #expect(!broken, "\(lint.name) does not compile")
    let expected = try lint.expected()
    let missing = expected.filter { !found.contains($0) }
    let surplus = found.filter { !expected.contains($0) }
    #expect(
      missing.isEmpty && surplus.isEmpty, "\(lint.name): missing \(missing), surplus \(surplus)")
  }

  /// Of names, no packet can show anything.
  private static let aboutNames = [
    "FW206", "FW207", "FW208", "FW209", "FW298", "FW299",
  ]

  @Test func everyFindingIsShownByAPacket() throws {
    for lint in LintCase.all {
      for diagnostic in try lint.checked().diagnostics
      where !Self.aboutNames.contains(diagnostic.code.code) {
        let isShown = diagnostic.notes.contains { $0.hasPrefix("for example ") }
        #expect(isShown, "\(lint.name): \(diagnostic.code.code) \(diagnostic.message)")
      }
    }
  }

  @Test func noHelpHasAHoleToFill() throws {
    for lint in LintCase.all {
      for diagnostic in try lint.checked().diagnostics {
        for text in diagnostic.help.map(\.text) where !text.contains("waive: {") {
          let holes = ["...", "…", "NETWORK", "RELAYS", "YYYY"].filter { text.contains($0) }
          #expect(holes.isEmpty, "\(lint.name): \(diagnostic.code.code): \(text)")
        }
      }
    }
  }

  @Test func thereAreManyPolicies() {
    #expect(LintCase.all.count >= 80)
  }
}

struct LintCase: Sendable, CustomTestStringConvertible {
  let name: String
  let folder: URL

  var testDescription: String { name }

  static let all: [LintCase] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "LintCorpus")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().map { LintCase(name: $0, folder: root.appending(path: $0)) }
      .filter {
        FileManager.default.fileExists(atPath: $0.folder.appending(path: "policy.yaml").path)
      }
  }()

  func expected() throws -> [String] {
    try String(contentsOf: folder.appending(path: "expected"), encoding: .utf8)
      .split(separator: "\n").map { String($0) }.sorted()
  }

  /// The policy, with everything that checks find.
  func checked() throws -> Compilation {
    let path = folder.appending(path: "policy.yaml").path
    var compilation = compile(path, provider: try FileSystemProvider(policy: path), proves: false)
    if compilation.lowered != nil {
      compilation.runChecks(
        CheckOptions(listsAll: true, asOf: Timestamp(seconds: 1_798_761_600)))
    }
    return compilation
  }

  /// `CODE FILE:LINE`, each once, and whether the policy has errors of another kind.
  func found() throws -> (findings: [String], isBroken: Bool) {
    let compilation = try checked()
    if compilation.lowered == nil { return ([], true) }
    let lines = compilation.diagnostics.compactMap { diagnostic -> String? in
      guard let span = diagnostic.primary?.span else { return nil }
      let source = compilation.sources[span.file]
      let before = source.bytes.prefix(Int(span.start))
      let line = 1 + before.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
      let file = source.name.split(separator: "/").last.map(String.init) ?? source.name
      return "\(diagnostic.code.code) \(file):\(line)"
    }
    return (Array(Set(lines)).sorted(), false)
  }
}
