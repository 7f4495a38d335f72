import Foundation
import NetworkTypes
package import PolicyAnalysis

/// A machine and its world, each a namespace of its own, and a cable between them for every
/// interface.
///
/// What the world sends can have any source, and goes wherever its packet says: to the machine or
/// out by any interface, whatever its destination address, because the frame's own source address
/// picks the routing table. So the lab needs no knowledge of the policy under test. Takes about
/// 100 ms to build.
package final class PacketLab {
  package let wiring: LabWiring
  package let machine: NetworkNamespace
  package let world: NetworkNamespace
  let fence: Fence
  /// The last mark; each packet of a lab has its own, four apart, so that a number beside it is
  /// nobody's.
  var nextMark: UInt32 = 0x4c00_0000
  /// Raw sockets of the machine by family, user and interface.
  var senders: [SenderKey: LabSocket] = [:]

  struct SenderKey: Hashable {
    var family: AddressFamily
    var user: UInt32
    var interface: String
  }

  package init(_ wiring: LabWiring) throws {
    self.wiring = wiring
    machine = try NetworkNamespace()
    world = try NetworkNamespace()
    try machine.enter { try Self.prepareKernel(isMachine: true) }
    try world.enter { try Self.prepareKernel(isMachine: false) }
    try machine.run(["ip", "-batch", "-"], input: Self.cables(wiring, to: world))
    try world.run(["ip", "-batch", "-"], input: Self.worldEnds(wiring))
    for family in ["-4", "-6"] {
      try machine.run(["ip", family, "-batch", "-"], input: Self.machineRoutes(family, wiring))
      try world.run(["ip", family, "-batch", "-"], input: Self.worldRoutes(wiring))
    }
    fence = try Fence(wiring.interfaces, machine: machine, world: world)
  }

  /// Loads a ruleset into the machine with `nft -f`.
  package func load(_ ruleset: String) throws {
    try machine.run(["nft", "-f", "-"], input: ruleset)
  }

  /// The same packets with `reversePathIsRight` as the machine's routes have it.
  ///
  /// `ip route get` asks the kernel itself, once for each source.
  package func withReversePaths(_ packets: [Packet]) throws -> [Packet] {
    var interfaces: [String: String] = [:]
    for (family, wanted) in [("-4", AddressFamily.ipv4), ("-6", .ipv6)] {
      let sources = Set(packets.filter { $0.family == wanted }.map(\.sourceText)).sorted()
      // Where one source cannot be routed the others still are.
      let outcome = try machine.attempt(
        ["ip", family, "-o", "-force", "-batch", "-"],
        input: sources.map { "route get \($0)\n" }.joined())
      for line in outcome.output.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let device = words.firstIndex(of: "dev"), words.indices.contains(device + 1),
          let first = words.first
        else { continue }
        // `local 192.0.2.254 dev lo …`: no route back, for the source is the machine itself.
        if family == "-4" || first.contains(":") { interfaces["\(first)"] = "\(words[device + 1])" }
      }
    }
    return packets.map { packet in
      var packet = packet
      let source = packet.sourceText
      packet.reversePathIsRight =
        packet.path == .outbound || packet.isFromNobodyYet || packet.isFromLinkLocal
        || interfaces[source] == packet.inputInterface
      return packet
    }
  }

  // MARK: Construction

  /// The routing table of an interface, and the packet mark that leads to it.
  static func table(of index: Int) -> Int { 1000 + index }
  static let localTable = 999

  /// Settings must stand before the interfaces come, which inherit them.
  private static func prepareKernel(isMachine: Bool) throws {
    for scope in ["all", "default"] {
      let ipv4 = "ipv4/conf/\(scope)/"
      try setting(ipv4 + "forwarding", isMachine ? "1" : "0")
      try setting(ipv4 + "rp_filter", "0")
      try setting(ipv4 + "accept_local", "1")
      try setting(ipv4 + "accept_redirects", "0")
      try setting(ipv4 + "send_redirects", "0")
      let ipv6 = "ipv6/conf/\(scope)/"
      try setting(ipv6 + "forwarding", isMachine ? "1" : "0")
      try setting(ipv6 + "accept_dad", "0")
      try setting(ipv6 + "dad_transmits", "0")
      try setting(ipv6 + "accept_ra", "0")
      try setting(ipv6 + "accept_redirects", "0")
      try setting(ipv6 + "router_solicitations", "0")
    }
    // Every refusal must be heard.
    try setting("ipv4/icmp_ratemask", "0")
    try setting("ipv6/icmp/ratelimit", "0")
    for (name, value) in [
      ("ipv4/icmp_msgs_per_sec", "1000000"), ("ipv4/icmp_msgs_burst", "100000"),
    ] {
      // Not a namespace's own on older kernels.
      try? setting(name, value)
    }
  }

  private static func setting(_ name: String, _ value: String) throws {
    try Data(value.utf8).write(to: URL(fileURLWithPath: "/proc/sys/net/" + name))
  }

  /// Both ends of a cable have one hardware address and need no neighbour discovery, so any address
  /// is a neighbour by any of them.
  private static func cables(_ wiring: LabWiring, to world: NetworkNamespace) -> String {
    var lines: [String] = []
    for (index, name) in wiring.interfaces.enumerated() {
      let hardware = Self.text(ofHardware: Self.hardwareAddress(of: index))
      lines.append(
        "link add name \(name) address \(hardware) type veth"
          + " peer name \(name) address \(hardware) netns \(world.name)")
      lines.append("link set dev \(name) arp off up")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func worldEnds(_ wiring: LabWiring) -> String {
    wiring.interfaces.map { "link set dev \($0) arp off up\n" }.joined()
  }

  private static func machineRoutes(_ family: String, _ wiring: LabWiring) -> String {
    var lines = [
      family == "-4" ? "addr add \(wiring.ipv4)/32 dev lo" : "addr add \(wiring.ipv6)/128 dev lo"
    ]
    for (index, name) in wiring.interfaces.enumerated() {
      let table = Self.table(of: index)
      lines.append("route add default dev \(name) table \(table)")
      // By mark what is injected, by interface what a bound socket sends.
      lines.append("rule add fwmark \(table) lookup \(table) pref \(table)")
      lines.append("rule add oif \(name) lookup \(table) pref \(table)")
    }
    lines.append("route add local default dev lo table \(Self.localTable)")
    lines.append("rule add fwmark \(Self.localTable) lookup \(Self.localTable) pref 900")
    lines.append("route add default dev \(wiring.interfaces[0])")
    for route in wiring.routes where route.prefix.contains(":") == (family == "-6") {
      lines.append("route replace \(route.prefix) dev \(route.interface)")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Takes the machine's rules of routing by mark and by bound socket away: it routes as most machines
  /// do, and nothing can be injected any more.
  package func routeByMainTable() throws {
    for family in ["-4", "-6"] {
      try machine.run(["ip", family, "rule", "flush"])
      try machine.run(["ip", family, "rule", "add", "lookup", "main", "pref", "32766"])
    }
  }

  /// In the world every address is at home on every cable.
  ///
  /// What leaves asks the main table before the local one, which holds everything: the kernel
  /// answers only from addresses that it finds there.
  private static func worldRoutes(_ wiring: LabWiring) -> String {
    var lines: [String] = []
    for (index, name) in wiring.interfaces.enumerated() {
      let table = Self.table(of: index)
      lines.append("route add default dev \(name) table \(table)")
      lines.append("rule add oif \(name) lookup \(table) pref \(table)")
      lines.append("rule add iif \(name) lookup local pref \(table)")
    }
    lines.append("route add default dev \(wiring.interfaces[0])")
    lines.append("route add local default dev lo table local")
    lines.append("rule add lookup main pref 31000")
    lines.append("rule add lookup local pref 32000")
    lines.append("rule del pref 0")
    return lines.map { $0 + "\n" }.joined()
  }

  // MARK: Hardware addresses

  static func hardwareAddress(of index: Int) -> [UInt8] {
    [0x02, 0xab, 0, 0, 0, UInt8(truncatingIfNeeded: index)]
  }

  /// The source of an injected frame, which tells the machine what to do with it.
  static func steering(table: Int, isUntracked: Bool) -> [UInt8] {
    [
      0x02, 0xfe, isUntracked ? 1 : 0, 0, UInt8(truncatingIfNeeded: table >> 8),
      UInt8(truncatingIfNeeded: table),
    ]
  }

  static func text(ofHardware address: [UInt8]) -> String {
    address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}

extension Packet {
  fileprivate var sourceText: String {
    switch addresses {
    case .ipv4(let source, _): source.description
    case .ipv6(let source, _): source.description
    }
  }
}

extension Packet {
  /// Whether it comes from the unspecified address in a way that the kernel never calls wrong.
  ///
  /// That is anything from 0.0.0.0, and ICMPv6 from `::` to a link-local or multicast address
  /// (net/ipv4/netfilter/nft_fib_ipv4.c, net/ipv6/netfilter/nft_fib_ipv6.c).
  fileprivate var isFromNobodyYet: Bool {
    switch addresses {
    case .ipv4(let source, _): source.bits == 0
    case .ipv6(let source, let destination):
      source.bits == 0 && ipProtocol == .icmpv6
        && (destination.bits >> 120 == 0xff || destination.bits >> 118 == 0xfe80 >> 6)
    }
  }

  /// Whether it comes from a link-local address, whose route is each interface's own (the kernel asks
  /// with that interface: net/ipv6/netfilter/nft_fib_ipv6.c).
  fileprivate var isFromLinkLocal: Bool {
    if case .ipv6(let source, _) = addresses { source.bits >> 118 == 0xfe80 >> 6 } else { false }
  }
}
