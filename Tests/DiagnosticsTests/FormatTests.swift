import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct FormatTests {
  @Test func conciseIsOneLinePerDiagnostic() {
    let example = Example.mixed
    let text = ConciseRenderer().render(example.diagnostics, sources: example.sources)
    #expect(
      text == """
        error[FW701]: CAP_NET_ADMIN is needed
        policy.yaml:4:8: error[FW012]: a tag is not allowed
        lists/a b.yaml:2:3: warning[FW501]: network `noc` is never used, 100% of it

        """)
  }

  @Test func gitHubEscapesDataAndProperties() {
    var example = Example.mixed
    let file = example.file("a,b:c%.yaml", "x\ny\n")
    example.diagnostics.append(
      Diagnostic(
        DiagnosticCode("FW001", "x"), .note, "two lines",
        at: SourceSpan(file: file, start: 0, end: 3)))
    assertSnapshot(
      GitHubRenderer().render(example.diagnostics, sources: example.sources), "mixed.github")
  }

  @Test func jsonIsVersionedAndReadable() throws {
    let example = Example.mixed
    let text = JSONRenderer().render(example.diagnostics, sources: example.sources)
    assertSnapshot(text, "mixed.json")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(object?["version"] as? Int == 1)
    #expect((object?["diagnostics"] as? [Any])?.count == 3)
  }

  @Test func jsonOfNothingIsAnEmptyList() {
    let text = JSONRenderer().render([], sources: SourceMap())
    #expect(text == "{\n  \"version\": 1,\n  \"diagnostics\": []\n}\n")
  }

  @Test func sarifHasRulesResultsAndFixes() throws {
    let example = Example.mixed
    let text = SARIFRenderer(toolVersion: "1.2.3")
      .render(example.diagnostics, sources: example.sources)
    assertSnapshot(text, "mixed.sarif")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
  }

  @Test func waivedDiagnosticsAreListedApart() throws {
    let example = Example.mixed
    let diagnostic = try #require(example.diagnostics.first { $0.primary != nil })
    let span = try #require(diagnostic.primary?.span)
    let waived = [WaivedDiagnostic(diagnostic, reason: "it is meant", at: span)]
    let json = JSONRenderer().render([], waived: waived, sources: example.sources)
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    let entry = (object?["waived"] as? [[String: Any]])?.first
    #expect(entry?["reason"] as? String == "it is meant")
    #expect((entry?["diagnostic"] as? [String: Any])?["code"] as? String == diagnostic.code.code)
    #expect((object?["diagnostics"] as? [Any])?.isEmpty == true)

    let sarif = SARIFRenderer(toolVersion: "1").render([], waived: waived, sources: example.sources)
    let log = try JSONSerialization.jsonObject(with: Data(sarif.utf8)) as? [String: Any]
    let run = (log?["runs"] as? [[String: Any]])?.first
    let result = (run?["results"] as? [[String: Any]])?.first
    let suppression = (result?["suppressions"] as? [[String: Any]])?.first
    #expect(suppression?["kind"] as? String == "inSource")
    #expect(suppression?["justification"] as? String == "it is meant")
  }

  @Test func jsonTextSurvivesEveryScalarOfTheFirstPlane() throws {
    var string = ""
    for value in UInt32(0)..<0x3000 {
      if let scalar = Unicode.Scalar(value) { string.unicodeScalars.append(scalar) }
    }
    let text = JSONText.array([.string(string), .number(.min), .bool(true), .null]).text
    let read = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any]
    #expect((read?.first as? String)?.unicodeScalars.elementsEqual(string.unicodeScalars) == true)
  }

  @Test func reportOrderDoesNotDependOnArrival() {
    let example = Example.mixed
    let forward = example.text
    let backward = TextRenderer()
      .render(example.diagnostics.reversed(), sources: example.sources)
    #expect(forward == backward)
  }
}
