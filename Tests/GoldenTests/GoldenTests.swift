import Compiler
import Diagnostics
import Foundation
import Lowering
import PolicyLanguage
import Testing

/// What fwpolicy makes of policies, byte for byte.
///
/// A change shows up in all three forms of a case, and in what is said about a policy that does not
/// compile.
@Suite struct GoldenTests {
  @Test(arguments: GoldenCase.accepted)
  func aPolicyCompilesToTheCommittedBytes(_ golden: GoldenCase) throws {
    let compilation = try golden.compiled()
    #expect(compilation.diagnostics.filter { $0.severity == .error }.map(\.message) == [])
    let lowered = try #require(compilation.lowered)
    for format in OutputFormat.allCases {
      expectGolden(
        try #require(compilation.product(format)),
        at: golden.folder.appending(path: "compiled.\(format.rawValue)"))
    }
    let batch = try recordedBatch(of: lowered.table)
    expectGolden(
      Array(NetlinkListing(batch).text.utf8), at: golden.folder.appending(path: "netlink.txt"))
  }

  @Test(arguments: GoldenCase.refused)
  func aBrokenPolicyIsRefusedInTheCommittedWords(_ golden: GoldenCase) throws {
    let compilation = try golden.compiled()
    #expect(compilation.hasErrors)
    #expect(compilation.lowered == nil)
    var presentation = SourcePresentation()
    presentation.add(compilation.diagnostics, of: compilation.sources, rootPrefix: nil)
    for (format, file) in [(DiagnosticFormat.text, "txt"), (.concise, "concise")] {
      expectGolden(
        Array(presentation.rendered(format, coloured: false).utf8),
        at: golden.folder.appending(path: "diagnostics.\(file)"))
    }
  }

  /// No diagnostic of a broken policy may be without a place in it and a name of its own.
  @Test(arguments: GoldenCase.refused)
  func everyDiagnosticOfABrokenPolicyHasAPlace(_ golden: GoldenCase) throws {
    for diagnostic in try golden.compiled().diagnostics {
      #expect(diagnostic.primary != nil, "\(diagnostic.message)")
      #expect(diagnostic.message.hasSuffix(".") == false, "\(diagnostic.message)")
    }
  }

  @Test func thereAreEnoughBrokenPolicies() { #expect(GoldenCase.refused.count >= 25) }
}
