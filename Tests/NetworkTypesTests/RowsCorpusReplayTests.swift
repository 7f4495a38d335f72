import TestSupport
import Testing

/// Every input of the fuzzer of JSON rows, and every one that once failed.
@Suite struct RowsCorpusReplayTests {
  @Test func readsTheCorpusAsPromised() throws {
    let inputs = try Corpus.inputs(of: "json-rows")
    #expect(inputs.count > 5)
    for input in inputs {
      #expect(CorpusRows(input.bytes).brokenPromises == [], "\(input.name)")
    }
  }
}
