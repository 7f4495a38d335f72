import Nftables
import PacketSpace
import Testing

/// What a counter map answers, apart from the rules that ask it.
@Suite struct CounterMapContentTests {
  private static func content(_ runs: [(UInt128, UInt128, String)]) throws -> CounterMapContent {
    let table = Small.table([], sets: [Small.counterMap("m", .ipv4Address, runs)])
    return try RulesetMeaning.content(ofCounterMap: "m", in: table)
  }

  @Test func mapsThatAnswerAlikeAreEqualHoweverTheyAreCut() throws {
    let whole = try Self.content([(10, 29, "one"), (30, 39, "two")])
    let cut = try Self.content([(20, 29, "one"), (30, 39, "two"), (10, 19, "one")])
    #expect(whole == cut)
    #expect(whole.runs.map(\.counter) == ["one", "two"])
    #expect(try whole != Self.content([(10, 28, "one"), (30, 39, "two")]))
    #expect(try whole != Self.content([(10, 29, "two"), (30, 39, "two")]))
  }

  @Test func everyBoundaryHasItsCounter() throws {
    let content = try Self.content([(0, 0, "one"), (10, 29, "one"), (30, 39, "two")])
    for (value, counter) in [
      (0, "one"), (1, nil), (9, nil), (10, "one"), (29, "one"), (30, "two"), (39, "two"),
      (40, nil), (UInt128(UInt32.max), nil),
    ] as [(UInt128, String?)] {
      #expect(content.counter(of: value) == counter, "\(value)")
    }
    #expect(try Self.content([(1, .init(UInt32.max), "two")]).counter(of: 0xFFFF_FFFF) == "two")
  }

  @Test func whatOverlapsOrIsNoCounterMapHasNoContent() {
    func kind(_ map: NamedSet?, _ name: String = "m") -> RulesetMeaningError.Kind? {
      do throws(RulesetMeaningError) {
        _ = try RulesetMeaning.content(
          ofCounterMap: name, in: Small.table([], sets: map.map { [$0] } ?? []))
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(kind(nil) == .missingSet("m"))
    #expect(kind(nil, "clients-4") == .wrongSetKind("clients-4"))
    #expect(
      kind(Small.counterMap("m", .ipv4Address, [(1, 5, "one"), (5, 6, "one")]))
        == .overlappingElements("m"))
    #expect(
      kind(Small.counterMap("m", .ipv4Address, [(5, 1 << 32, "one")])) == .badElement("m"))
    var single = Small.counterMap("m", .ipv4Address, [(1, 5, "one")])
    single.isInterval = false
    #expect(kind(single) == .badElement("m"))
    #expect(kind(Small.counterMap("m", .ipv4Address, [])) == nil)
  }

  @Test func aMissEndsTheRuleAndAHitIsOneEffectForAllCounters() throws {
    let table = Small.table([
      Small.base(
        .input,
        [
          Small.rule(
            Sample.ipv4, .counterMap(Key(.ipv4Source), map: "rows-4"), .verdict(.accept))
        ])
    ])
    let probe = try MeaningProbe(table)
    let counted = Outcome(.accept, effects: [.counterMap("rows-4", by: .source)])
    for (address, outcome) in [
      (0xC000_01FF, Outcome(.drop)), (0xC000_0200, counted), (0xC000_0208, counted),
      (0xC000_020F, counted), (0xC000_0210, Outcome(.drop)),
    ] as [(UInt128, Outcome)] {
      #expect(try probe.outcome(of: Sent.packet(.inbound, [.source4: address])) == outcome)
    }
    // An IPv6 packet is not asked.
    #expect(try probe.outcome(of: Sent.packet(.inbound, Sent.ipv6)) == Outcome(.drop))
  }

  @Test func aRecordIsAnEffectThatStopsNothing() throws {
    let table = Small.table([
      Small.base(
        .input, policy: .accept,
        [
          Small.rule(
            Sample.ipv6,
            .dynamicSet(
              .update, Key([.init(.ipv6Source, prefixLength: 64)]), set: "records-6", .counter)),
          Small.rule(
            Sample.ipv4, .dynamicSet(.update, Key(.ipv4Source), set: "records-4", .counter)),
          Small.rule(.verdict(.drop)),
        ])
    ])
    let probe = try MeaningProbe(table)
    #expect(
      try probe.outcome(of: Sent.packet())
        == Outcome(.drop, effects: [.record("set records-4 by source/32")]))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, Sent.ipv6))
        == Outcome(.drop, effects: [.record("set records-6 by source/64")]))
  }

  @Test func membershipOfASetThatIsFilledAtRunTimeIsUnknown() throws {
    let table = Small.table([
      Small.base(
        .input, policy: .accept,
        [
          Small.rule(
            Sample.ipv4, .lookup(Key(.ipv4Source), isNegated: false, set: "guests-4"),
            .lookup(Key(.ipv4Destination), isNegated: true, set: "friends-4"), .verdict(.drop))
        ])
    ])
    let probe = try MeaningProbe(table)
    for (source, destination, verdict) in [
      (0, 0, .accept), (1, 0, .drop), (0, 1, .accept), (1, 1, .accept),
    ] as [(UInt128, UInt128, Outcome.Verdict)] {
      let packet = Sent.packet(
        .inbound,
        [
          .member(.source, ofNetwork: 0): source,
          .member(.destination, ofNetwork: 1): destination,
          // Of the other ends and networks nothing is asked.
          .member(.destination, ofNetwork: 0): 1, .member(.source, ofNetwork: 1): 1,
        ])
      #expect(try probe.outcome(of: packet).verdict == verdict)
    }
  }
}
