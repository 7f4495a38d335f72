import Foundation
import NetworkTypes
package import PolicyAnalysis
package import PolicyLanguage

/// Random packets at, and just outside, every boundary that a policy draws.
///
/// Most aim at a rule or at the gate and then miss it in one respect or none; the rest are any
/// combination of what the policy mentions. All of them can be sent by a `PacketLab` of this
/// wiring; which reverse path is right is for the lab to say.
package struct BoundaryPackets {
  package let policy: ResolvedPolicy
  package let wiring: LabWiring
  package var generator: SeededGenerator
  private let pool: BoundaryPool

  package init(for policy: ResolvedPolicy, wiring: LabWiring, generator: SeededGenerator) {
    self.policy = policy
    self.wiring = wiring
    self.generator = generator
    pool = BoundaryPool(policy)
  }

  /// `FWPOLICY_PACKETS`, else `fallback`.
  package static func count(else fallback: Int) -> Int {
    ProcessInfo.processInfo.environment["FWPOLICY_PACKETS"].flatMap { Int($0) } ?? fallback
  }

  package mutating func packets(_ count: Int) -> [Packet] { (0..<count).map { _ in next() } }

  package mutating func next() -> Packet {
    let path =
      generator.pick(
        [.inbound, .inbound, .forward, .forward, .forward, .outbound] as [Packet.Path]) ?? .inbound
    if path == .inbound, generator.oneIn(12), let special = linkTraffic() { return special }
    if path != .forward, generator.oneIn(20) { return loopback(path) }
    var packet = aimed(path)
    packet.time = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    packet.sourcePort =
      packet.ipProtocol.hasPorts ? UInt16.random(in: 1024...65535, using: &generator) : nil
    if packet.ipProtocol == .tcp || packet.ipProtocol == .udp, generator.oneIn(10) {
      packet.state = .invalid
    } else if path != .outbound, generator.oneIn(10) {
      packet.state = .untracked
    }
    if path == .outbound {
      packet.socketUser = generator.oneIn(3) ? 0 : generator.pick(pool.users) ?? 0
    } else if path == .inbound {
      packet.isLinkBroadcastOrMulticast = generator.oneIn(15)
    }
    if packet.icmpType != nil, packet.family == .ipv6 {
      packet.hopLimit =
        path == .forward ? 254 : generator.pick([255, 255, 254, 1] as [UInt8]) ?? 255
    }
    return packet
  }

  // MARK: Aiming

  /// What a packet is aimed at; nil parts are left to chance.
  private struct Aim {
    var input: ZoneSet?
    var output: ZoneSet?
    var sources: AddressSet?
    var destinations: AddressSet?
    var service: ServiceSet?
  }

  private mutating func aim(_ path: Packet.Path) -> Aim {
    if let gate = policy.smtpEgress, path != .inbound, generator.oneIn(5) {
      var aim = Aim(service: .port(.tcp, 25))
      if generator.oneIn(2) { aim.input = gate.clientZones }
      let entry = generator.pick(gate.allow)
      aim.sources = generator.oneIn(3) ? gate.clientNetworks : source(of: entry)
      if path == .forward, let row = generator.pick(gate.subnets), generator.oneIn(2) {
        aim.sources = row.prefix.addresses
      }
      let to = generator.oneIn(2) ? entry?.to : gate.relays
      aim.destinations = to.flatMap { generator.pick($0.parts) }?.addresses
      return aim
    }
    let section =
      switch path {
      case .inbound: policy.inbound
      case .forward: policy.forward ?? ResolvedSection()
      case .outbound: policy.outbound
      }
    guard !generator.oneIn(5), let rule = generator.pick(section.rules) else { return Aim() }
    let from = generator.pick(rule.from.parts)
    let to = generator.pick(rule.to.parts)
    return Aim(
      input: from?.zones, output: to?.zones, sources: from?.addresses,
      destinations: to?.addresses, service: rule.published ?? rule.service)
  }

  /// One of an exception's prefixes.
  private mutating func source(of entry: ResolvedSMTPEgress.Allow?) -> AddressSet? {
    guard let from = entry?.from else { return nil }
    let ipv4 = generator.pick(from.ipv4.prefixes)?.block
    let ipv6 = generator.pick(from.ipv6.prefixes)?.block
    return AddressSet(
      ipv4: IntervalSet(ipv4.map { [$0] } ?? []), ipv6: IntervalSet(ipv6.map { [$0] } ?? []))
  }

  private mutating func aimed(_ path: Packet.Path) -> Packet {
    var aim = aim(path)
    // Missing in one respect tells most about a boundary.
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: aim.input = nil
    case 1: aim.output = nil
    case 2: aim.sources = nil
    case 3: aim.destinations = nil
    case 4: aim.service = nil
    default: break
    }
    let addresses = ends(aim, path)
    let family: AddressFamily
    switch addresses {
    case .ipv4: family = .ipv4
    case .ipv6: family = .ipv6
    }
    let services = aim.service.map { pool.services(in: $0) } ?? []
    let candidates = (services.isEmpty || generator.oneIn(8) ? pool.services : services)
      .filter { $0.isSendable(over: family) }
    let service = generator.pick(candidates) ?? ServicePoint(.tcp, port: 80)
    var packet = Packet(
      path: path, inputInterface: path == .outbound ? nil : interface(in: aim.input),
      outputInterface: path == .inbound ? nil : interface(in: aim.output), addresses: addresses,
      ipProtocol: service.ipProtocol)
    packet.destinationPort = service.port
    packet.icmpType = service.icmp.map { UInt8($0 >> 8) }
    packet.icmpCode = service.icmp.map { UInt8(truncatingIfNeeded: $0) }
    return packet
  }

  private mutating func interface(in zones: ZoneSet?) -> String {
    let inside = wiring.interfaces.filter { name in
      zones.map { $0.contains(policy.zone(ofInterface: name)) } ?? true
    }
    return generator.pick(inside) ?? wiring.interfaces[0]
  }

  // MARK: Addresses

  private mutating func ends(_ aim: Aim, _ path: Packet.Path) -> Packet.Addresses {
    let wantsIPv4 =
      aim.sources?.ipv4.isEmpty == true || aim.destinations?.ipv4.isEmpty == true
      ? false
      : aim.sources?.ipv6.isEmpty == true || aim.destinations?.ipv6.isEmpty == true
        ? true : generator.oneIn(2)
    let ownSource = path == .outbound && !generator.oneIn(5)
    if wantsIPv4 {
      let own = wiring.ipv4.bits
      let source =
        ownSource
        ? own : address(in: aim.sources?.ipv4, pool: pool.ipv4) { $0.isUnicast && $0 != own }
      let ownDestination = path == .inbound && aim.destinations?.ipv4.isAll != false
      let destination =
        ownDestination && !generator.oneIn(3)
        ? own
        : address(in: aim.destinations?.ipv4, pool: pool.ipv4) {
          $0.isUnicast && $0 != source && ($0 != own || path == .inbound)
        }
      return .ipv4(source: IPv4Address(bits: source), destination: IPv4Address(bits: destination))
    }
    let own = wiring.ipv6.bits
    let source =
      ownSource
      ? own
      : address(in: aim.sources?.ipv6, pool: pool.ipv6) {
        ($0.isUnicast && $0 != own) || (path == .inbound && $0.isLinkLocal)
      }
    let destination = address(in: aim.destinations?.ipv6, pool: pool.ipv6) {
      $0.isUnicast && $0 != source && ($0 != own || path == .inbound)
    }
    return .ipv6(source: IPv6Address(bits: source), destination: IPv6Address(bits: destination))
  }

  /// At an edge of the set, or beside it; from the pool where the set offers nothing that can be
  /// sent.
  private mutating func address<Bound>(
    in set: IntervalSet<Bound>?, pool: [Bound], where isUsable: (Bound) -> Bool
  ) -> Bound {
    if let set, !set.isAll {
      for _ in 0..<4 {
        guard let interval = generator.pick(set.intervals) else { break }
        let candidate = generator.pick(BoundaryPool.edges(of: interval)) ?? interval.lower
        if isUsable(candidate) { return candidate }
      }
    }
    for _ in 0..<50 {
      if let candidate = generator.pick(pool), isUsable(candidate) { return candidate }
    }
    return pool.first(where: isUsable) ?? pool[0]
  }

  // MARK: Special traffic

  private mutating func loopback(_ path: Packet.Path) -> Packet {
    let own: Packet.Addresses =
      generator.oneIn(2)
      ? .ipv4(source: IPv4Address(bits: 0x7f00_0001), destination: IPv4Address(bits: 0x7f00_0001))
      : .ipv6(source: IPv6Address(bits: 1), destination: IPv6Address(bits: 1))
    var packet = Packet(
      path: path, inputInterface: path == .inbound ? "lo" : nil,
      outputInterface: path == .outbound ? "lo" : nil, addresses: own, ipProtocol: .udp)
    packet.sourcePort = UInt16.random(in: 1024...65535, using: &generator)
    packet.destinationPort = 9
    packet.socketUser = path == .outbound ? 0 : nil
    packet.time = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    return packet
  }

  /// DHCP, IGMP, neighbour discovery and MLD from senders without an address, and from link-local.
  private mutating func linkTraffic() -> Packet? {
    let input = generator.pick(wiring.interfaces) ?? wiring.interfaces[0]
    let allNodes = IPv6Address(bits: 0xff02 << 112 | 1)
    let linkLocal = IPv6Address(bits: 0xfe80 << 112 | 9)
    let unspecified6 = IPv6Address(bits: 0)
    func ipv4(_ destination: UInt32) -> Packet.Addresses {
      .ipv4(source: IPv4Address(bits: 0), destination: IPv4Address(bits: destination))
    }
    var packet: Packet
    switch Int.random(in: 0..<4, using: &generator) {
    case 0:
      packet = Packet(
        path: .inbound, inputInterface: input, addresses: ipv4(0xffff_ffff), ipProtocol: .udp)
      packet.sourcePort = generator.oneIn(3) ? 67 : 68
      packet.destinationPort = generator.oneIn(3) ? 66 : 67
    case 1:
      packet = Packet(
        path: .inbound, inputInterface: input, addresses: ipv4(0xe000_0001), ipProtocol: .igmp)
    case 2:
      packet = Packet(
        path: .inbound, inputInterface: input,
        addresses: .ipv6(
          source: generator.oneIn(2) ? unspecified6 : linkLocal, destination: allNodes),
        ipProtocol: .icmpv6)
      packet.icmpType = UInt8.random(in: 129...144, using: &generator)
      packet.icmpCode = 0
      packet.hopLimit = generator.pick([255, 255, 254, 1] as [UInt8]) ?? 255
    default:
      packet = Packet(
        path: .inbound, inputInterface: input,
        addresses: .ipv6(source: linkLocal, destination: allNodes), ipProtocol: .udp)
      packet.sourcePort = 5353
      packet.destinationPort = generator.pick([5353, 546, 547] as [UInt16])
    }
    packet.isLinkBroadcastOrMulticast = generator.oneIn(2)
    packet.time = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    return packet
  }
}

extension SeededGenerator {
  /// True once in `n`.
  fileprivate mutating func oneIn(_ n: Int) -> Bool {
    Int.random(in: 0..<n, using: &self) == 0
  }

  fileprivate mutating func pick<C: RandomAccessCollection>(_ choices: C) -> C.Element? {
    choices.randomElement(using: &self)
  }
}
