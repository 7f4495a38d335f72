import Compiler
import Lowering
import NetworkTypes
import Nftables
import TestSupport
import Testing

/// Rules that overlap in source, destination and port at once: the worst for look-ups.
@Suite struct OverlappingRulesTests {
  @Test func rulesThatOverlapEverywhereStayFewAndAreProven() throws {
    let count = 300
    var generator = SeededGenerator(label: "overlapping rules")
    var text = "fwpolicy: 1\nname: p\nrole: router\nforward:\n"
    for _ in 0..<count {
      let verdict = ["allow", "deny", "reject"].randomElement(using: &generator) ?? "allow"
      let ports = [0, 1].map { _ in UInt16.random(in: 1...(.max), using: &generator) }.sorted()
      let ends = [0, 1].map { _ in
        [0, 1].map { _ in UInt32.random(in: 0...(.max), using: &generator) }.sorted()
          .map { IPv4Address(bits: $0).description }.joined(separator: "-")
      }
      text += "  - { \(verdict): tcp/\(ports[0])-\(ports[1]), from: \(ends[0]), to: \(ends[1]) }\n"
    }
    let compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]))
    let table = try #require(compilation.lowered?.table)
    // Each in a list of its own for every one of the 600 stretches of ports: 60,000.
    let rules = table.chains.reduce(0) { $0 + $1.rules.count }
    #expect(rules < 30 * count)
  }
}
