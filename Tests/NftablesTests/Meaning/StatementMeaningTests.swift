import NetworkTypes
import Nftables
import PacketSpace
import Testing

/// One statement, one packet: whether the rule goes on after it.
struct StatementCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let statements: [Statement]
  let packet: [Dimension: UInt128]
  let passes: Bool

  init(
    _ description: String, _ statements: [Statement], _ packet: [Dimension: UInt128], passes: Bool
  ) {
    testDescription = description
    self.statements = statements
    self.packet = packet
    self.passes = passes
  }

  private static let ipv4 = Sample.ipv4
  private static let ipv6 = Sample.ipv6
  private static let tcp = Sample.tcp
  private static func prefix(_ bits: UInt32, _ length: Int, not: Bool = false) -> Statement {
    .comparePrefix(
      .ipv4Source, isNegated: not, .ipv4(IPv4Address(bits: bits), length: length))
  }
  private static func iif(_ name: String, any: Bool = false, not: Bool = false) -> Statement {
    .compareInterface(.inputInterface, isNegated: not, name: name, isWildcard: any)
  }
  private static func oif(_ name: String, any: Bool = false, not: Bool = false) -> Statement {
    .compareInterface(.outputInterface, isNegated: not, name: name, isWildcard: any)
  }
  private static let icmp: [Statement] = [ipv4, .compare(.l4Proto, .equal, 1)]
  private static let icmpv6: [Statement] = [ipv6, .compare(.l4Proto, .equal, 58)]

  static let all: [StatementCase] = [
    .init("ipv4 of ipv4", [ipv4], Sent.packet(), passes: true),
    .init("ipv6 of ipv4", [ipv6], Sent.packet(), passes: false),
    .init("ipv6 of ipv6", [ipv6], Sent.packet(.inbound, Sent.ipv6), passes: true),
    .init("not ipv4", [.compare(.nfProto, .notEqual, 2)], Sent.packet(), passes: false),
    .init(
      "both families", [.compareAny(.nfProto, isNegated: false, [2, 10])], Sent.packet(),
      passes: true),
    .init("protocol", [.compare(.l4Proto, .notEqual, 17)], Sent.packet(), passes: true),
    .init("below a protocol", [.compare(.l4Proto, .less, 6)], Sent.packet(), passes: false),
    .init("from a protocol", [.compare(.l4Proto, .greaterOrEqual, 6)], Sent.packet(), passes: true),
    .init("in a prefix", [ipv4, prefix(0xC000_0200, 28)], Sent.packet(), passes: true),
    .init("outside a prefix", [ipv4, prefix(0xC000_0210, 28)], Sent.packet(), passes: false),
    .init(
      "not in a prefix", [ipv4, prefix(0xC000_0200, 28, not: true)], Sent.packet(), passes: false),
    .init("in every prefix", [ipv4, prefix(0, 0)], Sent.packet(), passes: true),
    .init(
      "an ipv6 prefix",
      [
        ipv6,
        .comparePrefix(
          .ipv6Source, isNegated: false,
          .ipv6(IPv6Address(bits: UInt128(0x2001_0db8) << 96), length: 32)),
      ], Sent.packet(.inbound, Sent.ipv6), passes: true),
    .init("its interface", [iif("eth0")], Sent.packet(), passes: true),
    .init("another interface", [iif("eth1")], Sent.packet(), passes: false),
    .init(
      "a pattern", [iif("bng", any: true)], Sent.packet(.inbound, [.inputInterface: Sent.bng7]),
      passes: true),
    .init("no pattern", [iif("bng", any: true, not: true)], Sent.packet(), passes: true),
    .init("no output interface on input", [oif("eth0", not: true)], Sent.packet(), passes: true),
    .init(
      "no input interface on output", [iif("eth0", not: true)], Sent.packet(.outbound), passes: true
    ),
    .init("no input interface at all", [iif("eth0")], Sent.packet(.outbound), passes: false),
    .init(
      "tcp dport", [tcp, .compare(.tcpDestinationPort, .equal, 22)], Sent.packet(), passes: true),
    .init(
      "tcp dport not in",
      [tcp, .compareAny(.tcpDestinationPort, isNegated: true, [22, 25])], Sent.packet(),
      passes: false),
    .init(
      "th dport", [tcp, .compare(.transportDestinationPort, .less, 1024)], Sent.packet(),
      passes: true),
    .init(
      "udp ports",
      [
        Sample.udp, .compare(.udpSourcePort, .equal, 68), .compare(.udpDestinationPort, .equal, 67),
      ], Sent.packet(.inbound, [.ipProtocol: 17, .sourcePort: 68, .destinationPort: 67]),
      passes: true),
    .init(
      "icmp type", icmp + [.compare(.icmpType, .equal, 8)], Sent.icmp(type: 8, code: 3),
      passes: true),
    .init(
      "icmp type not", icmp + [.compare(.icmpType, .notEqual, 8)], Sent.icmp(type: 8, code: 3),
      passes: false),
    .init(
      "icmp code", icmp + [.compare(.icmpCode, .equal, 3)], Sent.icmp(type: 8, code: 3),
      passes: true),
    .init(
      "icmp code not", icmp + [.compare(.icmpCode, .notEqual, 3)], Sent.icmp(type: 8, code: 3),
      passes: false),
    .init(
      "icmp code below", icmp + [.compare(.icmpCode, .less, 3)], Sent.icmp(type: 8, code: 3),
      passes: false),
    .init(
      "icmpv6 types", icmpv6 + [.compareAny(.icmpv6Type, isNegated: false, [133, 134])],
      Sent.icmpv6(type: 134), passes: true),
    .init(
      "hop limit 255", icmpv6 + [.compare(.ipv6HopLimit, .equal, 255)],
      Sent.icmpv6(type: 134, [.hopLimit: 1]), passes: true),
    .init(
      "another hop limit", icmpv6 + [.compare(.ipv6HopLimit, .equal, 255)],
      Sent.icmpv6(type: 134), passes: false),
    .init(
      "hop limit below 255", icmpv6 + [.compare(.ipv6HopLimit, .less, 255)],
      Sent.icmpv6(type: 134), passes: true),
    .init("a user", [.compare(.socketUser, .equal, 1000)], Sent.packet(.outbound), passes: true),
    .init(
      "no socket", [.compare(.socketUser, .equal, 1000)],
      Sent.packet(.outbound, [.user: UInt128(Dimension.noUser)]), passes: false),
    .init(
      "no socket, negated", [.compare(.socketUser, .notEqual, 1000)],
      Sent.packet(.outbound, [.user: UInt128(Dimension.noUser)]), passes: false),
    .init(
      "no socket, in no set", [.compareAny(.socketUser, isNegated: true, [1, 2])], Sent.packet(),
      passes: false),
    .init(
      "before a date", [.compare(.time, .less, 1_800_000_001)], Sent.packet(), passes: true),
    .init(
      "since a date", [.compare(.time, .greaterOrEqual, 1_800_000_001)], Sent.packet(),
      passes: false),
    .init(
      "a broadcast", [.compareAny(.packetType, isNegated: true, [1, 2])],
      Sent.packet(.inbound, [.packetType: 1]), passes: false),
    .init(
      "the port before NAT", [tcp, .compare(.originalDestinationPort, .equal, 8080)],
      Sent.packet(.inbound, [.originalPort: 8080]), passes: true),
    .init(
      "no port before NAT", [tcp, .compare(.originalDestinationPort, .notEqual, 8080)],
      Sent.packet(.inbound, [.state: 3, .originalPort: Sent.noPort]), passes: false),
    .init("a state", [.ctState([.new, .untracked])], Sent.packet(), passes: true),
    .init("another state", [.ctState([.established])], Sent.packet(), passes: false),
    .init("the right path back", [.reversePath(isMissing: false)], Sent.packet(), passes: true),
    .init(
      "the wrong path back", [.reversePath(isMissing: true)],
      Sent.packet(.inbound, [.reversePath: 1]), passes: true),
    .init(
      "in a set", [ipv4, .lookup(Key(.ipv4Source), isNegated: false, set: "clients-4")],
      Sent.packet(), passes: true),
    .init(
      "not in a set", [ipv4, .lookup(Key(.ipv4Destination), isNegated: true, set: "clients-4")],
      Sent.packet(), passes: true),
    .init(
      "in an ipv6 set", [ipv6, .lookup(Key(.ipv6Source), isNegated: false, set: "clients-6")],
      Sent.packet(.inbound, Sent.ipv6), passes: true),
    .init(
      "masked in a set",
      [
        ipv4,
        .lookup(
          Key([.init(.ipv4Source, prefixLength: 24)]), isNegated: false, set: "networks-24"),
      ], Sent.packet(), passes: true),
    .init(
      "in a set of names", [.lookup(Key(.inputInterface), isNegated: false, set: "names")],
      Sent.packet(), passes: true),
    .init(
      "the empty name is in no set", [.lookup(Key(.inputInterface), isNegated: true, set: "names")],
      Sent.packet(.outbound), passes: true),
    .init(
      "in a set of services",
      [.lookup(Key(.l4Proto, .transportDestinationPort), isNegated: false, set: "services")],
      Sent.packet(), passes: true),
    .init(
      "no service",
      [.lookup(Key(.l4Proto, .transportDestinationPort), isNegated: false, set: "services")],
      Sent.icmp(type: 0, code: 22), passes: false),
    .init(
      "not in a set of services",
      [
        tcp, .lookup(Key(.l4Proto, .transportDestinationPort), isNegated: true, set: "services"),
      ], Sent.packet(.inbound, [.destinationPort: 26]), passes: true),
    .init(
      "a limit with room", [.limit(RateLimit(rate: 1, unitSeconds: 1, burst: 5))], Sent.packet(),
      passes: true),
    .init(
      "a limit without room", [.limit(RateLimit(rate: 1, unitSeconds: 1, burst: 5))],
      Sent.packet(.inbound, [.limiter(0): 1]), passes: false),
    .init(
      "over a limit", [.limit(RateLimit(rate: 1, unitSeconds: 1, burst: 5, isOver: true))],
      Sent.packet(.inbound, [.limiter(0): 1]), passes: true),
  ]

  static let dynamic: [StatementCase] =
    [false, true].flatMap { isOver in
      LimiterValue.allCases.map { value in
        .init(
          "\(isOver ? "over" : "under") a limit per source that says \(value)",
          [
            ipv4,
            .dynamicSet(
              .update, Key(.ipv4Source), set: "limit-4",
              .limit(RateLimit(rate: 1, unitSeconds: 1, burst: 5, isOver: isOver))),
          ], Sent.packet(.inbound, [.limiter(1): UInt128(value.rawValue)]),
          passes: value == (isOver ? .over : .room))
      }
    }
    + LimiterValue.allCases.map { value in
      .init(
        "connections, \(value)",
        [
          ipv4,
          .dynamicSet(.add, Key(.ipv4Source), set: "limit-connections", .connectionCount(3)),
        ], Sent.packet(.inbound, [.limiter(1): UInt128(value.rawValue)]), passes: value == .room)
    }
}

@Suite struct StatementMeaningTests {
  @Test(arguments: StatementCase.all + StatementCase.dynamic)
  func goesOnOrEndsTheRule(_ example: StatementCase) throws {
    let rule = Rule(example.statements + [.verdict(.accept)], origin: Small.origin)
    let hooks: [BaseChain.Hook] = example.packet[.path] == 2 ? [.output] : [.input]
    let probe = try MeaningProbe(Small.table(hooks.map { Small.base($0, [rule]) }))
    let outcome = try probe.outcome(of: example.packet)
    #expect(outcome.verdict == (example.passes ? .accept : .drop))
  }

  @Test func failedMatchesLeaveWhatWasDone() throws {
    let table = Small.table([
      Small.base(
        .input,
        [
          Small.rule(
            .counter("one"), Sample.tcp, .log(prefix: "seen", group: 3),
            .compare(.tcpDestinationPort, .equal, 80), .counter("two"), .verdict(.drop)),
          Small.rule(.verdict(.accept)),
        ])
    ])
    let outcome = try MeaningProbe(table).outcome(of: Sent.packet())
    #expect(
      outcome
        == Outcome(
          .accept,
          effects: [
            .counter("one"), .log(prefix: "seen", group: 3, rate: 0, unitSeconds: 0, burst: 0),
          ]))
  }

  @Test func effectsHappenAsOftenAsTheyAreMet() throws {
    let count = Small.rule(.counter("one"))
    let table = Small.table([Small.base(.input, policy: .accept, [count, count])])
    #expect(
      try MeaningProbe(table).outcome(of: Sent.packet())
        == Outcome(.accept, effects: [.counter("one"), .counter("one")]))
  }

  @Test func rateBeforeALogIsTheLogsOwn() throws {
    let limit = Statement.limit(RateLimit(rate: 10, unitSeconds: 60, burst: 20))
    let table = Small.table([
      Small.base(.input, [Small.rule(Sample.tcp, limit, .log(prefix: "p", group: nil))])
    ])
    #expect(
      try MeaningProbe(table).outcome(of: Sent.packet(.inbound, [.limiter(0): 1]))
        == Outcome(
          .drop, effects: [.log(prefix: "p", group: nil, rate: 10, unitSeconds: 60, burst: 20)]))
  }

  @Test func limitersAreTakenFromWhateverTheySay() throws {
    let limit = Statement.limit(RateLimit(rate: 10, unitSeconds: 60, burst: 20))
    let table = Small.table([
      Small.base(.input, [Small.rule(Sample.tcp, limit, .verdict(.accept))])
    ])
    let probe = try MeaningProbe(table)
    #expect(try probe.outcome(of: Sent.packet()) == Outcome(.accept, effects: [.limiter(0)]))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, [.limiter(0): 1]))
        == Outcome(.drop, effects: [.limiter(0)]))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, [.ipProtocol: 17])) == Outcome(.drop))
  }

  @Test func helpersAreForTheirTransport() throws {
    let table = Small.table([
      Small.base(.input, policy: .accept, [Small.rule(.setHelper("ftp"))])
    ])
    let probe = try MeaningProbe(table)
    #expect(
      try probe.outcome(of: Sent.packet())
        == Outcome(.accept, effects: [.helper(type: "ftp", transport: 6)]))
    #expect(try probe.outcome(of: Sent.packet(.inbound, [.ipProtocol: 17])) == Outcome(.accept))
  }

  @Test func rejectsAreTheLastWord() throws {
    let table = Small.table([
      Small.base(
        .input,
        [
          Small.rule(Sample.tcp, .counter("one"), .reject(.tcpReset)),
          Small.rule(.reject(.adminProhibited)),
        ])
    ])
    let probe = try MeaningProbe(table)
    #expect(
      try probe.outcome(of: Sent.packet()) == Outcome(.tcpReset, effects: [.counter("one")]))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, [.ipProtocol: 17])) == Outcome(.icmpReject))
  }

  @Test func mapsAnswerWhatTheyHoldAndPassTheRest() throws {
    let services = Small.map(
      "services-map", [.inetProto, .inetService, .ipv4Address],
      [
        Element([.value(6), .range(20, 30), .range(0xC000_0200, 0xC000_020F)], .accept),
        Element([.value(6), .value(31), .range(0, 0xFFFF_FFFF)], .jump("counted")),
        Element([.value(17), .value(53), .range(0xC000_0200, 0xC000_020F)], .goto("counted")),
      ])
    let table = Small.table(
      [
        Small.base(
          .input,
          [
            Small.rule(
              Sample.ipv4,
              .verdictMap(
                Key(.l4Proto, .transportDestinationPort, .ipv4Source), map: "services-map")
            ), Small.rule(.counter("two"), .verdict(.drop)),
          ]),
        Small.chain("counted", Small.rule(.counter("one"))),
      ], sets: [services])
    let probe = try MeaningProbe(table)
    #expect(try probe.outcome(of: Sent.packet()) == Outcome(.accept))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, [.destinationPort: 31]))
        == Outcome(.drop, effects: [.counter("one"), .counter("two")]))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, [.ipProtocol: 17, .destinationPort: 53]))
        == Outcome(.drop, effects: [.counter("one")]))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, [.destinationPort: 99]))
        == Outcome(.drop, effects: [.counter("two")]))
    #expect(
      try probe.outcome(of: Sent.icmp(type: 8)) == Outcome(.drop, effects: [.counter("two")]))
  }

  @Test func statementsAfterAMapAreForWhatItDoesNotHold() throws {
    let ports = Small.map("ports", [.inetService], [Element([.range(20, 30)], .jump("empty"))])
    let table = Small.table(
      [
        Small.base(
          .input,
          [
            Small.rule(
              Sample.tcp, .verdictMap(Key(.tcpDestinationPort), map: "ports"), .counter("one")),
            Small.rule(
              .ctStateMap([.init(.new, .jump("empty")), .init(.invalid, .drop)]), .counter("two")),
          ]), Small.chain("empty"),
      ], sets: [ports])
    let probe = try MeaningProbe(table)
    #expect(try probe.outcome(of: Sent.packet()) == Outcome(.drop))
    #expect(
      try probe.outcome(of: Sent.packet(.inbound, [.destinationPort: 99, .state: 1]))
        == Outcome(.drop, effects: [.counter("one"), .counter("two")]))
  }
}
