import NetworkTypes
import Nftables
import PacketSpace
import TestSupport

/// Seeded tables of every shape that has a meaning, and the values that they speak of.
struct RandomTable {
  private var generator: SeededGenerator
  private var sets: [NamedSet] = []
  private(set) var pool: [Dimension: [UInt128]] = [
    .destinationPort: [0, 65535], .date: [1_800_000_000], .user: [0, 1000],
    .source6: [0, .max], .source4: [0, 0xFFFF_FFFF],
  ]

  private static let chainCount = 5

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: values.indices, using: &generator)]
  }

  mutating func make() -> Table {
    var chains: [Chain] = []
    for number in 0..<Self.chainCount {
      chains.append(
        Chain(
          name: "c\(number)", rules: rules(jumpingFrom: number + 1, isBase: false),
          origin: Small.origin))
    }
    for (hook, priority) in [
      (BaseChain.Hook.prerouting, Int32(-100)), (.input, 0), (.input, 7), (.forward, 0),
      (.output, 0),
    ] where chance(85) {
      chains.append(
        Small.base(
          hook, priority: priority, policy: pick([.accept, .drop]),
          rules(jumpingFrom: 0, isBase: hook != .output)))
    }
    return Small.table(chains, sets: sets)
  }

  private mutating func rules(jumpingFrom first: Int, isBase: Bool) -> [Rule] {
    (0..<Int.random(in: 0...5, using: &generator)).map { _ in
      Rule(statements(jumpingFrom: first, mayReadPath: isBase), origin: Small.origin)
    }
  }

  private mutating func verdict(_ first: Int) -> Verdict {
    var choices: [Verdict] = [.accept, .drop, .return]
    if first < Self.chainCount {
      for _ in 0..<2 {
        let name = "c\(Int.random(in: first..<Self.chainCount, using: &generator))"
        choices += [.jump(name), .goto(name)]
      }
    }
    return pick(choices)
  }

  private mutating func statements(jumpingFrom first: Int, mayReadPath: Bool) -> [Statement] {
    var result: [Statement] = []
    var family: AddressFamily?
    var ipProtocol: IPProtocol?
    if chance(60) {
      family = pick([.ipv4, .ipv6])
      result.append(.compare(.nfProto, .equal, UInt64(family?.rawValue ?? 2)))
    }
    if chance(60) {
      let icmp = family == .ipv4 ? IPProtocol.icmp : .icmpv6
      ipProtocol = pick([.tcp, .udp, icmp])
      result.append(.compare(.l4Proto, .equal, UInt64(ipProtocol?.number ?? 6)))
    }
    var hasLimit = false
    for _ in 0..<Int.random(in: 0...3, using: &generator) {
      if chance(25) {
        result.append(pick([.counter("one"), .counter("two"), .setHelper("ftp")]))
      }
      if chance(15), !hasLimit {
        hasLimit = true
        result.append(.limit(RateLimit(rate: 9, unitSeconds: 1, burst: 2, isOver: chance(40))))
      }
      result.append(match(family, ipProtocol, mayReadPath: mayReadPath))
    }
    if family == .ipv4, chance(20) {
      let limit = RateLimit(rate: 9, unitSeconds: 1, burst: 2, isOver: chance(50))
      result.append(
        chance(30)
          ? .dynamicSet(.add, Key(.ipv4Source), set: "limit-connections", .connectionCount(4))
          : .dynamicSet(.update, Key(.ipv4Source), set: "limit-4", .limit(limit)))
    }
    if family == .ipv6, chance(20) {
      result.append(
        .dynamicSet(
          .update, Key([.init(.ipv6Source, prefixLength: 64)]), set: "records-6", .counter))
      return result
    }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: result.append(.counter("one"))
    case 1:
      result += [
        .limit(RateLimit(rate: 5, unitSeconds: 60, burst: 1)), .log(prefix: "l", group: nil),
      ]
    case 2: result.append(.reject(ipProtocol == .tcp ? .tcpReset : .adminProhibited))
    case 3:
      result.append(
        .ctStateMap([
          .init(.established, verdict(first)), .init(pick([.new, .related]), verdict(first)),
        ]))
      if chance(50) { result.append(.counter("two")) }
    case 4, 5: result.append(map(family, first))
    default: result.append(.verdict(verdict(first)))
    }
    return result
  }

  private mutating func match(
    _ family: AddressFamily?, _ ipProtocol: IPProtocol?, mayReadPath: Bool
  ) -> Statement {
    var choices: [Statement] = [
      .compareInterface(
        pick([.inputInterface, .outputInterface]), isNegated: chance(40),
        name: pick(["eth0", "eth1"]), isWildcard: false),
      .compareInterface(.inputInterface, isNegated: chance(40), name: "bng", isWildcard: true),
      .lookup(Key(.outputInterface), isNegated: chance(50), set: "names"),
      .ctState(Set([pick(ConntrackState.allCases), pick(ConntrackState.allCases)])),
      .compare(.time, pick([.less, .greaterOrEqual]), 1_800_000_000),
      .compare(.socketUser, pick([.equal, .notEqual]), 1000),
      .compareAny(.socketUser, isNegated: chance(50), [0, 1000]),
      .compareAny(.packetType, isNegated: chance(50), [1, 2]),
      .compare(.l4Proto, pick([.equal, .notEqual, .less, .greaterOrEqual]), pick([6, 17, 1, 47])),
      .compareAny(.l4Proto, isNegated: chance(50), [6, 17]),
      .compare(.nfProto, .notEqual, pick([2, 10])),
      .lookup(Key(.l4Proto, .transportDestinationPort), isNegated: false, set: "services"),
    ]
    if mayReadPath { choices.append(.reversePath(isMissing: chance(50))) }
    if family == .ipv4 {
      let address = UInt32.random(in: 0xC000_0200...0xC000_02FF, using: &generator)
      let length = pick([0, 8, 24, 28, 31, 32])
      let hosts =
        length == 0
        ? UInt32.max : UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(32 - length)) - 1)
      let base = address & ~hosts
      pool[.source4, default: []] += [UInt128(base), UInt128(base | hosts)]
      choices += [
        .comparePrefix(
          pick([.ipv4Source, .ipv4Destination]), isNegated: chance(40),
          .ipv4(IPv4Address(bits: base), length: length)),
        .lookup(Key(.ipv4Source), isNegated: chance(40), set: "clients-4"),
        .lookup(Key(.ipv4Source), isNegated: chance(40), set: "guests-4"),
        .lookup(
          Key(pick([.ipv4Source, .ipv4Destination])), isNegated: chance(40), set: "friends-4"),
        .counterMap(Key(pick([.ipv4Source, .ipv4Destination])), map: "rows-4"),
        .lookup(
          Key([.init(.ipv4Source, prefixLength: 24)]), isNegated: chance(40), set: "networks-24"),
      ]
    }
    if family == .ipv6 {
      pool[.source6, default: []] += [
        UInt128(0x2001_0db8) << 96, UInt128(0x2001_0db8) << 96 | 0xFF,
      ]
      choices += [
        .lookup(Key(.ipv6Source), isNegated: chance(40), set: "clients-6"),
        .lookup(
          Key(pick([.ipv6Source, .ipv6Destination])), isNegated: chance(40), set: "guests-6"),
        .counterMap(Key(.ipv6Source), map: "rows-6"),
        .compare(.ipv6HopLimit, pick([.equal, .notEqual]), 255),
      ]
    }
    if ipProtocol == .tcp || ipProtocol == .udp {
      let port = UInt64.random(in: 15...30, using: &generator)
      pool[.destinationPort, default: []].append(UInt128(port))
      pool[.originalPort, default: []].append(UInt128(port))
      choices += [
        .compare(
          pick([.transportDestinationPort, .originalDestinationPort]),
          pick([.equal, .notEqual, .less, .greaterOrEqual]), port),
        .lookup(
          Key(.l4Proto, .transportDestinationPort), isNegated: chance(60), set: "services"),
        .compareAny(
          .originalDestinationPort, isNegated: chance(50), [port, port + 3]),
      ]
    }
    if ipProtocol == .icmp || (ipProtocol == .icmpv6 && family == .ipv6) {
      let isFirst = ipProtocol == .icmp
      let type = UInt64.random(in: 0...3, using: &generator)
      pool[.icmp, default: []] += [UInt128(type) << 8, UInt128(type) << 8 | 255]
      choices += [
        .compare(
          isFirst ? .icmpType : .icmpv6Type, pick([.equal, .notEqual, .less, .greaterOrEqual]), type
        ),
        .compare(isFirst ? .icmpCode : .icmpv6Code, pick([.equal, .notEqual, .less]), type),
      ]
    }
    return pick(choices)
  }

  /// A map of services, or of services and sources, whose elements lie apart.
  private mutating func map(_ family: AddressFamily?, _ first: Int) -> Statement {
    let name = "m\(sets.count)"
    var elements: [Element] = []
    let hasSource = family == .ipv4 && chance(60)
    for ipProtocol in [6, 17] {
      var port = Int.random(in: 0...20, using: &generator)
      while port < 60, elements.count < 12 {
        let end = port + Int.random(in: 0...9, using: &generator)
        let service: [ElementField] = [
          .value(ipProtocol), .range(UInt128(port), UInt128(end)),
        ]
        if hasSource {
          let middle = UInt128(UInt32.random(in: 0xC000_0200...0xC000_02FF, using: &generator))
          pool[.source4, default: []].append(middle)
          elements.append(Element(service + [.range(0xC000_0100, middle)], verdict(first)))
          if chance(50) {
            elements.append(Element(service + [.range(middle + 1, 0xC000_03FF)], verdict(first)))
          }
        } else {
          elements.append(Element(service, verdict(first)))
        }
        pool[.destinationPort, default: []] += [UInt128(port), UInt128(end)]
        port = end + Int.random(in: 1...9, using: &generator)
      }
    }
    elements.shuffle(using: &generator)
    let key =
      hasSource
      ? Key(.l4Proto, .transportDestinationPort, .ipv4Source)
      : Key(.l4Proto, .transportDestinationPort)
    if elements.isEmpty { return .verdict(verdict(first)) }
    sets.append(Small.map(name, key.parts.map(\.field.dataType), elements))
    return .verdictMap(key, map: name)
  }
}
