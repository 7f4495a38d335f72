import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// The difference of two policies is all of it.
@Suite struct PolicyComparisonTests {
  /// The new policy's verdicts are the old one's, but in the regions that are told.
  @Test func theOldMeaningAndTheRegionsMakeTheNewOne() throws {
    var generator = SeededGenerator(label: "comparisons")
    var changed = 0
    for round in 0..<24 {
      let old = RandomPolicy.make(using: &generator)
      let new =
        round % 4 == 0
        ? RandomPolicy.make(using: &generator) : neighbour(of: old, using: &generator)
      let comparison = try PolicyComparison(old, new)
      let arena = comparison.arena
      let difference = try comparison.difference()
      let admitted = try comparison.admitted()
      var rebuilt = try comparison.fates(of: old)
      for change in difference.changes {
        try #require(!change.hasMoreRegions)
        let packets = try arena.packets(of: change.regions, within: admitted)
        changed += 1
        let after = try comparison.fates(of: new)
        let now = try fates(in: packets, of: after, arena)
        try #require(
          now.contains(PolicyComparison.Fate.accepted.rawValue) == (change.kind == .opened))
        rebuilt = try arena.combine(
          packets.diagram,
          try arena.combine(rebuilt, after) { old, new in
            guard let old = old.constant, let new = new.constant else { return nil }
            return .constant(old << 8 | new)
          }
        ) { inside, both in
          guard let inside = inside.constant, let both = both.constant else { return nil }
          return .constant(inside == 1 ? both & 255 : both >> 8)
        }
      }
      let expected = try comparison.fates(of: new)
      try #require(rebuilt == expected)
    }
    #expect(changed > 20)
  }

  private func fates(
    in packets: PacketSet, of diagram: Diagram, _ arena: PacketArena
  ) throws -> [UInt32] {
    arena.answers(of: try arena.restrict(diagram, to: packets, otherwise: 0)).filter { $0 != 0 }
  }

  /// The same policy with a rule less, moved, or of another verdict.
  private func neighbour(
    of policy: ResolvedPolicy, using generator: inout SeededGenerator
  ) -> ResolvedPolicy {
    var policy = policy
    var rules = policy.inbound.rules
    if let place = rules.indices.randomElement(using: &generator) {
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: rules.remove(at: place)
      case 1: rules.append(rules.remove(at: place))
      case 2: rules[place].verdict = rules[place].verdict == .allow ? .reject : .allow
      default: rules[place].expires = Timestamp(seconds: 1500)
      }
    }
    policy.inbound.rules = rules
    if Bool.random(using: &generator) { policy.smtpEgress = nil }
    return policy
  }

  @Test func aPolicyIsNotDifferentFromItself() throws {
    var generator = SeededGenerator(label: "same")
    for _ in 0..<10 {
      let policy = RandomPolicy.make(using: &generator)
      let difference = try PolicyComparison(policy, policy).difference()
      #expect(difference.changes.isEmpty)
      #expect(difference.effects.isEmpty)
      #expect(difference.edits.isEmpty)
      #expect(difference.changedPackets.isEmpty)
      #expect(!difference.changesMeaning)
    }
  }

  @Test func aLimitThatIsAnotherLimitIsAChange() throws {
    var old = host()
    old.inbound.rules = [
      rule("ssh", .allow, .port(.tcp, 22)) { $0.limit = .connectionsPerSource(3) }
    ]
    var new = old
    new.inbound.rules[0].limit = .connectionsPerSource(4)
    let difference = try PolicyComparison(old, new).difference()
    #expect(difference.changes.isEmpty)
    #expect(
      difference.effects.map(\.text) == [
        "the limit of rule `ssh` is 4 connections per source, and was 3 connections per source"
      ])
    #expect(difference.changesMeaning)
  }

  @Test func datesAreWrittenAsDates() {
    #expect(Timestamp(seconds: 0).description == "1970-01-01")
    #expect(Timestamp(seconds: 951_782_400).description == "2000-02-29")
    #expect(Timestamp(seconds: 4_102_444_799).description == "2099-12-31T23:59:59Z")
    #expect(Timestamp(seconds: -1).description == "1969-12-31T23:59:59Z")
    #expect(Timestamp(seconds: -62_135_596_800).description == "0001-01-01")
    #expect(Timestamp(seconds: .max).description == "9223372036854775807 s")
    #expect(Timestamp(seconds: .min).description == "-9223372036854775808 s")
  }
}
