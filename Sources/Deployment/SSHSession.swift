import Kernel
import NetworkTypes
package import PolicyAnalysis
package import PolicyLanguage

/// The SSH session that an operator may be sitting in, as sshd describes it in `SSH_CONNECTION`.
package struct SSHSession: Hashable, Sendable {
  /// The operator's end and this machine's, always of one family.
  package var addresses: Packet.Addresses
  package var peerPort: UInt16
  package var localPort: UInt16

  /// Reads `PEER PEER-PORT LOCAL LOCAL-PORT`; nil where the text is anything else.
  ///
  /// sshd(8) writes an IPv4 peer of a dual-stack socket as IPv4. A zone id behind an IPv6 address
  /// (`fe80::1%eth0`) is taken off.
  package init?(environment: String) {
    let parts = environment.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 4, let peerPort = UInt16(parts[1]), let localPort = UInt16(parts[3])
    else { return nil }
    let peer = String(parts[0].prefix { $0 != "%" })
    let local = String(parts[2].prefix { $0 != "%" })
    if let source = IPv4Address(peer), let destination = IPv4Address(local) {
      addresses = .ipv4(source: source, destination: destination)
    } else if let source = IPv6Address(peer), let destination = IPv6Address(local) {
      addresses = .ipv6(source: source, destination: destination)
    } else {
      return nil
    }
    self.peerPort = peerPort
    self.localPort = localPort
  }

  /// What a policy would do with a new connection like this session, coming in by an interface.
  ///
  /// - Parameters:
  ///   - interface: nil for an interface of no zone.
  ///   - time: now; rules may have expired.
  package func decision(
    of policy: ResolvedPolicy, inputInterface interface: String?, at time: Timestamp
  ) -> Decision {
    var packet = Packet(
      path: .inbound, inputInterface: interface, addresses: addresses, ipProtocol: .tcp)
    packet.sourcePort = peerPort
    packet.destinationPort = localPort
    packet.time = time
    return PolicyMeaning(of: policy).decide(packet)
  }
}

extension SSHSession: CustomStringConvertible {
  /// The operator's address.
  var peer: String {
    switch addresses {
    case .ipv4(source: let peer, destination: _): peer.description
    case .ipv6(source: let peer, destination: _): peer.description
    }
  }

  /// The interface that the operator's packets are expected to come in by: the one that answers leave
  /// by; nil where the kernel does not say.
  var expectedInterface: String? {
    switch addresses {
    case .ipv4(let peer, _): return RouteQuery.outputInterface(to: peer)
    case .ipv6(let peer, _): return RouteQuery.outputInterface(to: peer)
    }
  }

  /// For example `192.0.2.1 to 198.51.100.7 port 22`.
  package var description: String {
    let local =
      switch addresses {
      case .ipv4(source: _, destination: let local): local.description
      case .ipv6(source: _, destination: let local): local.description
      }
    return "\(peer) to \(local) port \(localPort)"
  }
}
