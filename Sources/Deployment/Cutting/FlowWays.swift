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
  /// Whether it went one of these ways for certain.
  package var isCertain: Bool

  package init(
    path: Packet.Path, inputs: [String], outputs: [String], isCertain: Bool = true
  ) {
    self.path = path
    self.inputs = inputs
    self.outputs = outputs
    self.isCertain = isCertain
  }
}

/// Finds the ways of connections: by the kernel's routes, and by what zones say lives behind them.
///
/// Where the two name different zones, either may be right.
package struct FlowRouting {
  private let flows: ClosedFlows
  private var routes: [Key: Route?] = [:]
  private var rules: [AddressFamily: RoutingRules] = [:]
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
    let places = (back?.isLocal ?? false, forth?.isLocal ?? isMulticast(destination))
    if places != (true, true) {
      switch try rules(of: source, transport) {
      case .plain: break
      case .addressesAndInput:
        return try ways(
          from: source, to: destination, places, back?.interfaces ?? [], forth?.interfaces ?? [],
          transport)
      case .more:
        // By a mark even a packet to another machine may be delivered here.
        let every = flows.everyInterface
        return FlowWays(
          path: places.0 ? .outbound : places.1 ? .inbound : .forward,
          inputs: places.0 ? [] : every, outputs: places.1 ? [] : every, isCertain: false)
      }
    }
    switch places {
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

  /// Where rules look at the source and at the input interface, too.
  ///
  /// The first packet's output interface depends on its input interface, which is known by the way of
  /// the answers, whose input is that output: asked in turns until nothing is new.
  private mutating func ways(
    from source: Key, to destination: Key, _ isLocal: (source: Bool, destination: Bool),
    _ back: [UInt32], _ forth: [UInt32],
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> FlowWays {
    if isLocal.source {
      let route = try route(to: destination, from: source, by: nil, transport)
      // Before a socket has a source, the rules are asked without one.
      let outputs = route?.interfaces ?? forth
      return FlowWays(
        path: .outbound, inputs: [],
        outputs: interfaces(of: destination, Route(isLocal: false, interfaces: outputs)))
    }
    if isLocal.destination {
      let answers = try route(to: source, from: destination, by: nil, transport)
      let inputs = back + (answers?.interfaces ?? []).filter { !back.contains($0) }
      return FlowWays(
        path: .inbound,
        inputs: interfaces(of: source, Route(isLocal: false, interfaces: inputs)), outputs: [])
    }
    var inputs = back
    for name in interfaces(of: source, Route(isLocal: false, interfaces: back)) {
      if let index = InterfaceNames.index(of: name), !inputs.contains(index) {
        inputs.append(index)
      }
    }
    var outputs: [UInt32] = []
    var askedInputs = 0
    var askedOutputs = 0
    while askedInputs < inputs.count || askedOutputs < outputs.count {
      while askedInputs < inputs.count {
        let route = try route(
          to: destination, from: source, by: inputs[askedInputs], transport)
        for output in route?.interfaces ?? [] where !outputs.contains(output) {
          outputs.append(output)
        }
        askedInputs += 1
      }
      while askedOutputs < outputs.count {
        let route = try route(
          to: source, from: destination, by: outputs[askedOutputs], transport)
        for input in route?.interfaces ?? [] where !inputs.contains(input) { inputs.append(input) }
        askedOutputs += 1
      }
    }
    return FlowWays(
      path: .forward, inputs: interfaces(of: source, Route(isLocal: false, interfaces: inputs)),
      outputs: interfaces(of: destination, Route(isLocal: false, interfaces: outputs)))
  }

  private mutating func rules(
    of address: Key, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> RoutingRules {
    let family: AddressFamily =
      switch address {
      case .ipv4: .ipv4
      case .ipv6: .ipv6
      }
    if let known = rules[family] { return known }
    let read = try RoutingRules.read(family, transport)
    rules[family] = read
    return read
  }

  private func route(
    to address: Key, from source: Key, by input: UInt32?,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Route? {
    switch (address, source) {
    case (.ipv4(let address), .ipv4(let source)):
      try RouteLookup.route(to: address, from: source, by: input, transport)
    case (.ipv6(let address), .ipv6(let source)):
      try RouteLookup.route(to: address, from: source, by: input, transport)
    default: nil
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
