import Compiler
import Lowering
import Nftables
import TestSupport
import Testing

@Suite struct RuleCounterTests {
  @Test func aRuleThatNothingReachesKeepsItsCounter() throws {
    let rules = [
      "  - { name: web, allow: http, count: true }\n",
      "  - { name: all, allow: any, count: true }\n",
    ]
    var counters: [[String]] = []
    for text in [rules.joined(), rules.reversed().joined()] {
      let compilation = compile(
        "p.yaml",
        provider: MemoryProvider(["p.yaml": "fwpolicy: 1\nname: m\ninbound:\n" + text]))
      let lowered = try #require(compilation.lowered, "\(compilation.diagnostics)")
      counters.append(lowered.counters.values.filter { $0.hasPrefix("rule-") }.sorted())
      #expect(lowered.table.objects.contains { $0.name == "rule-web" })
    }
    #expect(counters == [["rule-all", "rule-web"], ["rule-all", "rule-web"]])
  }
}
