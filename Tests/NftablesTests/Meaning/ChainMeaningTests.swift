import Nftables
import PacketSpace
import Testing

@Suite struct ChainMeaningTests {
  private func outcome(
    _ chains: [Chain], _ packet: [Dimension: UInt128] = Sent.packet()
  ) throws -> Outcome {
    try MeaningProbe(Small.table(chains)).outcome(of: packet)
  }

  private static let accept = Small.rule(.verdict(.accept))
  private static let one = Small.rule(.counter("one"))
  private static let two = Small.rule(.counter("two"))

  @Test func missingHooksAccept() throws {
    for path in PathValue.allCases {
      #expect(try outcome([], Sent.packet(path)) == Outcome(.accept))
    }
  }

  @Test func eachPathMeetsItsOwnChains() throws {
    let chains = [
      Small.base(.prerouting, policy: .accept, [Self.one]), Small.base(.input, [Self.accept]),
      Small.base(.forward, [Self.two]), Small.base(.output, policy: .accept, [Self.two]),
    ]
    #expect(try outcome(chains) == Outcome(.accept, effects: [.counter("one")]))
    #expect(
      try outcome(chains, Sent.packet(.forward))
        == Outcome(.drop, effects: [.counter("one"), .counter("two")]))
    #expect(
      try outcome(chains, Sent.packet(.outbound))
        == Outcome(.accept, effects: [.counter("two")]))
  }

  @Test func acceptEndsItsOwnBaseChainOnly() throws {
    let chains = [
      Small.base(.input, priority: 10, [Small.rule(.counter("two"), .verdict(.drop))]),
      Small.base(.input, [Self.accept, Self.one]),
    ]
    #expect(try outcome(chains) == Outcome(.drop, effects: [.counter("two")]))
  }

  @Test func dropEndsThePacket() throws {
    let chains = [
      Small.base(.prerouting, policy: .accept, [Small.rule(.verdict(.drop))]),
      Small.base(.input, [Self.one, Self.accept]),
    ]
    #expect(try outcome(chains) == Outcome(.drop))
  }

  @Test func lowerPrioritiesRunFirst() throws {
    let chains = [
      Small.base(.input, priority: 5, [Small.rule(.counter("two"), .verdict(.drop))]),
      Small.base(.input, priority: -5, [Small.rule(.counter("one"), .verdict(.drop))]),
    ]
    #expect(try outcome(chains) == Outcome(.drop, effects: [.counter("one")]))
  }

  @Test func jumpComesBackAndGotoDoesNot() throws {
    func chains(_ verdict: Verdict) -> [Chain] {
      [
        Small.base(.input, [Small.rule(.verdict(.jump("outer"))), Self.two]),
        Small.chain("outer", Small.rule(.verdict(verdict)), Self.one),
        Small.chain("inner", Small.rule(.verdict(.return)), Small.rule(.verdict(.accept))),
      ]
    }
    #expect(
      try outcome(chains(.jump("inner")))
        == Outcome(.drop, effects: [.counter("one"), .counter("two")]))
    #expect(try outcome(chains(.goto("inner"))) == Outcome(.drop, effects: [.counter("two")]))
  }

  /// Written out, these would be more rules than a number counts.
  @Test func jumpsMultiply() throws {
    let levels = 8
    var chains = [
      Small.base(.input, policy: .accept, [Small.rule(.verdict(.jump("level-0")))]),
      Small.chain(
        "level-\(levels)",
        Small.rule(.compare(.l4Proto, .equal, 6), .verdict(.drop))),
    ]
    for level in 0..<levels {
      var chain = Small.chain("level-\(level)")
      chain.rules = [Rule](
        repeating: Small.rule(.verdict(.jump("level-\(level + 1)"))), count: 300)
      chains.append(chain)
    }
    #expect(try outcome(chains) == Outcome(.drop))
  }

  @Test func gotoFromABaseChainEndsAtThePolicy() throws {
    let chains = [
      Small.base(.input, policy: .accept, [Small.rule(.verdict(.goto("inner"))), Self.two]),
      Small.chain("inner", Self.one),
    ]
    #expect(try outcome(chains) == Outcome(.accept, effects: [.counter("one")]))
  }

  @Test func returnFromABaseChainIsThePolicy() throws {
    let chains = [Small.base(.input, [Small.rule(.verdict(.return)), Self.accept])]
    #expect(try outcome(chains) == Outcome(.drop))
  }

  @Test func preroutingKnowsNoOutputInterface() throws {
    func chains(isNegated: Bool) -> [Chain] {
      [
        Small.base(
          .prerouting, policy: .accept,
          [
            Small.rule(
              .compareInterface(
                .outputInterface, isNegated: isNegated, name: "eth1", isWildcard: false),
              .verdict(.drop)),
            Small.rule(
              .lookup(Key(.outputInterface), isNegated: false, set: "names"), .verdict(.drop)),
          ])
      ]
    }
    #expect(try outcome(chains(isNegated: false), Sent.packet(.forward)) == Outcome(.accept))
    #expect(try outcome(chains(isNegated: true), Sent.packet(.forward)) == Outcome(.drop))
  }

  @Test func sharedChainsMeanTheSameFromEverywhere() throws {
    let shared = Small.chain(
      "shared",
      Small.rule(
        .compareInterface(.outputInterface, isNegated: false, name: "eth1", isWildcard: false),
        .verdict(.drop)))
    let jump = Small.rule(.verdict(.jump("shared")))
    let chains = [
      Small.base(.prerouting, policy: .accept, [jump]),
      Small.base(.forward, policy: .accept, [jump]), shared,
    ]
    #expect(try outcome(chains, Sent.packet(.forward)) == Outcome(.drop))
    #expect(try outcome(Array(chains.dropFirst(0)), Sent.packet()) == Outcome(.accept))
  }

  @Test func tracesEveryRuleOnTheWay() throws {
    let table = Small.table([
      Small.base(
        .input,
        [
          Small.rule(.compare(.socketUser, .equal, 1), .verdict(.accept)),
          Small.rule(Sample.udp, .verdict(.accept)), Small.rule(.verdict(.jump("inner"))),
        ]), Small.chain("inner", Self.one),
    ])
    let packet = Sent.packet()
    let steps = try MeaningProbe(table).trace.outcome { packet[$0] ?? 0 }.steps
    #expect(
      steps.map(\.result) == [
        .stopped(statement: 0, isAbsent: true), .stopped(statement: 0, isAbsent: false),
        .verdict(.jump("inner")), .passed, .policy(.drop),
      ])
    #expect(
      steps.map(\.chain) == ["hook-input", "hook-input", "hook-input", "inner", "hook-input"])
    #expect(steps.map(\.rule) == [0, 1, 2, 0, nil])
  }

  @Test func sixteenChainsAreTheMost() throws {
    func chains(_ count: Int) -> [Chain] {
      [Small.base(.input, [Small.rule(.verdict(.jump("c1")))])]
        + (1..<count).map { number in
          number == count - 1
            ? Small.chain("c\(number)", Self.accept)
            : Small.chain("c\(number)", Small.rule(.verdict(.goto("c\(number + 1)"))))
        }
    }
    #expect(try outcome(chains(16)) == Outcome(.accept))
    #expect(MeaningProbe.error(of: Small.table(chains(17)))?.kind == .nestingTooDeep)
    // The inner chains are known already when the long way reaches them.
    var short = chains(17)
    short.append(Small.base(.forward, [Small.rule(.verdict(.jump("c9")))]))
    short.insert(
      Small.base(.input, priority: -1, [Small.rule(.verdict(.jump("c9")))]), at: 0)
    #expect(MeaningProbe.error(of: Small.table(short))?.kind == .nestingTooDeep)
  }
}
