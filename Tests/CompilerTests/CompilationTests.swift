import Compiler
import Diagnostics
import PolicyLanguage
import TestSupport
import Testing

struct CompilationTests {
  /// A claim that nothing examines must not look like one that holds.
  @Test func refusesTestsThatNothingExamines() throws {
    let text = "fwpolicy: 1\nname: p\ntests:\n  - { expect: blocked, to: self, service: ssh }\n"
    let compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]))
    #expect(compilation.diagnostics.map(\.code) == [.notSupportedYet])
    #expect(compilation.hasErrors)
    #expect(compilation.lowered == nil)
  }
}
