package import NetworkTypes

/// How the machine of a `PacketLab` is connected: its interfaces, its addresses and its routes.
package struct LabWiring: Sendable {
  /// Names; each is a cable to the world.
  package var interfaces: [String]
  /// The machine's own addresses, on `lo`, so that every interface reaches them.
  package var ipv4: IPv4Address
  package var ipv6: IPv6Address
  /// Where the machine sends what it answers, and so which reverse paths are right: a prefix as
  /// text and an interface.
  ///
  /// What no route holds goes out by `interfaces[0]`.
  package var routes: [(prefix: String, interface: String)]

  /// The addresses are in the documentation ranges, ending in 254, unless given.
  package init(
    interfaces: [String], ipv4: IPv4Address = IPv4Address(bits: 0xC000_02FE),
    ipv6: IPv6Address = IPv6Address(bits: 0x2001_0db8_00fe_0000_0000_0000_0000_00fe),
    routes: [(prefix: String, interface: String)] = []
  ) {
    precondition(!interfaces.isEmpty && interfaces.count < 200, "1 to 199 interfaces")
    self.interfaces = interfaces
    self.ipv4 = ipv4
    self.ipv6 = ipv6
    self.routes = routes
  }
}
