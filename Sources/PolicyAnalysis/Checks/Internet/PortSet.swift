package import NetworkTypes

/// Destination ports of TCP and UDP.
package struct PortSet: Hashable, Sendable {
  package var tcp: IntervalSet<UInt16>
  package var udp: IntervalSet<UInt16>

  package init(
    tcp: IntervalSet<UInt16> = IntervalSet(), udp: IntervalSet<UInt16> = IntervalSet()
  ) {
    self.tcp = tcp
    self.udp = udp
  }

  package init(tcp: [UInt16] = [], udp: [UInt16] = []) {
    self.init(
      tcp: IntervalSet(tcp.map { .init($0, $0) }), udp: IntervalSet(udp.map { .init($0, $0) }))
  }

  /// The ports of a service.
  package init(of service: ServiceSet) {
    func ports(_ ipProtocol: IPProtocol) -> IntervalSet<UInt16> {
      service.protocols.contains(ipProtocol.number)
        ? .all : service.ports[ipProtocol] ?? IntervalSet()
    }
    self.init(tcp: ports(.tcp), udp: ports(.udp))
  }

  package var isEmpty: Bool { tcp.isEmpty && udp.isEmpty }

  package var service: ServiceSet { ServiceSet(ports: [.tcp: tcp, .udp: udp]) }

  package func intersection(_ other: PortSet) -> PortSet {
    PortSet(tcp: tcp.intersection(other.tcp), udp: udp.intersection(other.udp))
  }

  package func union(_ other: PortSet) -> PortSet {
    PortSet(tcp: tcp.union(other.tcp), udp: udp.union(other.udp))
  }

  package func subtracting(_ other: PortSet) -> PortSet {
    PortSet(tcp: tcp.subtracting(other.tcp), udp: udp.subtracting(other.udp))
  }

  /// `TCP 22 and 5900–5999, UDP 623`.
  package var words: String {
    [("TCP", tcp), ("UDP", udp)].filter { !$0.1.isEmpty }.map { name, ports in
      let all = ports.intervals
      var parts = all.prefix(6).map {
        $0.lower == $0.upper ? "\($0.lower)" : "\($0.lower)–\($0.upper)"
      }
      if all.count > 6 { parts.append("\(all.count - 6) more") }
      let last = parts.popLast() ?? ""
      return "\(name) " + (parts.isEmpty ? last : parts.joined(separator: ", ") + " and " + last)
    }.joined(separator: ", ")
  }

  /// As a rule has it: `tcp/3128` or `[tcp/22, udp/623]`.
  package var ruleText: String {
    let terms = [("tcp", tcp), ("udp", udp)].flatMap { name, ports in
      ports.intervals.map {
        $0.lower == $0.upper ? "\(name)/\($0.lower)" : "\(name)/\($0.lower)-\($0.upper)"
      }
    }
    return terms.count == 1 ? terms[0] : "[" + terms.joined(separator: ", ") + "]"
  }
}
