import NetworkTypes
import Nftables
import PacketSpace
import Testing

/// A table's meaning, asked packet by packet, of the symbolic interpreter and of the tracer.
struct MeaningProbe {
  static let interfaces = InterfaceClasses(exact: ["eth0", "eth1"], stems: ["bng"])
  /// The first is a plain limit, the second counts per source.
  static let perSource = [false, true]

  let arena = PacketArena()
  let meaning: RulesetMeaning
  let trace: RulesetTrace
  let possible: PacketSet
  private let numbering: Numbering<Outcome?>

  init(_ table: Table) throws {
    possible = try arena.possiblePackets(
      interfaces: Self.interfaces, limiters: Self.perSource, networks: Self.networks)
    var numbering = Numbering<Outcome?>()
    meaning = try RulesetMeaning(
      of: table, in: arena, interfaces: Self.interfaces, possible: possible,
      limiter: Self.limiter, network: Self.network, numbering: &numbering)
    self.numbering = numbering
    trace = try RulesetTrace(
      of: table, interfaces: Self.interfaces, limiter: Self.limiter,
      network: Self.network)
  }

  static let networks = 2

  static func network(_ set: String) -> Int? {
    if set.hasPrefix("guests") { return 0 }
    return set.hasPrefix("friends") ? 1 : nil
  }

  static func limiter(_ place: LimiterPlace) -> Int? {
    switch place {
    case .rule: 0
    case .set(let name): name.hasPrefix("limit") ? 1 : nil
    }
  }

  /// What both interpreters say; a difference between them is an issue.
  func outcome(
    of packet: [Dimension: UInt128], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    let traced = try trace.outcome { packet[$0] ?? 0 }
    let symbolic = numbering[arena.answer(meaning.diagram) { packet[$0] ?? 0 }]
    #expect(symbolic == traced.outcome, "\(packet)", sourceLocation: sourceLocation)
    return traced.outcome
  }

  /// The error of a table without a meaning.
  static func error(of table: Table) -> RulesetMeaningError? {
    do throws(RulesetMeaningError) {
      let arena = PacketArena()
      var numbering = Numbering<Outcome?>()
      _ = try RulesetMeaning(
        of: table, in: arena, interfaces: interfaces, possible: .all, limiter: limiter,
        network: network, numbering: &numbering)
      return nil
    } catch {
      return error
    }
  }
}

/// Packets of tests: a TCP connection's first, and what differs.
enum Sent {
  static let eth0 = UInt128(MeaningProbe.interfaces.classOf("eth0"))
  static let eth1 = UInt128(MeaningProbe.interfaces.classOf("eth1"))
  static let bng7 = UInt128(MeaningProbe.interfaces.classOf("bng7"))
  static let other = UInt128(InterfaceClasses.other)
  static let client4 = UInt128(0xC000_0201)
  static let server4 = UInt128(0xC633_6401)
  static let client6 = UInt128(0x2001_0db8) << 96 | 1

  static let noPort = UInt128(Dimension.noPort)

  static func packet(
    _ path: PathValue = .inbound, _ changes: [Dimension: UInt128] = [:]
  ) -> [Dimension: UInt128] {
    var packet: [Dimension: UInt128] = [
      .path: UInt128(path.rawValue), .family: 0,
      .inputInterface: path == .outbound ? 0 : eth0,
      .outputInterface: path == .inbound ? 0 : eth1,
      .source4: client4, .destination4: server4, .state: UInt128(StateValue.new.rawValue),
      .ipProtocol: 6, .destinationPort: 22, .sourcePort: 40000, .icmp: noPort, .hopLimit: 0,
      .packetType: 0, .user: path == .outbound ? 1000 : UInt128(Dimension.noUser),
      .originalPort: 22, .reversePath: 0, .date: 1_800_000_000,
    ]
    for (dimension, value) in changes { packet[dimension] = value }
    return packet
  }

  static func icmp(type: UInt128, code: UInt128 = 0, _ changes: [Dimension: UInt128] = [:])
    -> [Dimension: UInt128]
  {
    packet(
      .inbound,
      [
        .ipProtocol: 1, .destinationPort: noPort, .sourcePort: noPort, .originalPort: noPort,
        .icmp: type << 8 | code,
      ].merging(changes) { $1 })
  }

  static func icmpv6(type: UInt128, _ changes: [Dimension: UInt128] = [:])
    -> [Dimension: UInt128]
  {
    icmp(type: type, ipv6.merging([.ipProtocol: 58]) { $1 }.merging(changes) { $1 })
  }

  static let ipv6: [Dimension: UInt128] = [
    .family: 1, .source6: client6, .destination6: client6 + 1,
  ]
}

/// Small tables.
enum Small {
  static let origin = Origin(index: 7)

  static func rule(_ statements: Statement...) -> Rule { Rule(statements, origin: origin) }

  static func base(
    _ hook: BaseChain.Hook, priority: Int32 = 0, policy: BaseChain.Policy = .drop, _ rules: [Rule]
  ) -> Chain {
    Chain(
      name: "hook-\(hook.name)\(priority == 0 ? "" : "\(priority)")",
      base: BaseChain(hook: hook, priority: priority, policy: policy), rules: rules,
      origin: origin)
  }

  static func chain(_ name: String, _ rules: Rule...) -> Chain {
    Chain(name: name, rules: rules, origin: origin)
  }

  static func set(
    _ name: String, _ key: [DataType], isInterval: Bool = true, _ elements: [Element]
  ) -> NamedSet {
    NamedSet(
      name: name, kind: .set, key: key, isInterval: isInterval, elements: .tuples(elements),
      origin: origin)
  }

  static func map(
    _ name: String, _ key: [DataType], isInterval: Bool = true, _ elements: [Element]
  ) -> NamedSet {
    NamedSet(
      name: name, kind: .verdictMap, key: key, isInterval: isInterval, elements: .tuples(elements),
      origin: origin)
  }

  static func filledAtRunTime(_ name: String, _ type: DataType) -> NamedSet {
    NamedSet(
      name: name, kind: .set, key: [type], isInterval: true, timeoutSeconds: 60, size: 10,
      elements: .none, origin: origin)
  }

  static func counterMap(
    _ name: String, _ type: DataType, _ runs: [(UInt128, UInt128, String)]
  ) -> NamedSet {
    NamedSet(
      name: name, kind: .counterMap, key: [type], isInterval: true,
      elements: .tuples(runs.map { Element([.range($0.0, $0.1)], counter: $0.2) }), origin: origin)
  }

  static func table(_ chains: [Chain], sets: [NamedSet] = []) -> Table {
    Table(
      name: "small",
      objects: [
        Object(name: "one", kind: .counter, origin: origin),
        Object(name: "two", kind: .counter, origin: origin),
        Object(name: "ftp", kind: .ctHelper(type: "ftp", transport: .tcp), origin: origin),
      ], sets: sets + standing, chains: chains, origin: origin)
  }

  /// Sets that tests share.
  static let standing: [NamedSet] = [
    NamedSet(
      name: "clients-4", kind: .set, key: [.ipv4Address], isInterval: true,
      elements: .ipv4(IntervalSet([.init(0xC000_0200, 0xC000_020F)])), origin: origin),
    NamedSet(
      name: "clients-6", kind: .set, key: [.ipv6Address], isInterval: true,
      elements: .ipv6(
        IntervalSet([.init(UInt128(0x2001_0db8) << 96, UInt128(0x2001_0db8) << 96 | 0xFF)])),
      origin: origin),
    NamedSet(
      name: "limit-4", kind: .set, key: [.ipv4Address], isDynamic: true, timeoutSeconds: 60,
      size: 10, elements: .none, origin: origin),
    NamedSet(
      name: "limit-6", kind: .set, key: [.ipv6Address], isDynamic: true, timeoutSeconds: 60,
      size: 10, elements: .none, origin: origin),
    NamedSet(
      name: "limit-connections", kind: .set, key: [.ipv4Address], isDynamic: true, size: 10,
      elements: .none, origin: origin),
    NamedSet(
      name: "records-4", kind: .set, key: [.ipv4Address], isDynamic: true, timeoutSeconds: 60,
      size: 10, elements: .none, origin: origin),
    NamedSet(
      name: "records-6", kind: .set, key: [.ipv6Address], isDynamic: true, timeoutSeconds: 60,
      size: 10, elements: .none, origin: origin),
    filledAtRunTime("guests-4", .ipv4Address),
    filledAtRunTime("guests-6", .ipv6Address),
    filledAtRunTime("friends-4", .ipv4Address),
    filledAtRunTime("strangers-4", .ipv4Address),
    counterMap(
      "rows-4", .ipv4Address,
      [(0xC000_0200, 0xC000_0207, "one"), (0xC000_0208, 0xC000_020F, "two")]),
    counterMap(
      "rows-6", .ipv6Address,
      [(UInt128(0x2001_0db8) << 96, UInt128(0x2001_0db8) << 96 | 0xF, "one")]),
    set(
      "services", [.inetProto, .inetService],
      [
        Element([.value(6), .range(20, 25)]), Element([.value(17), .value(53)]),
      ]),
    set("networks-24", [.ipv4Address], isInterval: false, [Element([.value(0xC000_0200)])]),
    set(
      "names", [.interfaceName], isInterval: false,
      [
        Element([.interface("eth0")]), Element([.interface("eth1")]),
      ]),
  ]
}
