import NetworkTypes

extension PacketArena {
  /// The combinations of values that a packet can have.
  ///
  /// Both meanings of a policy are compared here only: what they say of a TCP packet without ports
  /// is nobody's business. It holds more than the network does (a port before NAT is never compared
  /// with the port after it), which makes a proof over it stronger.
  ///
  /// - Parameters:
  ///   - limiters: for each limiter, whether it counts per source and may thus be full.
  ///   - networks: how many networks are filled at run time: an address may be in any of them.
  package func possiblePackets(
    interfaces: InterfaceClasses, limiters: [Bool] = [], networks: Int = 0
  ) throws(PacketSpaceError) -> PacketSet {
    let every = Diagram.constant(1)
    let nothing = Diagram.constant(0)
    func range(_ upper: UInt32) -> IntervalSet<UInt32> {
      IntervalSet(canonical: [.init(0, upper)])
    }
    // From the last dimension to the first.
    var limits = every
    for (index, isPerSource) in limiters.enumerated().reversed() {
      let last = isPerSource ? LimiterValue.full : .over
      limits = try choice(.limiter(index), in: range(last.rawValue), then: limits, else: nothing)
    }
    for index in (0..<networks).reversed() {
      for side in [AddressSide.destination, .source] {
        limits = try choice(
          .member(side, ofNetwork: index), in: range(1), then: limits, else: nothing)
      }
    }
    var paths: [(upper: UInt32, then: Diagram)] = []
    for path in PathValue.allCases {
      let routes = try choice(
        .reversePath, in: range(path == .outbound ? 0 : 1), then: limits, else: nothing)
      func tail(isTracked: Bool, hasPorts: Bool, hasICMP: Bool) throws(PacketSpaceError) -> Diagram
      {
        let none = IntervalSet(Dimension.noPort)
        var diagram = try choice(
          .originalPort, in: isTracked && hasPorts ? range(65535) : none, then: routes,
          else: nothing)
        if path != .outbound {
          diagram = try choice(
            .user, in: IntervalSet(Dimension.noUser), then: diagram, else: nothing)
        }
        diagram = try choice(
          .packetType, in: range(path == .inbound ? 2 : 0), then: diagram, else: nothing)
        diagram = try choice(.hopLimit, in: range(1), then: diagram, else: nothing)
        diagram = try choice(
          .icmp, in: hasICMP ? range(65535) : none, then: diagram, else: nothing)
        let ports = hasPorts ? range(65535) : none
        diagram = try choice(.sourcePort, in: ports, then: diagram, else: nothing)
        return try choice(.destinationPort, in: ports, then: diagram, else: nothing)
      }
      var families: [(upper: UInt32, then: Diagram)] = []
      for family in [AddressFamily.ipv4, .ipv6] {
        func protocols(isTracked: Bool) throws(PacketSpaceError) -> Diagram {
          let icmp = family == .ipv4 ? IPProtocol.icmp : .icmpv6
          let ported = IntervalSet(
            (UInt8.min...UInt8.max).filter { IPProtocol(number: $0).hasPorts }
              .map { IntervalSet<UInt32>.Interval(UInt32($0), UInt32($0)) })
          let others = try tail(isTracked: isTracked, hasPorts: false, hasICMP: false)
          var diagram = try choice(.ipProtocol, in: range(255), then: others, else: nothing)
          diagram = try overlay(
            .ipProtocol, ported, try tail(isTracked: isTracked, hasPorts: true, hasICMP: false),
            over: diagram)
          return try overlay(
            .ipProtocol, IntervalSet(UInt32(icmp.number)),
            try tail(isTracked: isTracked, hasPorts: false, hasICMP: true), over: diagram)
        }
        let tracked = try protocols(isTracked: true)
        let untracked = try protocols(isTracked: false)
        let states = try cases(
          .state,
          [
            (StateValue.related.rawValue, tracked), (StateValue.untracked.rawValue, untracked),
            (.max, nothing),
          ])
        let none = IntervalSet(InterfaceClasses.none)
        let output = try choice(
          .outputInterface, in: path == .inbound ? none : interfaces.named, then: states,
          else: nothing)
        let input = try choice(
          .inputInterface, in: path == .outbound ? none : interfaces.named, then: output,
          else: nothing)
        families.append((family == .ipv4 ? 0 : 1, input))
      }
      families.append((.max, nothing))
      paths.append((path.rawValue, try cases(.family, families)))
    }
    paths.append((.max, nothing))
    return PacketSet(diagram: try cases(.path, paths))
  }

  /// A diagram with another one in its place where a dimension's value is in a set.
  private func overlay(
    _ dimension: Dimension, _ values: IntervalSet<UInt32>, _ inside: Diagram, over outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let inside = try choice(dimension, in: values, then: inside, else: .constant(0))
    let rest = try difference(
      PacketSet(diagram: outside), try set(dimension, values))
    return try union(PacketSet(diagram: inside), rest).diagram
  }
}
