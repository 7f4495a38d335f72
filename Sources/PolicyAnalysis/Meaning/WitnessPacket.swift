import NetworkTypes
package import PacketSpace
import PolicyLanguage

extension Packet {
  /// A packet of a set of possible packets, as a person would have written it: between documentation
  /// addresses, from an ephemeral port to a common one, wherever the set leaves a choice.
  ///
  /// Nil for the empty set.
  package init?(
    of set: PacketSet, in arena: PacketArena, interfaces: InterfaceClasses, networks: [String] = []
  ) {
    guard
      let witness = arena.witness(
        of: set,
        preferring: { Self.preferredValues(of: $0, interfaces: interfaces, given: $1) })
    else { return nil }
    self.init(witness: witness, interfaces: interfaces, networks: networks)
  }

  /// The packet that has a witness' values, and the preferred ones where that has none.
  ///
  /// - Parameter networks: the networks that are filled at run time, by number.
  package init(witness: Witness, interfaces: InterfaceClasses, networks: [String] = []) {
    func value(_ dimension: Dimension) -> UInt128 {
      witness[dimension]
        ?? Self.preferredValues(of: dimension, interfaces: interfaces, given: witness).first ?? 0
    }
    func number(_ dimension: Dimension) -> UInt32 { UInt32(truncatingIfNeeded: value(dimension)) }
    func address4(_ dimension: Dimension) -> IPv4Address { IPv4Address(bits: number(dimension)) }
    func address6(_ dimension: Dimension) -> IPv6Address { IPv6Address(bits: value(dimension)) }
    func port(_ dimension: Dimension) -> UInt16? { UInt16(exactly: value(dimension)) }

    let path = Path(PathValue(rawValue: number(.path)) ?? .inbound)
    self.init(
      path: path,
      inputInterface: path == .outbound ? nil : interfaces.name(of: number(.inputInterface)),
      outputInterface: path == .inbound ? nil : interfaces.name(of: number(.outputInterface)),
      addresses: number(.family) == AddressFamily.ipv4.value
        ? .ipv4(source: address4(.source4), destination: address4(.destination4))
        : .ipv6(source: address6(.source6), destination: address6(.destination6)),
      ipProtocol: IPProtocol(number: UInt8(truncatingIfNeeded: value(.ipProtocol))))
    state = ConntrackState(StateValue(rawValue: number(.state)) ?? .new)
    if ipProtocol.hasPorts {
      destinationPort = port(.destinationPort)
      sourcePort = port(.sourcePort)
      let original = port(.originalPort)
      if state.isTracked, original != destinationPort { originalDestinationPort = original }
    } else if ipProtocol == (family == .ipv4 ? .icmp : .icmpv6), let icmp = port(.icmp) {
      icmpType = UInt8(icmp >> 8)
      icmpCode = UInt8(icmp & 255)
    }
    if value(.hopLimit) == 1 { hopLimit = 255 }
    isLinkBroadcastOrMulticast = value(.packetType) != 0
    if number(.user) != Dimension.noUser { socketUser = number(.user) }
    reversePathIsRight = value(.reversePath) == 0
    time = Timestamp(seconds: Int64(clamping: value(.date)))
    for (dimension, value) in witness.values where value == 1 {
      guard let (side, index) = dimension.networkMembership else { continue }
      let name = networks.indices.contains(index) ? networks[index] : "network \(index)"
      switch side {
      case .source: sourceNetworks.insert(name)
      case .destination: destinationNetworks.insert(name)
      }
    }
    limitExceeded = witness.values.contains { dimension, value in
      dimension.limiterIndex != nil && value != UInt128(LimiterValue.room.rawValue)
    }
  }

  /// The values of a dimension that read best, best first, given those of earlier dimensions.
  package static func preferredValues(
    of dimension: Dimension, interfaces: InterfaceClasses, given earlier: Witness
  ) -> [UInt128] {
    switch dimension {
    case .inputInterface, .outputInterface:
      // One that the policy speaks of, then any other; loopback only where it must be.
      let none = UInt128(InterfaceClasses.none)
      let path = earlier[.path] ?? UInt128(PathValue.inbound.rawValue)
      let without: PathValue = dimension == .inputInterface ? .outbound : .inbound
      if path == UInt128(without.rawValue) { return [none] }
      let lo = interfaces.classOf("lo")
      return (0..<UInt32(interfaces.count))
        .filter { $0 != InterfaceClasses.none && $0 != InterfaceClasses.other && $0 != lo }
        .map { UInt128($0) } + [UInt128(InterfaceClasses.other)]
    case .source4: return [0xc633_6407, 0xcb00_7107, 0xc000_0207]
    case .destination4: return [0xc000_020a, 0xcb00_710a, 0xc633_640a]
    case .source6: return [0x2001_0db8_0001 << 80 | 7, 0x2001_0db8 << 96 | 7]
    case .destination6: return [0x2001_0db8_0002 << 80 | 0xa, 0x2001_0db8 << 96 | 0xa]
    case .ipProtocol: return [6, 17, earlier[.family] == 1 ? 58 : 1]
    case .destinationPort: return [443, 80, 22, 25, 53, 587, 993, 123]
    case .sourcePort: return [40000]
    // Echo requests.
    case .icmp: return [earlier[.family] == 1 ? 128 << 8 : 8 << 8]
    case .user: return [UInt128(Dimension.noUser), 1000, 0]
    case .originalPort:
      return [earlier[.destinationPort] ?? 443, 8443, 8080, 443, 80]
    default: return [0]
    }
  }
}
