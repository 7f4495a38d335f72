package import Kernel
package import NetworkTypes

/// The open connections that addresses have, whoever began them.
package enum AddressConnections {
  /// Those of which an address is the source of either direction, so before or after NAT; TCP that is
  /// over and connections in a conntrack zone of their own are left out.
  ///
  /// Linear in the entries of conntrack.
  package static func open(
    of addresses: AddressSet, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [ConntrackEntry] {
    try Conntrack.entries(transport).filter { entry in
      guard entry.zone == nil, !entry.isFinished else { return false }
      return [entry.original, entry.reply].contains { tuple in
        switch tuple.addresses {
        case .ipv4(let source, _): addresses.contains(source)
        case .ipv6(let source, _): addresses.contains(source)
        }
      }
    }
  }

  /// Ends them: the next packet of either end is a new one, and meets the ruleset as such.
  ///
  /// - Returns: how many were ended; the others had ended by themselves, or the kernel refused.
  package static func end(
    _ entries: [ConntrackEntry], _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Int {
    try Conntrack.delete(entries, transport).count { $0 == .deleted }
  }
}
