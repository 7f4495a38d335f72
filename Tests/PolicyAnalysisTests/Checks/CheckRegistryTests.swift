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

  @Test(arguments: PolicyFile.published)
  func nothingIsFoundInWhatIsPublished(_ file: PolicyFile) throws {
    let checked = try file.checked()
    #expect(checked.diagnostics.isEmpty, "\(checked.diagnostics)")
  }
}
