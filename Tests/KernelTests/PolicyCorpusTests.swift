import PolicyAnalysis
import TestSupport
import Testing

/// Every example and golden case in the kernel: loaded both ways, and asked with real packets.
@Suite(.serialized) struct PolicyCorpusTests {
  @Test(arguments: PolicyCase.all)
  func kernelDoesWhatThePolicySays(_ policyCase: PolicyCase) throws {
    let subject = try policyCase.compiled()
    let comparison = try KernelComparison(subject, label: policyCase.name)
    #expect(comparison.disagreements.isEmpty, "\(comparison.report)")
  }
}
