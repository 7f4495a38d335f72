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

  /// All of them in one run of the program, with the texts of the checks, written once: tests spoil
  /// copies of it.
  private static let whole = Result {
    try ProgramRun.fwpolicy(
      ["check", "--all", "--as-of", "2027-01-01", "--format", "sarif"] + corpus,
      in: TemporaryFolder()
    ).output
  }

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

  @Test func everyRuleExplainsItself() throws {
    let log = try JSONSerialization.jsonObject(with: Data(try Self.whole.get().utf8))
    let run = ((log as? [String: Any])?["runs"] as? [[String: Any]])?.first
    let driver = (run?["tool"] as? [String: Any])?["driver"] as? [String: Any]
    let rules = try #require(driver?["rules"] as? [[String: Any]])
    #expect(rules.count > 40)
    for rule in rules {
      let id = rule["id"] as? String ?? ""
      func text(_ key: String, _ form: String = "text") -> String {
        (rule[key] as? [String: Any])?[form] as? String ?? ""
      }
      let summary = text("shortDescription")
      #expect(summary.hasSuffix(".") && summary.first?.isUppercase == true, "\(id)")
      // Code hosts take no more of it.
      #expect((1...1024).contains(text("fullDescription").count), "\(id)")
      #expect(!text("fullDescription").contains("\n"), "\(id)")
      #expect(!text("help").isEmpty && !text("help", "markdown").isEmpty, "\(id)")
      // What else there is, has a text and no example.
      guard let check = Check.registry.first(where: { $0.code.code == id }) else { continue }
      #expect(text("help").contains("For example:"), "\(id)")
      #expect(text("help", "markdown").contains("```yaml\nfwpolicy: 1\n"), "\(id)")
      let level = (rule["defaultConfiguration"] as? [String: Any])?["level"] as? String
      #expect(level == check.severity.name, "\(id)")
      let tags = (rule["properties"] as? [String: Any])?["tags"] as? [String] ?? []
      #expect(Set(tags).isSuperset(of: check.profiles.map(\.rawValue)) && !tags.isEmpty, "\(id)")
    }
  }

  /// OASIS' own schema is not ours to copy: where a path to it is given, python3-jsonschema asks it.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["FWPOLICY_SARIF_SCHEMA"] != nil))
  func oasisSchemaTakesIt() throws {
    let schema = ProcessInfo.processInfo.environment["FWPOLICY_SARIF_SCHEMA"] ?? ""
    let folder = try TemporaryFolder()
    try folder.write(try Self.whole.get(), to: "whole.sarif")
    let outcome = try ProgramRun.run(
      "env",
      [
        "python3", "-c",
        """
        import json, sys, jsonschema
        schema = json.load(open(sys.argv[1]))
        checker = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
        errors = list(checker.iter_errors(json.load(open(sys.argv[2]))))
        print(len(errors), [(list(e.path), e.message[:200]) for e in errors[:5]])
        """, schema, "whole.sarif",
      ],
      environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"],
      in: folder)
    #expect(outcome.output == "0 []\n", "\(outcome.output)\(outcome.talk)")
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
    ("\"markdown\": ", "\"html\": "), ("\"tags\": [", "\"tags\": [ 1,"),
    ("\"shortDescription\": {", "\"shortDescription\": { \"id\": \"x\","),
    ("\"defaultConfiguration\": {", "\"defaultConfiguration\": { \"rank\": 1,"),
    ("https://json", "json"), ("\"properties\": {", "\"properties\": 1, \"other\": {"),
  ])
  func spoiltDocumentsAreRefused(_ old: String, _ new: String) throws {
    let text = try Self.whole.get()
    let range = try #require(text.range(of: old), "nothing to spoil")
    let spoilt = text.replacingCharacters(in: range, with: new)
    #expect(!SARIFValidation(of: spoilt).violations.isEmpty, "\(old) as \(new)")
  }
}
