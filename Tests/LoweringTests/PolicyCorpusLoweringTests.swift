import Diagnostics
import Lowering
import Nftables
import TestSupport
import Testing

/// What resolves of the policy fuzzer's corpus makes tables that the kernel takes.
@Suite struct PolicyCorpusLoweringTests {
  @Test func lowersTheCorpusToValidTables() throws {
    var lowered = 0
    for input in try Corpus.inputs(of: "policy") {
      var policy = CorpusPolicy(input.bytes)
      guard let resolved = policy.resolved else { continue }
      let staged = lower(resolved, sources: policy.sources, digest: "0123456789abcdef")
      policy.check(staged)
      #expect(policy.brokenPromises == [], "\(input.name)")
      guard let table = staged.value?.table else { continue }
      lowered += 1
      #expect(validate(table) == [], "\(input.name)")
      #expect(!emitText(table).isEmpty && !emitJSON(table).isEmpty, "\(input.name)")
    }
    #expect(lowered > 5)
  }
}
