import NetworkTypes
package import PacketSpace
import PolicyLanguage

extension Packet.Path {
  /// As a value of `Dimension.path`.
  package var value: PathValue {
    switch self {
    case .inbound: .inbound
    case .forward: .forward
    case .outbound: .outbound
    }
  }

  package init(_ value: PathValue) {
    switch value {
    case .inbound: self = .inbound
    case .forward: self = .forward
    case .outbound: self = .outbound
    }
  }
}

extension Packet.ConntrackState {
  /// As a value of `Dimension.state`.
  package var value: StateValue {
    switch self {
    case .new: .new
    case .established: .established
    case .related: .related
    case .invalid: .invalid
    case .untracked: .untracked
    }
  }

  package init(_ value: StateValue) {
    switch value {
    case .new: self = .new
    case .established: self = .established
    case .related: self = .related
    case .invalid: self = .invalid
    case .untracked: self = .untracked
    }
  }

  /// Whether conntrack knows the flow, and thus the port that was dialled.
  var isTracked: Bool {
    switch self {
    case .new, .established, .related: true
    case .invalid, .untracked: false
    }
  }
}

extension AddressFamily {
  /// As a value of `Dimension.family`.
  package var value: UInt32 {
    switch self {
    case .ipv4: 0
    case .ipv6: 1
    }
  }
}

extension Packet {
  /// The packet's value of a dimension, as `PacketArena.answer` asks for it; 0 of a dimension that
  /// the packet does not have.
  ///
  /// - Parameter networks: the networks that are filled at run time, by number.
  package func value(
    of dimension: Dimension, interfaces: InterfaceClasses, networks: [String] = []
  ) -> UInt128 {
    switch dimension {
    case .path: UInt128(path.value.rawValue)
    case .family: UInt128(family.value)
    case .inputInterface: UInt128(interfaces.classOf(inputInterface ?? ""))
    case .outputInterface: UInt128(interfaces.classOf(outputInterface ?? ""))
    case .source4, .destination4, .source6, .destination6: addresses.value(of: dimension)
    case .state: UInt128(state.value.rawValue)
    case .ipProtocol: UInt128(ipProtocol.number)
    case .destinationPort: Self.value(ofPort: destinationPort)
    case .sourcePort: Self.value(ofPort: sourcePort)
    case .icmp: Self.value(ofPort: icmpType.map { UInt16($0) << 8 | UInt16(icmpCode ?? 0) })
    case .hopLimit: hopLimit == 255 ? 1 : 0
    case .packetType: isLinkBroadcastOrMulticast ? 1 : 0
    case .user: UInt128(socketUser ?? Dimension.noUser)
    case .originalPort:
      Self.value(
        ofPort: state.isTracked ? originalDestinationPort ?? destinationPort : nil)
    case .reversePath: reversePathIsRight ? 0 : 1
    case .date: UInt128(max(time.seconds, 0))
    case _ where dimension.limiterIndex != nil:
      UInt128((limitExceeded ? LimiterValue.over : .room).rawValue)
    default: isMember(dimension, networks) ? 1 : 0
    }
  }

  private func isMember(_ dimension: Dimension, _ networks: [String]) -> Bool {
    guard let (side, index) = dimension.networkMembership, networks.indices.contains(index) else {
      return false
    }
    switch side {
    case .source: return sourceNetworks.contains(networks[index])
    case .destination: return destinationNetworks.contains(networks[index])
    }
  }

  private static func value(ofPort port: UInt16?) -> UInt128 {
    port.map { UInt128($0) } ?? UInt128(Dimension.noPort)
  }
}

extension Packet.Addresses {
  fileprivate func value(of dimension: Dimension) -> UInt128 {
    switch (self, dimension) {
    case (.ipv4(let source, _), .source4): UInt128(source.bits)
    case (.ipv4(_, let destination), .destination4): UInt128(destination.bits)
    case (.ipv6(let source, _), .source6): source.bits
    case (.ipv6(_, let destination), .destination6): destination.bits
    default: 0
    }
  }
}
