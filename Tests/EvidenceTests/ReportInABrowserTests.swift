import Evidence
import Foundation
import TestSupport
import Testing

/// Pages in headless Chromium: `Browser/check-report` says what it looks at.
@Suite(.serialized) struct ReportInABrowserTests {
  private struct Look {
    var status: Int32
    var problems: String
    var talk: String
  }

  private func look(at page: String) throws -> Look {
    let folder = try TemporaryFolder()
    let path = try folder.write(page, to: "report.html")
    let process = Process()
    process.executableURL = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Browser/check-report")
    process.arguments = [path]
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path]
    let output = Pipe()
    let talk = Pipe()
    process.standardOutput = output
    process.standardError = talk
    try process.run()
    let problems = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let words = String(decoding: talk.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Look(status: process.terminationStatus, problems: problems, talk: words)
  }

  private static func page() throws -> String {
    try report(ReportExamples.edge, readings: ReportExamples.readings()).page
  }

  @Test func isReadableEverywhere() throws {
    let seen = try look(at: try Self.page())
    #expect(seen.status == 0, "\(seen.problems)\(seen.talk)")
  }

  @Test func manyZonesAreReadableToo() throws {
    let seen = try look(at: try report(ReportExamples.manyZones()).page)
    #expect(seen.status == 0, "\(seen.problems)\(seen.talk)")
  }

  /// What the look must find, each in a page that is spoilt by it.
  @Test(arguments: [
    ("--soft:#525c66", "--soft:#999999", "contrast"),
    ("--soft:#a9b4bf", "--soft:#4a5560", "dark: <"),
    ("--bar:#3274b5}\n", "--bar:#e8eef4}\n", "a bar has contrast"),
    ("<main>", "<main><div style=\"width:500px\">wide</div>", "scrolls sideways"),
    ("<main>", "<main><img alt=\"\" src=\"http://192.0.2.1/x.png\">", "asks for http://192.0.2.1/"),
    ("details>*{display:block}", "", "the pages do not say"),
    ("<html lang=\"en\">", "<html>", "has no language"),
  ])
  func findsWhatIsWrong(old: String, new: String, problem: String) throws {
    let page = try Self.page()
    var spoilt = page.replacingOccurrences(of: old, with: new)
    if old.hasPrefix("details") {
      spoilt = spoilt.replacingOccurrences(of: "details::details-content{", with: "details::none{")
    }
    #expect(spoilt != page, "nothing to spoil: \(old)")
    let seen = try look(at: spoilt)
    #expect(seen.status == 1, "\(seen.talk)")
    #expect(seen.problems.contains(problem), "\(seen.problems)")
  }
}
