import Foundation
import NetworkTypes
package import PacketSpace
import PolicyAnalysis

extension PacketLab {
  /// The packets that this lab can send, as a set: unicast in states that one packet can be in, and
  /// some of the link's own traffic, at the present time and with room in every limiter.
  ///
  /// A little too large: that both ends differ, and what the reverse path is, no region says.
  package func sendablePackets(
    in arena: PacketArena, interfaces: InterfaceClasses, limiters: Int
  ) throws(PacketSpaceError) -> PacketSet {
    let shapes = SendableShapes(wiring: wiring, interfaces: interfaces, limiters: limiters)
    var sets: [PacketSet] = []
    for region in shapes.regions() { sets.append(try arena.packets(of: region)) }
    return try arena.union(sets)
  }
}

private struct SendableShapes {
  // Foundation has one, too.
  typealias Dimension = PacketSpace.Dimension
  typealias Narrow = IntervalSet<UInt32>
  typealias Wide = IntervalSet<UInt128>

  let wiring: LabWiring
  let interfaces: InterfaceClasses
  let limiters: Int

  func regions() -> [Region] {
    let cables = Narrow(
      wiring.interfaces.map { .init(interfaces.classOf($0), interfaces.classOf($0)) })
    let ported = Narrow([.init(6, 6), .init(17, 17)])
    // Their place among the states that one packet can be in: new, invalid, untracked.
    let single = Narrow([.init(0, 0), .init(3, 4)])
    let silent = Narrow([.init(0, 0), .init(3, 3)])
    var result: [Region] = []
    for path in PathValue.allCases {
      for family: UInt32 in [0, 1] {
        var region = base(path, family, cables)
        region.values[.ipProtocol] = .narrow(ported)
        region.values[.state] = .narrow(path == .outbound ? silent : single)
        result.append(region)
        // What has no ports is new, if conntrack knows it at all.
        let others: [UInt32] = family == 0 ? [1, 47, 50] : [58, 47, 50]
        region.values[.ipProtocol] = .narrow(Narrow(others.map { .init($0, $0) }))
        region.values[.state] = .narrow(Narrow(0))
        result.append(region)
      }
    }
    return result + linkTraffic(cables)
  }

  private func base(_ path: PathValue, _ family: UInt32, _ cables: Narrow) -> Region {
    var values: [Dimension: ValueSet] = [
      .path: .narrow(Narrow(path.rawValue)), .family: .narrow(Narrow(family)),
    ]
    if path != .outbound { values[.inputInterface] = .narrow(cables) }
    if path != .inbound { values[.outputInterface] = .narrow(cables) }
    if family == 0 {
      let unicast = Narrow([
        .init(0x0100_0000, 0x7eff_ffff), .init(0x8000_0000, 0xdfff_ffff),
      ])
      let foreign = unicast.subtracting(Narrow(wiring.ipv4.bits))
      values[.source4] = .narrow(path == .outbound ? unicast : foreign)
      values[.destination4] = .narrow(path == .inbound ? unicast : foreign)
    } else {
      let unicast = Wide([
        .init(0x2 << 124, (0x4 << 124) - 1), .init(0xfc << 120, (0xfe << 120) - 1),
      ])
      let foreign = unicast.subtracting(Wide(wiring.ipv6.bits))
      values[.source6] = .wide(path == .outbound ? unicast : foreign)
      values[.destination6] = .wide(path == .inbound ? unicast : foreign)
    }
    if path == .forward { values[.hopLimit] = .narrow(Narrow(0)) }
    values[.packetType] = .narrow(Narrow([.init(0, path == .inbound ? 1 : 0)]))
    if path == .outbound { values[.user] = .narrow(Narrow([.init(0, 65533)])) }
    let now = UInt128(max(Date().timeIntervalSince1970, 0))
    values[.date] = .wide(Wide([.init(now, now + 1800)]))
    for index in 0..<limiters { values[.limiter(index)] = .narrow(Narrow(0)) }
    return Region(values: values, answer: 1)
  }

  /// Neighbour discovery, MLD, multicast and DHCP from hosts without an address.
  private func linkTraffic(_ cables: Narrow) -> [Region] {
    let allNodes = Wide(0xff02 << 112 | 1)
    var discovery = base(.inbound, 1, cables)
    discovery.values[.source6] = .wide(
      Wide([.init(0, 0), .init(0xfe80 << 112 | 9, 0xfe80 << 112 | 9)]))
    discovery.values[.destination6] = .wide(allNodes)
    discovery.values[.ipProtocol] = .narrow(Narrow(58))
    discovery.values[.icmp] = .narrow(Narrow((129...144).map { .init($0 << 8, $0 << 8) }))
    discovery.values[.state] = .narrow(Narrow([.init(0, 0), .init(3, 4)]))
    var multicast = base(.inbound, 1, cables)
    multicast.values[.source6] = .wide(Wide(0xfe80 << 112 | 9))
    multicast.values[.destination6] = .wide(allNodes)
    multicast.values[.ipProtocol] = .narrow(Narrow(17))
    multicast.values[.state] = .narrow(Narrow(0))
    var dhcp = base(.inbound, 0, cables)
    dhcp.values[.source4] = .narrow(Narrow(0))
    dhcp.values[.destination4] = .narrow(Narrow(.max))
    dhcp.values[.ipProtocol] = .narrow(Narrow(17))
    dhcp.values[.state] = .narrow(Narrow(0))
    return [discovery, multicast, dhcp]
  }
}
