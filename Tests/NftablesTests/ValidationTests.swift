import NetworkTypes
import Nftables
import Testing

private func kinds(_ table: Table) -> Set<TableProblem.Kind> { Set(validate(table).map(\.kind)) }

private func table(
  _ statements: [Statement], sets: [NamedSet] = [], chains: [Chain] = [], comment: String? = nil
) -> Table {
  let rule = Rule(statements, comment: comment, origin: Sample.origin)
  return Table(
    name: "t", sets: sets,
    chains: [Chain(name: "first", rules: [rule], origin: Sample.origin)] + chains,
    origin: Sample.origin)
}

private func set(
  _ elements: [[ElementField]], key: [DataType], isInterval: Bool = true, size: UInt32? = nil
) -> Table {
  Table(
    name: "t",
    sets: [
      NamedSet(
        name: "s", kind: .set, key: key, isInterval: isInterval, size: size,
        elements: .tuples(elements.map { Element($0) }), origin: Sample.origin)
    ], origin: Sample.origin)
}

@Test(arguments: ["", "9a", "a b", "a\"", "é", String(repeating: "a", count: 256)])
func refusesIllegalNames(name: String) {
  #expect(kinds(Table(name: name, origin: Sample.origin)) == [.illegalName])
}

@Test
func refusesNamesThatStandTwice() {
  let chain = Chain(name: "a", origin: Sample.origin)
  #expect(
    kinds(Table(name: "t", chains: [chain, chain], origin: Sample.origin)) == [.duplicateName])
}

@Test(
  arguments: [
    ([.verdict(.jump("x"))], .unknownChain("x")),
    ([.lookup(Key(.ipv4Source), isNegated: false, set: "x")], .unknownSet("x")),
    ([.counter("x")], .unknownCounter("x")),
    ([.setHelper("x")], .unknownHelper("x")),
    ([.verdict(.goto("first"))], .jumpCycle),
    ([.verdict(.accept), .counter("x")], .badRuleShape),
    ([], .badRuleShape),
    ([.compareAny(.l4Proto, isNegated: false, [6])], .badAnonymousSet),
    ([.compareAny(.l4Proto, isNegated: false, [17, 6])], .badAnonymousSet),
    ([.compareAny(.l4Proto, isNegated: false, [6, 6])], .badAnonymousSet),
    ([.compare(.l4Proto, .equal, 256)], .valueOutOfRange),
    ([.compare(.tcpDestinationPort, .equal, 65536)], .valueOutOfRange),
    ([.compare(.inputInterface, .equal, 1)], .unusableField),
    ([.compare(.originalDestinationPort, .equal, 25)], .protocolUnknown),
    ([.ctState([])], .badConntrackStates),
    ([.ctStateMap([])], .badConntrackStates),
    ([.limit(RateLimit(rate: 0, unitSeconds: 1, burst: 5))], .badLimit),
    ([.limit(RateLimit(rate: 1, unitSeconds: 2, burst: 5))], .badLimit),
    ([.log(prefix: "$x", group: nil)], .unsafeLogPrefix),
    ([.log(prefix: String(repeating: "a", count: 128), group: nil)], .unsafeLogPrefix),
    (
      [.comparePrefix(.ipv4Source, isNegated: false, .ipv4(IPv4Address(bits: 1), length: 24))],
      .badPrefix
    ),
    (
      [.comparePrefix(.ipv6Source, isNegated: false, .ipv4(IPv4Address(bits: 0), length: 24))],
      .badPrefix
    ),
    (
      [.compareInterface(.inputInterface, isNegated: false, name: "a*", isWildcard: false)],
      .illegalInterface("a*")
    ),
  ] as [([Statement], TableProblem.Kind)])
func refusesBadStatements(statements: [Statement], expected: TableProblem.Kind) {
  #expect(kinds(table(statements)).contains(expected))
}

@Test
func refusesJumpsToBaseChainsAndLongComments() {
  let base = Chain(
    name: "b", base: BaseChain(hook: .input, priority: 0, policy: .drop), origin: Sample.origin)
  let problems = kinds(
    table([.verdict(.jump("b"))], chains: [base], comment: String(repeating: "a", count: 129)))
  #expect(problems == [.jumpToBaseChain("b"), .unsafeComment])
}

@Test(
  arguments: [
    // One range within another, in every field.
    ([[.range(1, 9), .range(1, 9)], [.range(5, 5), .range(9, 20)]], true),
    // Apart in the second field only.
    ([[.range(1, 9), .range(1, 9)], [.range(5, 5), .range(10, 20)]], false),
    ([[.value(6), .range(1, 9)], [.value(17), .range(1, 9)]], false),
    ([[.value(6), .value(22)], [.value(6), .value(22)]], true),
  ] as [([[ElementField]], Bool)])
func findsOverlapsInConcatenations(elements: [[ElementField]], overlaps: Bool) {
  let problems = kinds(set(elements, key: [.inetProto, .inetService]))
  #expect(problems == (overlaps ? [.overlappingElements] : []))
}

/// Without the flag, nft would take `192.0.2.1-192.0.2.2` for no element of the set: the text form has
/// no way to say it, so the table must not get there.
@Test
func refusesRangesInSetsWithoutIntervals() {
  func kinds(ipv4: IntervalSet<UInt32>? = nil, ipv6: IntervalSet<UInt128>? = nil)
    -> Set<TableProblem.Kind>
  {
    let elements = ipv4.map { Elements.ipv4($0) } ?? ipv6.map { .ipv6($0) } ?? .none
    let set = NamedSet(
      name: "s", kind: .set, key: [ipv4 == nil ? .ipv6Address : .ipv4Address], isInterval: false,
      elements: elements, origin: Sample.origin)
    return NftablesTests.kinds(Table(name: "t", sets: [set], origin: Sample.origin))
  }
  #expect(kinds(ipv4: IntervalSet([.init(1, 1), .init(3, 3)])) == [])
  // Neighbours are one interval.
  #expect(kinds(ipv4: IntervalSet([.init(1, 1), .init(2, 2)])) == [.badElement(0)])
  #expect(kinds(ipv4: IntervalSet([.init(1, 1), .init(8, 15)])) == [.badElement(1)])
  #expect(kinds(ipv6: IntervalSet([.init(1, 1), .init(3, 3)])) == [])
  #expect(kinds(ipv6: IntervalSet([.init(1, 2)])) == [.badElement(0)])
}

@Test
func refusesBadSets() {
  #expect(kinds(set([[.range(1, 2)]], key: [.inetService], isInterval: false)) == [.badElement(0)])
  #expect(kinds(set([[.value(65536)]], key: [.inetService])) == [.badElement(0)])
  #expect(kinds(set([[.value(1), .value(2)]], key: [.inetService])) == [.badElement(0)])
  #expect(
    kinds(set([[.value(1)], [.value(2)]], key: [.inetService], size: 1)) == [.tooManyElements])
  #expect(
    kinds(
      set(
        [], key: [.interfaceName, .interfaceName, .ipv6Address, .ipv6Address, .inetService]))
      == [.keyTooLong(68)])
  #expect(
    kinds(set([], key: [.interfaceName, .interfaceName, .ipv6Address, .ipv6Address])).isEmpty)
  let map = NamedSet(
    name: "m", kind: .verdictMap, key: [.inetService], isInterval: true, elements: .none,
    origin: Sample.origin)
  #expect(kinds(Table(name: "t", sets: [map], origin: Sample.origin)) == [.emptyMap])
}

@Test
func refusesElementsOfSetsThatAreFilledAtRunTime() {
  func kinds(_ set: NamedSet) -> Set<TableProblem.Kind> {
    NftablesTests.kinds(Table(name: "t", sets: [set], origin: Sample.origin))
  }
  var set = Small.filledAtRunTime("s", .ipv4Address)
  #expect(set.isFilledAtRunTime)
  #expect(kinds(set) == [])
  set.elements = .ipv4(IntervalSet([.init(1, 1)]))
  #expect(kinds(set) == [.notDynamic("s")])
  set = Small.filledAtRunTime("s", .ipv4Address)
  set.hasTimeouts = false
  #expect(kinds(set) == [.badLimit])
  set.timeoutSeconds = 0
  set.hasTimeouts = true
  #expect(kinds(set) == [.badLimit])
}

@Test
func refusesCounterMapsOfWhatIsNoCounter() {
  func kinds(_ map: NamedSet, counters: [String] = ["one"]) -> Set<TableProblem.Kind> {
    let objects = counters.map { Object(name: $0, kind: .counter, origin: Sample.origin) }
    return Set(
      validate(Table(name: "t", objects: objects, sets: [map], origin: Sample.origin)).map(\.kind))
  }
  var map = Small.counterMap("m", .ipv4Address, [(1, 5, "one"), (6, 9, "one")])
  #expect(kinds(map) == [])
  #expect(kinds(map, counters: []) == [.unknownCounter("one")])
  map.elements = .none
  #expect(kinds(map) == [.emptyMap])
  map.elements = .tuples([Element([.value(1)])])
  #expect(kinds(map) == [.badElement(0)])
  map.elements = .tuples([Element([.value(1)], .accept)])
  #expect(kinds(map) == [.badElement(0)])
  map.elements = .tuples([
    Element([.range(1, 5)], counter: "one"), Element([.range(5, 6)], counter: "one"),
  ])
  #expect(kinds(map) == [.overlappingElements])
  map = Small.counterMap("m", .ipv4Address, [(1, 5, "one")])
  map.hasTimeouts = true
  #expect(kinds(map) == [.wrongSetKind("m")])
}

@Test
func refusesKeysThatDoNotFitTheirSet() throws {
  var broken = Sample.table
  broken.chains[0].rules = [
    Sample.rule(.lookup(Key(.ipv6Source), isNegated: false, set: "fw-clients-4")),
    Sample.rule(.lookup(Key(.inputInterface), isNegated: false, set: "fw-zones")),
    Sample.rule(.dynamicSet(.add, Key(.ipv4Source), set: "fw-limit-4", .connectionCount(1))),
    Sample.rule(.dynamicSet(.add, Key(.ipv4Source), set: "fw-net28", .connectionCount(1))),
  ]
  #expect(
    kinds(broken) == [
      .keyMismatch("fw-clients-4"), .wrongSetKind("fw-zones"), .countWithTimeout("fw-limit-4"),
      .notDynamic("fw-net28"),
    ])
}
