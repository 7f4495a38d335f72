import TestSupport
import Testing

/// Every input of the policy fuzzer's corpus, and every one that once failed.
@Suite struct PolicyCorpusReplayTests {
  @Test func readsTheCorpusAsPromised() throws {
    let inputs = try Corpus.inputs(of: "policy")
    #expect(inputs.count > 50)
    for input in inputs {
      #expect(CorpusPolicy(input.bytes).brokenPromises == [], "\(input.name)")
    }
  }
}
