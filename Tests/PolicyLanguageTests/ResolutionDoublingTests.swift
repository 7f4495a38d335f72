import TestSupport
import Testing

/// Counting entries must not overflow where each network names the one before it twice.
@Suite struct ResolutionDoublingTests {
  @Test func seventyDoublingsAreCountedWithoutATrap() {
    var lines = ["fwpolicy: 1", "name: doubling", "networks:", "  n0: [192.0.2.1]"]
    for index in 1...70 { lines.append("  n\(index): [n\(index - 1), n\(index - 1)]") }
    let text = TextPolicy(lines.joined(separator: "\n") + "\n")
    #expect(text.resolved().policy != nil)
  }
}
