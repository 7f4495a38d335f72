import NetworkTypes
import PolicyLanguage

/// A protocol with one destination.
struct ServicePoint: Hashable, Sendable {
  var ipProtocol: IPProtocol
  var port: UInt16?
  /// `type << 8 | code`, of protocol 1 over IPv4 or 58 over IPv6.
  var icmp: UInt16?

  init(_ ipProtocol: IPProtocol, port: UInt16? = nil, icmp: UInt16? = nil) {
    self.ipProtocol = ipProtocol
    self.port = port
    self.icmp = icmp
  }

  /// Whether the lab can make such a packet and the kernel will bring it to the hook.
  ///
  /// Extension headers of IPv6 are no upper protocols; SCTP and DCCP have handshakes of their own.
  func isSendable(over family: AddressFamily) -> Bool {
    switch ipProtocol {
    case .icmp: (icmp != nil) == (family == .ipv4)
    case .icmpv6: (icmp != nil) == (family == .ipv6)
    case .sctp, .dccp: false
    default: family == .ipv4 || ![0, 43, 44, 51, 59, 60, 135, 139, 140].contains(ipProtocol.number)
    }
  }
}

/// Everything that a policy mentions, and its neighbours.
struct BoundaryPool {
  let ipv4: [UInt32]
  let ipv6: [UInt128]
  let services: [ServicePoint]
  let users: [UInt32]

  init(_ policy: ResolvedPolicy) {
    let rules = policy.inbound.rules + (policy.forward?.rules ?? []) + policy.outbound.rules
    let gate = policy.smtpEgress
    var sets = policy.networks.map(\.addresses) + policy.zones.compactMap(\.networks)
    let endpoints =
      rules.flatMap { [$0.from, $0.to] } + (gate.map { [$0.relays] } ?? [])
      + (gate?.allow.map(\.to) ?? [])
    sets += endpoints.flatMap { $0.parts.map(\.addresses) }
    sets += gate.map { [$0.clientNetworks] } ?? []
    // Each prefix of an exception has boundaries of its own, however they merge.
    let exceptions = gate?.allow.map(\.from) ?? []
    var blocks4 = exceptions.flatMap { $0.ipv4.prefixes.prefix(256).map(\.block) }
    var blocks6 = exceptions.flatMap { $0.ipv6.prefixes.prefix(256).map(\.block) }
    for row in gate?.subnets.prefix(256) ?? [] {
      switch row.prefix {
      case .ipv4(let prefix): blocks4.append(prefix.interval)
      case .ipv6(let prefix): blocks6.append(prefix.interval)
      }
    }
    // Of addresses that nobody mentioned there must always be some.
    ipv4 =
      [0xcb00_714d, 0xc633_644d, 0xc000_024d, 0x0101_0101]
      + Set(
        (sets.flatMap { $0.ipv4.intervals.prefix(256) } + blocks4).flatMap { Self.edges(of: $0) }
      ).sorted()
    ipv6 =
      [0x2001_0db8_0077 << 80 | 1, 0x2600 << 112 | 9, 0xfd00 << 112 | 9, 0xfe80 << 112 | 7]
      + Set(
        (sets.flatMap { $0.ipv6.intervals.prefix(256) } + blocks6).flatMap { Self.edges(of: $0) }
      ).sorted()

    var services: Set<ServicePoint> = [
      ServicePoint(.tcp, port: 24), ServicePoint(.tcp, port: 25), ServicePoint(.tcp, port: 26),
      ServicePoint(.udp, port: 25), ServicePoint(.tcp, port: 1), ServicePoint(.udp, port: 65535),
      ServicePoint(.gre), ServicePoint(.esp), ServicePoint(.icmp), ServicePoint(.icmpv6),
      ServicePoint(.igmp), ServicePoint(IPProtocol(number: 89)), ServicePoint(.udplite, port: 53),
    ]
    for type: UInt16 in [0, 3, 5, 8, 11, 12, 13] {
      services.insert(ServicePoint(.icmp, icmp: type << 8))
    }
    for type: UInt16 in [1, 2, 3, 4, 5] + Array(128...137) + [143] {
      services.insert(ServicePoint(.icmpv6, icmp: type << 8))
    }
    for rule in rules {
      services.formUnion(Self.points(of: rule.service))
      if let published = rule.published { services.formUnion(Self.points(of: published)) }
    }
    self.services = services.sorted {
      ($0.ipProtocol.number, $0.port ?? 0, $0.icmp ?? 0)
        < ($1.ipProtocol.number, $1.port ?? 0, $1.icmp ?? 0)
    }
    var users: Set<UInt32> = [0, 65534]
    for user in rules.compactMap(\.users).flatMap({ $0 }) + (gate?.users ?? []) {
      users.formUnion([user, user &+ 1, user &- 1].filter { $0 < 0x7fff_ffff })
    }
    self.users = users.sorted()
  }

  /// The points of one service and their neighbours.
  func services(in service: ServiceSet) -> [ServicePoint] {
    service.isAny ? services : Self.points(of: service)
  }

  /// Its ends, what is just beyond them, and its middle.
  static func edges<Bound>(of interval: IntervalSet<Bound>.Interval) -> [Bound] {
    [
      interval.lower, interval.upper, interval.lower &- 1, interval.upper &+ 1,
      interval.lower + (interval.upper - interval.lower) / 2,
    ]
  }

  private static func points(of service: ServiceSet) -> [ServicePoint] {
    var result: [ServicePoint] = []
    for (ipProtocol, ports) in service.ports.sorted(by: { $0.key < $1.key }) {
      let numbers = ports.intervals.prefix(64).flatMap { edges(of: $0) }.filter { $0 != 0 }
      result += numbers.map { ServicePoint(ipProtocol, port: $0) }
    }
    result += service.icmp.intervals.flatMap { edges(of: $0) }
      .map { ServicePoint(.icmp, icmp: $0) }
    result += service.icmpv6.intervals.flatMap { edges(of: $0) }
      .map { ServicePoint(.icmpv6, icmp: $0) }
    for number in service.protocols.intervals.prefix(32).flatMap({ edges(of: $0) }) {
      let ipProtocol = IPProtocol(number: number)
      if ipProtocol.hasPorts {
        result += [1, 25, 65535].map { ServicePoint(ipProtocol, port: $0) }
      } else if ipProtocol == .icmp || ipProtocol == .icmpv6 {
        result += [8 << 8, 128 << 8].map { ServicePoint(ipProtocol, icmp: $0) }
      } else {
        result.append(ServicePoint(ipProtocol))
      }
    }
    return result
  }
}
