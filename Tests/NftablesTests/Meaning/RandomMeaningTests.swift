import Nftables
import PacketSpace
import TestSupport
import Testing

@Suite struct RandomMeaningTests {
  @Test func symbolicAndTracedMeaningsAgreeOnRandomTables() throws {
    var generator = SeededGenerator(label: "ruleset meaning")
    var verdicts: Set<Outcome.Verdict> = []
    var effects = 0
    for _ in 0..<150 {
      var random = RandomTable(seed: generator.next())
      let probe = try MeaningProbe(random.make())
      let sampler = PacketSampler(
        of: probe.possible, in: probe.arena, dimensions: Self.dimensions, pool: random.pool)
      for _ in 0..<120 {
        let outcome = try probe.outcome(of: sampler.packet(using: &generator))
        verdicts.insert(outcome.verdict)
        effects += outcome.effects.count
      }
    }
    #expect(verdicts == Set(Outcome.Verdict.allCases))
    #expect(effects > 1000)
  }

  static let dimensions: [Dimension] =
    (0...18).map { Dimension(rawValue: $0) }
    + (0..<MeaningProbe.networks).flatMap { network in
      AddressSide.allCases.map { .member($0, ofNetwork: network) }
    }
    + MeaningProbe.perSource.indices.map { .limiter($0) }
}
