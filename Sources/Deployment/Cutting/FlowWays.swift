package import Kernel
import NetworkTypes
package import PolicyAnalysis

/// The ways that a connection may go through this machine: conntrack does not say by which
/// interfaces.
package struct FlowWays: Hashable, Sendable {
  package var path: Packet.Path
  /// Names of the interfaces that its first packet may have come in by; empty on the outbound path.
  package var inputs: [String]
  /// Those that it may have left by; empty on the inbound path.
  package var outputs: [String]

  package init(path: Packet.Path, inputs: [String], outputs: [String]) {
    self.path = path
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// Finds the ways of connections: by the kernel's routes, and by what zones say lives behind them.
///
/// Where the two name different zones, either may be right.
package struct FlowRouting {
  private let flows: ClosedFlows
  private var routes: [Key: Route?] = [:]
  private var names = InterfaceNames()

  private enum Key: Hashable {
    case ipv4(IPv4Address)
    case ipv6(IPv6Address)
  }

  package init(_ flows: ClosedFlows) { self.flows = flows }

  /// Nil of a connection of this machine with itself.
  ///
  /// - Parameter transport: a socket of rtnetlink.
  package mutating func ways(
    of entry: ConntrackEntry, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> FlowWays? {
    let source: Key
    let destination: Key
    switch flows.firstPacket(of: entry, on: .forward).addresses {
    case .ipv4(let from, let to): (source, destination) = (.ipv4(from), .ipv4(to))
    case .ipv6(let from, let to): (source, destination) = (.ipv6(from), .ipv6(to))
    }
    let back = try route(to: source, transport)
    let forth = try route(to: destination, transport)
    switch (back?.isLocal ?? false, forth?.isLocal ?? isMulticast(destination)) {
    case (true, true): return nil
    case (true, false):
      return FlowWays(path: .outbound, inputs: [], outputs: interfaces(of: destination, forth))
    case (false, true):
      return FlowWays(path: .inbound, inputs: interfaces(of: source, back), outputs: [])
    case (false, false):
      return FlowWays(
        path: .forward, inputs: interfaces(of: source, back),
        outputs: interfaces(of: destination, forth))
    }
  }

  private mutating func route(
    to address: Key, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Route? {
    if let known = routes[address] { return known }
    let route =
      switch address {
      case .ipv4(let address): try RouteLookup.route(to: address, transport)
      case .ipv6(let address): try RouteLookup.route(to: address, transport)
      }
    routes[address] = .some(route)
    return route
  }

  /// By the route and, where a zone says that the address lives behind another one's interfaces, by
  /// those; by any where nothing is known.
  private mutating func interfaces(of address: Key, _ route: Route?) -> [String] {
    var result: [String] = []
    for index in route?.interfaces ?? [] {
      if let name = names[index] { result.append(name) }
    }
    let zones = Set(result.map { flows.zone(ofInterface: $0) })
    for (zone, names) in flows.interfaces(listing: { holds($0, address) })
    where !zones.contains(zone) {
      result += names
    }
    return result.isEmpty ? flows.everyInterface : result
  }

  private func holds(_ set: AddressSet, _ address: Key) -> Bool {
    switch address {
    case .ipv4(let address): set.contains(address)
    case .ipv6(let address): set.contains(address)
    }
  }

  /// Which has no route of its own, and is delivered here unless it was sent from here.
  private func isMulticast(_ address: Key) -> Bool {
    switch address {
    case .ipv4(let address): address.bits >> 28 == 0xe || address.bits == .max
    case .ipv6(let address): address.bits >> 120 == 0xff
    }
  }
}
