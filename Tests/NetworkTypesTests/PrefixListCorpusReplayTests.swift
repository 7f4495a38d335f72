import NetworkTypes
import TestSupport
import Testing

/// Every input of the prefix list fuzzer's corpus, and every one that once failed.
@Suite struct PrefixListCorpusReplayTests {
  @Test func readsTheCorpusAsPromised() throws {
    let inputs = try Corpus.inputs(of: "prefix-list")
    #expect(inputs.count > 5)
    for input in inputs {
      let list = PrefixListReader.read(input.bytes.span)
      #expect(list.problems.count == min(list.problemCount, PrefixListReader.problemLimit))
      for problem in list.problems {
        #expect(problem.line >= 1 && !problem.range.isEmpty, "\(input.name)")
        #expect(problem.range.upperBound <= input.bytes.count, "\(input.name)")
        #expect(!problem.error.message.isEmpty, "\(input.name)")
      }
      if list.addresses.isEmpty || list.addresses.isAny { continue }
      let printed = list.addresses.description.split(separator: ", ").joined(separator: "\n")
      let again = PrefixListReader.read(Array(printed.utf8).span)
      #expect(again.problemCount == 0 && again.addresses == list.addresses, "\(input.name)")
    }
  }
}
