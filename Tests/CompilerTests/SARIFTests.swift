import Compiler
import Diagnostics
import Foundation
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// That what `check --diagnostics sarif` writes is SARIF 2.1.0, and that the test would say so if not.
@Suite struct SARIFTests {
  /// The policies of the tree that have findings of every kind, waivers and lists.
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "LintCorpus")

  private static func document(of paths: [String], isWaived: Bool = true) throws -> String {
    var presentation = SourcePresentation()
    for path in paths {
      let provider = try FileSystemProvider(policy: path)
      var compilation = compile(path, provider: provider, proves: false)
      compilation.runChecks(
        CheckOptions(listsAll: true, asOf: Timestamp(seconds: 1_798_761_600)))
      presentation.add(
        compilation.diagnostics, waived: isWaived ? compilation.waived : [],
        of: compilation.sources, rootPrefix: provider.rootFromWorkingDirectory)
    }
    return presentation.rendered(
      .sarif, coloured: false, more: [.init("summary", .object(["policies": .number(1)]))])
  }

  private static let corpus: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appending(path: $0).appending(path: "policy.yaml").path }
      .filter { FileManager.default.fileExists(atPath: $0) }
  }()

  /// All of them in one run, written once: tests spoil copies of it.
  private static let whole = Result { try document(of: corpus) }

  @Test func onePolicyIsOneRun() throws {
    #expect(Self.corpus.count >= 40)
    for path in Self.corpus.prefix(12) {
      #expect(SARIFValidation(of: try Self.document(of: [path])).violations.isEmpty, "\(path)")
    }
  }

  @Test func manyPoliciesAreOneRun() throws {
    let text = try Self.whole.get()
    #expect(SARIFValidation(of: text).violations.isEmpty)
    for property in ["\"fixes\"", "\"suppressions\"", "\"relatedLocations\"", "\"properties\""] {
      #expect(text.contains(property), "nothing is seen of \(property)")
    }
  }

  @Test func namesThatNoURIHoldAreEncodedAndBrokenPoliciesHaveNoRegionOutside() throws {
    let folder = try TemporaryFolder()
    let odd = try folder.write(
      "fwpolicy: 1\nname: mx1\ninbound:\n  - { allow: smpt }\n", to: "edge 100%: #ä.yaml")
    let none = folder.path + "/none.yaml"
    let empty = try folder.write("", to: "empty.yaml")
    let text = try Self.document(of: [odd, none, empty])
    #expect(SARIFValidation(of: text).violations.isEmpty, "\(SARIFValidation(of: text).violations)")
    #expect(text.contains("edge%20100%25%3A%20%23%C3%A4.yaml"))
  }

  @Test func aRunThatFindsNothingIsADocument() {
    let text = SARIFRenderer(toolVersion: "1").render([], sources: SourceMap())
    #expect(SARIFValidation(of: text).violations.isEmpty)
  }

  /// Each spoils a valid document in one place: what is replaced, and by what.
  @Test(arguments: [
    ("\"2.1.0\"", "\"2.0.0\""), ("\"level\": \"warning\"", "\"level\": \"warn\""),
    ("\"ruleIndex\": 0", "\"ruleIndex\": 99"), ("\"ruleIndex\": 0", "\"ruleIndex\": -1"),
    ("\"ruleIndex\": 0", "\"ruleIndex\": true"), ("\"ruleIndex\": 0", "\"ruleIndex\": 0.5"),
    ("\"startLine\": ", "\"startLine\": -"), ("\"startColumn\"", "\"startcolumn\""),
    ("\"endLine\": ", "\"endLine\": 0, \"rank\": "), ("\"uri\": \"", "\"uri\": \"a b"),
    ("\"uri\": \"", "\"uri\": \"file:"), ("\"uri\": \"", "\"uri\": \"%4"),
    ("\"driver\": {", "\"driver\": { \"language\": \"en\","),
    ("\"message\": {", "\"message\": { \"markdown\": \"x\","), ("\"text\": ", "\"id\": "),
    ("\"name\": \"fwpolicy\"", "\"name\": \"\""), ("\"results\": [", "\"results\": [ {},"),
    ("\"kind\": \"inSource\"", "\"kind\": \"here\""), ("\"replacements\"", "\"replacement\""),
    ("\"id\": \"FW", "\"id\": \"XX"), ("unicodeCodePoints", "bytes"),
    ("https://json", "json"), ("\"properties\": {", "\"properties\": 1, \"other\": {"),
  ])
  func spoiltDocumentsAreRefused(_ old: String, _ new: String) throws {
    let text = try Self.whole.get()
    let range = try #require(text.range(of: old), "nothing to spoil")
    let spoilt = text.replacingCharacters(in: range, with: new)
    #expect(!SARIFValidation(of: spoilt).violations.isEmpty, "\(old) as \(new)")
  }
}
