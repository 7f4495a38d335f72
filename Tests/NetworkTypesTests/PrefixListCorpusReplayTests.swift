import TestSupport
import Testing

/// Every input of the prefix list fuzzer's corpus, and every one that once failed.
@Suite struct PrefixListCorpusReplayTests {
  @Test func readsTheCorpusAsPromised() throws {
    let inputs = try Corpus.inputs(of: "prefix-list")
    #expect(inputs.count > 5)
    for input in inputs {
      #expect(CorpusList(input.bytes).brokenPromises == [], "\(input.name)")
    }
  }
}
