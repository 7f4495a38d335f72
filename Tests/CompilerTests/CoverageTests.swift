import Compiler
import Diagnostics
import Foundation
import PolicyAnalysis
import PolicyLanguage
import Testing

/// That docs/COVERAGE.md speaks of checks that there are, and of all of them.
@Suite struct CoverageTests {
  private struct Row {
    var id: String
    var cells: [String]
  }

  private static let rows: [Row] = {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/COVERAGE.md")
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| id ") }.map {
      let cells = $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return Row(id: cells.first ?? "", cells: cells)
    }
  }()

  private static func codes(in text: String) -> [String] {
    text.matches(of: /FW\d{3}/).map { String($0.output) }
  }

  @Test func everyRowHasAnIDAdviceAndACheckOrAReason() {
    #expect(Self.rows.count > 50)
    for row in Self.rows {
      #expect(row.cells.count == 3 && row.cells.allSatisfy { !$0.isEmpty }, "\(row.id)")
      let answer = row.cells.last ?? ""
      let isAnswered =
        !Self.codes(in: answer).isEmpty || answer.contains("by itself")
        || answer.contains("no check")
      #expect(isAnswered, "\(row.id): \(answer)")
    }
    let ids = Self.rows.flatMap { $0.id.split(separator: ", ") }
    #expect(Set(ids).count == ids.count)
  }

  @Test func everyCodeThatIsNamedIsOne() {
    let known = Set(
      (DiagnosticCode.syntaxCatalogue + ResolutionCodes.catalogue + Check.catalogue
        + DiagnosticCode.compilerCatalogue).map(\.code))
    for row in Self.rows {
      // FW7xx are of a room that these tests do not see.
      for code in Self.codes(in: row.cells.joined()) where !code.hasPrefix("FW7") {
        #expect(known.contains(code), "\(row.id): \(code)")
      }
    }
  }

  @Test func everyCheckOfAdviceIsNamed() {
    let named = Set(Self.rows.flatMap { Self.codes(in: $0.cells.joined()) })
    for check in Check.registry where ("FW300"..<"FW600").contains(check.code.code) {
      #expect(named.contains(check.code.code), "\(check.code.code) \(check.name)")
    }
  }
}
