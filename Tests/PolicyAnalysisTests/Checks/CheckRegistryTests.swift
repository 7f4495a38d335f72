import Compiler
import Diagnostics
import PolicyAnalysis
import Testing

@Suite struct CheckRegistryTests {
  @Test(arguments: Check.registry.map(\.name))
  func exampleFiresItsCheckAndNothingElse(_ name: String) throws {
    let check = try #require(Check.registry.first { $0.name == name })
    let checked = CheckedPolicy(check.example, all: check.isListedOnly, lints: true)
    #expect(!checked.codes.isEmpty, "\(checked.compilation.diagnostics)")
    #expect(Set(checked.codes) == [check.code.code], "\(checked.compilation.diagnostics)")
  }

  @Test(arguments: Check.registry.map(\.name))
  func adviceSilencesItsExample(_ name: String) throws {
    let check = try #require(Check.registry.first { $0.name == name })
    let checked = CheckedPolicy(check.fixed, all: check.isListedOnly, lints: true)
    #expect(checked.codes.isEmpty, "\(checked.compilation.diagnostics)")
    #expect(checked.compilation.lowered != nil, "the example compiles")
  }

  @Test func codesAndNamesAreUniqueAndInOrder() {
    let codes = Check.catalogue.map(\.code)
    #expect(codes == codes.sorted() && Set(codes).count == codes.count)
    let names = Check.catalogue.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func textsAreMeantForReading() {
    for check in Check.registry {
      #expect(check.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
      #expect(check.summary.first?.isLowercase == true && !check.summary.hasSuffix("."))
      let lines = check.explanation.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count <= 100 }, "\(check.name): a line is too long")
      #expect(check.explanation.count > 150, "\(check.name): says little")
    }
  }

  @Test func everyTextNamesItsSourceAndWhatItCannotSee() {
    let limits = [
      "not seen", "not known", "cannot be seen", "knows nothing", "sees ports", "not looked at",
      "not noticed", "not verified", "not told apart", "not judged", "left out",
      "not taken as", "no packet to show", "can verify it",
    ]
    for check in Check.registry {
      let text = check.explanation.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let isSourced = text.contains("Source: ") || text.contains("Sources: ")
      #expect(isSourced, "\(check.name) names no source")
      #expect(limits.contains { text.contains($0) }, "\(check.name): what can it not see?")
    }
  }

  @Test func everyExampleShowsAPacketUnlessANameIsAtFault() {
    for check in Check.registry {
      let checked = CheckedPolicy(check.example, all: true, lints: true)
      let found = checked.compilation.diagnostics.filter { $0.code == check.code }
      let isShown = found.allSatisfy { $0.notes.contains { $0.hasPrefix("for example ") } }
      let text = check.explanation.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let isExcused = text.contains("no packet shows it") || text.contains("no packet to show")
      #expect(isShown != isExcused, "\(check.name)")
    }
  }

  @Test(arguments: PolicyFile.published)
  func nothingIsFoundInWhatIsPublished(_ file: PolicyFile) throws {
    let checked = try file.checked()
    #expect(checked.diagnostics.isEmpty, "\(checked.diagnostics)")
  }

  @Test func everyBaselineHasAnExample() {
    let examples = PolicyFile.published.map(\.name)
    #expect(PolicyFile.baselineNames.count >= 5)
    for name in PolicyFile.baselineNames {
      #expect(examples.contains("baselines/\(name)"), "\(name)")
    }
  }
}
