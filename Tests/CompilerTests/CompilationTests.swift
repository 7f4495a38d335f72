import Compiler
import Diagnostics
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

struct CompilationTests {
  private func compiled(_ tests: String) -> Compilation {
    let text = """
      fwpolicy: 1
      name: p
      networks: { noc: [192.0.2.0/28] }
      inbound:
        - { allow: ssh, from: noc }
        - { reject: ident }
      services: { ident: tcp/113 }
      tests:
      """
    return compile(
      "p.yaml", provider: MemoryProvider(["p.yaml": text + "\n  - " + tests + "\n"]))
  }

  @Test func aTestThatHoldsSaysNothing() throws {
    var compilation = compiled("{ expect: allow, to: self, from: noc, service: ssh }")
    compilation.examineTests()
    #expect(compilation.diagnostics.isEmpty)
    #expect(compilation.lowered != nil)
  }

  @Test func aTestThatFailsShowsAPacketAndWhatDecided() throws {
    var compilation = compiled("{ expect: blocked, to: self, service: ssh }")
    #expect(compilation.diagnostics.isEmpty)
    compilation.examineTests()
    let diagnostic = try #require(compilation.diagnostics.first)
    #expect(compilation.diagnostics.count == 1)
    #expect(diagnostic.code == .failedTest)
    let primary = try #require(diagnostic.primary)
    #expect(compilation.sources.text(of: primary.span) == "blocked")
    let secondary = try #require(diagnostic.secondary.first)
    #expect(compilation.sources.text(of: secondary.span) == "{ allow: ssh, from: noc }")
    #expect(
      diagnostic.notes == [
        "for example inbound in if0: tcp 192.0.2.7:40000 -> 192.0.2.10:22 (new)",
        "accepted by rule `allow-ssh-from-noc`",
      ])
  }
}
