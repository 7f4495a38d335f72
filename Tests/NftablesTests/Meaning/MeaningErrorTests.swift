import NetworkTypes
import Nftables
import PacketSpace
import Testing

struct ErrorCase: Sendable, CustomTestStringConvertible {
  let statements: [Statement]
  let sets: [NamedSet]
  let hook: BaseChain.Hook
  let priority: Int32
  let kind: RulesetMeaningError.Kind

  var testDescription: String { "\(kind): \(statements)" }

  init(
    _ kind: RulesetMeaningError.Kind, _ statements: Statement..., sets: [NamedSet] = [],
    at hook: BaseChain.Hook = .input, priority: Int32 = 0
  ) {
    self.kind = kind
    self.statements = statements
    self.sets = sets
    self.hook = hook
    self.priority = priority
  }

  private static let ports = Key(.l4Proto, .transportDestinationPort)

  private static func map(_ elements: Element...) -> [NamedSet] {
    [Small.map("m", [.inetProto, .inetService], elements)]
  }

  private static let limit = Statement.limit(RateLimit(rate: 1, unitSeconds: 1, burst: 1))

  static let all: [ErrorCase] = [
    .init(.badRuleShape),
    .init(.badRuleShape, .verdict(.accept), .counter("one")),
    .init(.badRuleShape, .reject(.adminProhibited), .verdict(.accept)),
    .init(.missingChain("x"), .verdict(.jump("x"))),
    .init(.jumpToBaseChain("hook-input"), .verdict(.goto("hook-input"))),
    .init(.missingSet("x"), .lookup(Key(.l4Proto), isNegated: false, set: "x")),
    .init(.missingObject("x"), .counter("x")),
    .init(.missingObject("one"), .setHelper("one")),
    .init(.resetWithoutTCP, .reject(.tcpReset)),
    .init(
      .resetWithoutTCP, .compareAny(.l4Proto, isNegated: false, [6, 17]), .reject(.tcpReset)),
    .init(.fieldNotEstablished(.ipv4Source), .compare(.ipv4Source, .equal, 1)),
    .init(
      .fieldNotEstablished(.ipv6Source), Sample.ipv4,
      .lookup(Key(.ipv6Source), isNegated: false, set: "clients-6")),
    .init(
      .fieldNotEstablished(.tcpDestinationPort), Sample.udp,
      .compare(.tcpDestinationPort, .equal, 1)),
    .init(
      .fieldNotEstablished(.transportDestinationPort),
      .compare(.transportDestinationPort, .equal, 1)),
    .init(
      .fieldNotEstablished(.transportDestinationPort),
      .lookup(ports, isNegated: true, set: "services")),
    .init(
      .fieldNotEstablished(.transportDestinationPort), .verdictMap(ports, map: "m"),
      .counter("one"), sets: map(Element([.value(6), .value(1)], .accept))),
    .init(
      .fieldNotEstablished(.transportDestinationPort), .verdictMap(ports, map: "m"),
      sets: map(Element([.range(0, 6), .value(1)], .accept))),
    .init(.fieldNotEstablished(.icmpType), Sample.ipv4, .compare(.icmpType, .equal, 1)),
    .init(
      .fieldNotEstablished(.originalDestinationPort),
      .compare(.originalDestinationPort, .equal, 1)),
    .init(.unusableField(.inputInterface), .compare(.inputInterface, .equal, 1)),
    .init(.unusableField(.time), .compare(.time, .equal, 1)),
    .init(.unusableField(.ipv6HopLimit), Sample.ipv6, .compare(.ipv6HopLimit, .equal, 64)),
    .init(.valueOutOfRange, .compare(.l4Proto, .equal, 256)),
    .init(
      .valueOutOfRange, Sample.ipv4,
      .comparePrefix(.ipv4Source, isNegated: false, .ipv4(IPv4Address(bits: 1), length: 24))),
    .init(.badAnonymousSet, .compareAny(.l4Proto, isNegated: false, [6, 6])),
    .init(.badAnonymousSet, .ctState([])),
    .init(
      .unknownInterface("eth9"),
      .compareInterface(.inputInterface, isNegated: false, name: "eth9", isWildcard: false)),
    .init(
      .unknownInterface("eth*"),
      .compareInterface(.inputInterface, isNegated: false, name: "eth", isWildcard: true)),
    .init(.wrongSetKind("services"), .verdictMap(ports, map: "services")),
    .init(
      .wrongSetKind("limit-4"), Sample.ipv4,
      .lookup(Key(.ipv4Source), isNegated: false, set: "limit-4")),
    .init(.keyMismatch("services"), .lookup(Key(.l4Proto), isNegated: false, set: "services")),
    .init(
      .keyTooLong("m"), Sample.ipv6,
      .lookup(
        Key(.inputInterface, .outputInterface, .ipv6Source, .ipv6Destination, .l4Proto),
        isNegated: false, set: "m"),
      sets: [
        Small.set(
          "m", [.interfaceName, .interfaceName, .ipv6Address, .ipv6Address, .inetProto], [])
      ]),
    .init(
      .badElement("m"), .verdictMap(ports, map: "m"), sets: map(Element([.value(6)], .accept))),
    .init(
      .badElement("m"), .verdictMap(ports, map: "m"),
      sets: map(Element([.value(6), .value(65536)], .accept))),
    .init(
      .badElement("m"), .verdictMap(ports, map: "m"),
      sets: map(Element([.value(6), .value(1)]))),
    .init(
      .overlappingElements("m"), .verdictMap(ports, map: "m"),
      sets: map(
        Element([.value(6), .range(1, 9)], .accept), Element([.value(6), .range(9, 10)], .drop))),
    .init(
      .overlappingElements("m"), .verdictMap(ports, map: "m"),
      sets: map(
        Element([.range(6, 6), .range(1, 9)], .accept),
        Element([.value(6), .range(1, 9)], .accept))),
    .init(
      .overlappingElements("m"), .verdictMap(Key(.l4Proto), map: "m"),
      sets: [
        Small.map(
          "m", [.inetProto], [Element([.range(1, 9)], .accept), Element([.range(5, 6)], .drop)])
      ]),
    .init(
      .overlappingElements("m"), .lookup(Key(.l4Proto), isNegated: false, set: "m"),
      sets: [
        Small.set("m", [.inetProto], [Element([.range(1, 9)]), Element([.range(9, 12)])])
      ]),
    // Of a set that is filled at run time.
    .init(
      .unknownNetwork("strangers-4"), Sample.ipv4,
      .lookup(Key(.ipv4Source), isNegated: false, set: "strangers-4")),
    .init(
      .fieldNotEstablished(.ipv4Source),
      .lookup(Key(.ipv4Source), isNegated: false, set: "guests-4")),
    .init(
      .keyMismatch("guests-4"), Sample.ipv4,
      .lookup(
        Key([.init(.ipv4Source, prefixLength: 24)]), isNegated: false, set: "guests-4")),
    .init(
      .badElement("guests"), Sample.ipv4,
      .lookup(Key(.ipv4Source), isNegated: false, set: "guests"),
      sets: [
        NamedSet(
          name: "guests", kind: .set, key: [.ipv4Address], isInterval: true, hasTimeouts: true,
          elements: .ipv4(IntervalSet([.init(1, 1)])), origin: Small.origin)
      ]),
    // What follows an update is not reached where the set is full, and nothing says when it is.
    .init(
      .badRuleShape, Sample.ipv4,
      .dynamicSet(.update, Key(.ipv4Source), set: "records-4", .counter), .verdict(.drop)),
    .init(
      .fieldNotEstablished(.ipv4Source),
      .dynamicSet(.update, Key(.ipv4Source), set: "records-4", .counter)),
    .init(
      .keyMismatch("pairs"), Sample.ipv4,
      .dynamicSet(.update, Key(.ipv4Source, .ipv4Destination), set: "pairs", .counter),
      sets: [
        NamedSet(
          name: "pairs", kind: .set, key: [.ipv4Address, .ipv4Address], isDynamic: true,
          elements: .none, origin: Small.origin)
      ]),
    .init(
      .wrongSetKind("guests-4"), Sample.ipv4,
      .dynamicSet(.update, Key(.ipv4Source), set: "guests-4", .counter)),
    // Of counter maps.
    .init(.missingSet("x"), Sample.ipv4, .counterMap(Key(.ipv4Source), map: "x")),
    .init(
      .wrongSetKind("clients-4"), Sample.ipv4, .counterMap(Key(.ipv4Source), map: "clients-4")),
    .init(
      .wrongSetKind("rows-4"), Sample.ipv4,
      .lookup(Key(.ipv4Source), isNegated: false, set: "rows-4")),
    .init(.fieldNotEstablished(.ipv4Source), .counterMap(Key(.ipv4Source), map: "rows-4")),
    .init(
      .keyMismatch("rows-4"), Sample.ipv4,
      .counterMap(Key([.init(.ipv4Source, prefixLength: 24)]), map: "rows-4")),
    .init(
      .missingObject("three"), Sample.ipv4, .counterMap(Key(.ipv4Source), map: "m"),
      sets: [Small.counterMap("m", .ipv4Address, [(1, 1, "three")])]),
    .init(
      .overlappingElements("m"), Sample.ipv4, .counterMap(Key(.ipv4Source), map: "m"),
      sets: [Small.counterMap("m", .ipv4Address, [(1, 5, "one"), (5, 6, "two")])]),
    .init(
      .badElement("m"), Sample.ipv4, .counterMap(Key(.ipv4Source), map: "m"),
      sets: [
        NamedSet(
          name: "m", kind: .counterMap, key: [.ipv4Address],
          elements: .tuples([Element([.value(1)])]),
          origin: Small.origin)
      ]),
    .init(.severalLimits, limit, limit, .verdict(.accept)),
    .init(
      .unknownLimiter, Sample.ipv4,
      .dynamicSet(
        .update, Key(.ipv4Source), set: "m", .limit(RateLimit(rate: 1, unitSeconds: 1, burst: 1))),
      sets: [
        NamedSet(
          name: "m", kind: .set, key: [.ipv4Address], isDynamic: true, elements: .none,
          origin: Small.origin)
      ]),
    .init(.notAtThisHook, .reversePath(isMissing: true), at: .output),
    .init(.notAtThisHook, .ctState([.new]), at: .prerouting, priority: -300),
    .init(.notAtThisHook, .ctStateMap([.init(.new, .accept)]), at: .output, priority: -200),
  ]
}

@Suite struct MeaningErrorTests {
  @Test(arguments: ErrorCase.all)
  func refusesWhatItWouldHaveToGuess(_ example: ErrorCase) throws {
    let rule = Rule(example.statements, origin: Origin(index: 42))
    let table = Small.table(
      [
        Small.base(
          example.hook, priority: example.priority, policy: .accept,
          [Small.rule(.counter("one")), rule])
      ], sets: example.sets)
    let error = try #require(MeaningProbe.error(of: table))
    #expect(error.kind == example.kind)
    #expect(error.rule == 1)
    #expect(error.origin == Origin(index: 42))
  }

  @Test func refusesChainsThatReachThemselves() {
    let table = Small.table([
      Small.base(.input, [Small.rule(.verdict(.jump("a")))]),
      Small.chain("a", Small.rule(Sample.tcp, .verdict(.goto("b")))),
      Small.chain("b", Small.rule(Sample.udp, .verdict(.jump("a")))),
    ])
    #expect(MeaningProbe.error(of: table)?.kind == .loop("a"))
  }

  @Test func refusesOverlapsBetweenAnswersOfMaps() {
    let leaf = Small.chain(
      "leaf",
      Small.rule(
        Sample.ipv4, .lookup(Key(.ipv4Source), isNegated: false, set: "clients-4"), .verdict(.drop))
    )
    let map = Small.map(
      "m", [.inetProto],
      [Element([.range(1, 9)], .jump("leaf")), Element([.range(5, 20)], .accept)])
    let table = Small.table(
      [Small.base(.input, [Small.rule(.verdictMap(Key(.l4Proto), map: "m"))]), leaf], sets: [map])
    #expect(MeaningProbe.error(of: table)?.kind == .overlappingElements("m"))
  }

  @Test func refusesBaseChainsWithoutAnOrder() {
    var second = Small.base(.input, [])
    second.name = "second"
    let table = Small.table([Small.base(.input, []), second])
    #expect(MeaningProbe.error(of: table)?.kind == .equalPriorities("hook-input", "second"))
  }

  @Test func refusesTwoOwnersOfAName() {
    let table = Small.table([Small.chain("a"), Small.chain("a")])
    #expect(MeaningProbe.error(of: table)?.kind == .duplicateName("a"))
  }

  @Test func saysWhereThePacketSpaceEnds() throws {
    let arena = PacketArena(byteLimit: 1)
    let table = Small.table([Small.base(.input, [Small.rule(Sample.tcp, .verdict(.accept))])])
    var numbering = Numbering<Outcome?>()
    #expect {
      try RulesetMeaning(
        of: table, in: arena, interfaces: MeaningProbe.interfaces, possible: .all,
        limiter: { _ in nil }, numbering: &numbering)
    } throws: { error in
      (error as? RulesetMeaningError)?.kind == .packetSpace(.outOfSpace(limit: 1))
    }
  }
}
