import Compiler
import Diagnostics
import PolicyAnalysis
import Testing

@Suite struct CheckLimitTests {
  @Test func tooLargeAPolicyIsSaidToBe() throws {
    let compilation = CheckedPolicy(inbound("{ allow: ssh, from: ab }")).compilation
    let policy = try #require(compilation.policy)
    let written = try #require(compilation.written)
    let report = runChecks(on: policy, written: written, byteLimit: 10_000)
    #expect(report.diagnostics.map(\.code.code) == ["FW200"])
    #expect(report.diagnostics.first?.severity == .error)
    let figures = runChecks(on: policy, written: written).figures
    #expect(figures.nodes > 10 && figures.edges > figures.nodes && figures.bytes > 10_000)
  }
}
