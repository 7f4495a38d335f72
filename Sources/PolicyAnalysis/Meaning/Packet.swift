package import NetworkTypes
package import PolicyLanguage

/// One packet as a hook sees it, with everything that a policy can ask about it.
///
/// In forward, addresses and ports are those after destination NAT and before source NAT.
package struct Packet: Hashable, Sendable {
  /// Which section of a policy speaks of the packet.
  package enum Path: String, Hashable, Sendable, CaseIterable {
    /// To this machine; nftables: hook `input`.
    case inbound
    /// Through it; nftables: hook `forward`.
    case forward
    /// From it; nftables: hook `output`.
    case outbound
  }

  /// Source and destination, always of one family.
  package enum Addresses: Hashable, Sendable {
    case ipv4(source: IPv4Address, destination: IPv4Address)
    case ipv6(source: IPv6Address, destination: IPv6Address)
  }

  /// nftables: `ct state`.
  package enum ConntrackState: String, Hashable, Sendable, CaseIterable {
    case new
    case established
    case related
    case invalid
    case untracked
  }

  package var path: Path
  /// Nil on the outbound path.
  package var inputInterface: String?
  /// Nil on the inbound path.
  package var outputInterface: String?
  package var addresses: Addresses
  package var ipProtocol: IPProtocol
  /// Of a protocol that has ports, host byte order; nil otherwise.
  package var sourcePort: UInt16?
  package var destinationPort: UInt16?
  /// Of protocol 1 over IPv4 and 58 over IPv6; nil otherwise.
  package var icmpType: UInt8?
  package var icmpCode: UInt8?
  /// IPv4: time to live.
  package var hopLimit: UInt8 = 64
  package var state: ConntrackState = .new
  /// What the outside dialled; nil where no destination NAT changed it.
  package var originalDestinationPort: UInt16?
  /// Who created the sending socket; nil where there is none.
  package var socketUser: UInt32?
  /// When the packet is seen.
  package var time = Timestamp(seconds: 0)
  /// Whether this machine would route an answer to the source out by the input interface.
  package var reversePathIsRight = true
  /// Whether the limit of the rule that the packet meets has no room left.
  package var limitExceeded = false
  /// Whether the frame came as link-level broadcast or multicast; nftables: `meta pkttype`.
  package var isLinkBroadcastOrMulticast = false
  /// The networks that are filled at run time and hold its source, by name.
  package var sourceNetworks: Set<String> = []
  /// Those that hold its destination.
  package var destinationNetworks: Set<String> = []

  package init(
    path: Path, inputInterface: String? = nil, outputInterface: String? = nil,
    addresses: Addresses, ipProtocol: IPProtocol
  ) {
    self.path = path
    self.inputInterface = inputInterface
    self.outputInterface = outputInterface
    self.addresses = addresses
    self.ipProtocol = ipProtocol
  }
}

extension Packet {
  /// Its source, as a set.
  package var sources: AddressSet {
    switch addresses {
    case .ipv4(let source, _): AddressSet(ipv4: IntervalSet(source.bits))
    case .ipv6(let source, _): AddressSet(ipv6: IntervalSet(source.bits))
    }
  }

  package var family: AddressFamily {
    switch addresses {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }

  package func sourceIsIn(_ set: AddressSet) -> Bool {
    switch addresses {
    case .ipv4(let source, _): set.contains(source)
    case .ipv6(let source, _): set.contains(source)
    }
  }

  package func destinationIsIn(_ set: AddressSet) -> Bool {
    switch addresses {
    case .ipv4(_, let destination): set.contains(destination)
    case .ipv6(_, let destination): set.contains(destination)
    }
  }

  /// Whether the packet's protocol, destination port and ICMP type are of a service.
  package func isOf(_ service: ServiceSet) -> Bool { isOf(service, port: destinationPort) }

  /// The same for the port before destination NAT.
  package func wasDialledAs(_ service: ServiceSet) -> Bool {
    isOf(service, port: originalDestinationPort ?? destinationPort)
  }

  private func isOf(_ service: ServiceSet, port: UInt16?) -> Bool {
    let icmp = icmpType.map { UInt16($0) << 8 | UInt16(icmpCode ?? 0) }
    return service.contains(ipProtocol, family: family, port: port, icmp: icmp)
  }
}

extension Packet: CustomStringConvertible {
  /// For example `forward eth1 -> eth0: tcp 192.0.2.1:40000 -> 198.51.100.7:25 (new)`.
  package var description: String {
    let ends: (source: String, destination: String) =
      switch addresses {
      case .ipv4(let source, let destination): (source.description, destination.description)
      case .ipv6(let source, let destination): (source.description, destination.description)
      }
    func end(_ address: String, _ port: UInt16?) -> String {
      guard let port else { return address }
      return family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
    var text = path.rawValue
    if let inputInterface { text += " in \(inputInterface)" }
    if let outputInterface { text += " out \(outputInterface)" }
    text += ": \(protocolName)"
    if let icmpType { text += " type \(icmpType) code \(icmpCode ?? 0)" }
    text += " \(end(ends.source, sourcePort)) -> \(end(ends.destination, destinationPort))"
    var facts = [state.rawValue]
    if hopLimit != 64 { facts.append("hop limit \(hopLimit)") }
    if let originalDestinationPort { facts.append("dialled \(originalDestinationPort)") }
    if let socketUser { facts.append("user \(socketUser)") }
    if !reversePathIsRight { facts.append("wrong reverse path") }
    if limitExceeded { facts.append("over the limit") }
    if isLinkBroadcastOrMulticast { facts.append("link broadcast or multicast") }
    for name in sourceNetworks.sorted() { facts.append("source in \(name)") }
    for name in destinationNetworks.sorted() { facts.append("destination in \(name)") }
    return text + " (" + facts.joined(separator: ", ") + ")"
  }

  private var protocolName: String {
    switch ipProtocol {
    case .tcp: "tcp"
    case .udp: "udp"
    case .icmp: "icmp"
    case .icmpv6: "icmpv6"
    default: "proto/\(ipProtocol.number)"
    }
  }
}
