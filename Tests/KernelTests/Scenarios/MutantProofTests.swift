import Compiler
import Lowering
import Testing

/// What packets show to be wrong, the proof shows too: all but what it does not speak of.
@Suite struct MutantProofTests {
  @Test(arguments: Mutant.all)
  func theProofNoticesWhatPacketsNotice(_ mutant: Mutant) throws {
    let subject = try CompiledPolicy(mutant.scenario.policy())
    var lowered = subject.lowered
    mutant.change(&lowered.table)
    try #require(lowered.table != subject.lowered.table)
    if case .equal = prove(lowered, of: subject.policy) {
      Issue.record("proven: \(mutant.name)")
    }
  }
}
