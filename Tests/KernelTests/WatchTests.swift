import Compiler
import Deployment
import Diagnostics
import Evidence
import Kernel
import Lowering
import NetworkTypes
import PolicyLanguage
import TestSupport
import Testing

/// What `fwpolicy watch` hears of real packets.
@Suite(.serialized) struct WatchTests {
  private static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    defaults: { log: { to: group 5, rate: 5000/second, burst: 5000 } }
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"] }
    networks:
      pool: [198.51.100.0/24]
    inbound:
      - { name: shell, deny: [ssh, udp/9999], log: { to: group 6 } }
    forward:
      - { name: out, allow: any, from: clients, to: internet }
    smtp-egress:
      clients: [clients, pool]
      allow:
        - { from: 198.51.100.32/28, to: 203.0.113.200, owner: acme, ticket: NET-4211, expires: 2100-01-01 }
    """

  private static let wiring = LabWiring(
    interfaces: ["eth0", "bng1"], routes: [("198.51.100.0/24", "bng1")])

  private struct Watched {
    let lab: PacketLab
    let join: WatchJoin
    let groups: [UInt16]
  }

  private func watched() throws -> Watched {
    let compiled = try CompiledPolicy(Self.policy)
    let lab = try PacketLab(Self.wiring)
    try lab.machine.enter {
      _ = try KernelTransaction().replace(
        table: compiled.lowered.table, transport: try NetlinkSocket())
    }
    let sources = compiled.compilation.sources
    let join = WatchJoin(of: compiled.policy) { span in
      let file = sources[span.file]
      return Evidence.Place(file: file.name, line: file.line(at: Int(span.start)))
    }
    return Watched(lab: lab, join: join, groups: join.sources.groups)
  }

  /// Reads until so many packets came, or for ten seconds.
  private func events(
    _ count: Int, _ subscription: inout LogSubscription, _ socket: borrowing NetlinkSocket
  ) throws -> [LogSubscription.Event] {
    var events: [LogSubscription.Event] = []
    let deadline = ContinuousClock.now + .seconds(10)
    while events.count < count, ContinuousClock.now < deadline {
      _ = socket.wait(milliseconds: 50, watching: 2)
      events += try subscription.read(socket)
    }
    return events
  }

  @Test func blockedPacketsAreToldWithRowRuleAndAddresses() throws {
    let watched = try watched()
    #expect(watched.groups == [5, 6])
    let lines = try watched.lab.machine.enter { () throws -> [String] in
      let socket = try NetlinkSocket()
      var subscription = try LogSubscription(groups: watched.groups, transport: socket)
      let customer = LabEnd.world("198.51.100.33", by: "bng1")
      _ = try watched.lab.connect(from: customer, to: "203.0.113.9", port: 25, server: nil)
      _ = try watched.lab.connect(
        from: .world("203.0.113.9", by: "eth0"), to: "192.0.2.254", port: 22, server: nil)
      var names = InterfaceNames()
      var join = watched.join
      return try events(2, &subscription, socket).compactMap { event in
        guard case .packet(let logged) = event else { return "\(event)" }
        var packet = WatchedPacket(logged, names: &names, received: 0)
        // Both came by an interface, so the kernel knows when.
        #expect(packet.microseconds > 1_700_000_000_000_000)
        packet.microseconds = 0
        packet.headers?.sourcePort = 40000
        return WatchLine.text(join.event(of: packet))
      }
    }
    #expect(
      lines.sorted().reversed().prefix(2) == [
        "1970-01-01T00:00:00.000000Z reject tcp 198.51.100.33:40000 -> 203.0.113.9:25 in bng1 out "
          + "eth0: the gate `smtp-egress` policy.yaml:14; from acme (ticket NET-4211)\n",
        "1970-01-01T00:00:00.000000Z deny tcp 203.0.113.9:40000 -> 192.0.2.254:22 in eth0: rule "
          + "`shell` policy.yaml:11\n",
      ])
  }

  /// A reader that does not read: the kernel drops messages, and every one of them is counted.
  @Test func aFloodOverATinyBufferIsCountedToTheLastMessage() throws {
    let watched = try watched()
    let sent = 600
    let (packets, lost, all, overruns) = try watched.lab.machine.enter {
      () throws -> (Int, Int, Int, Int) in
      let socket = try NetlinkSocket(receiveBuffer: 2048)
      var options = LogSubscription.Options()
      options.threshold = 4
      var subscription = try LogSubscription(groups: [6], options: options, transport: socket)
      let flood = try watched.lab.world.enter { try LabSocket(2, 3, 255) }
      try watched.lab.world.enter { try flood.bind(toInterface: "eth0") }
      for _ in 0..<sent { Self.send(flood) }
      var packets = 0
      var lost = 0
      var overruns = 0
      func count(_ events: [LogSubscription.Event]) {
        for event in events {
          switch event {
          case .packet: packets += 1
          case .lost(let group, let count):
            #expect(group == 6)
            lost += Int(count)
          case .overrun: overruns += 1
          case .unreadable: Issue.record("the kernel's messages can be read")
          }
        }
      }
      // What was lost at the end shows in the numbers of what comes next.
      var all = sent
      let deadline = ContinuousClock.now + .seconds(20)
      while ContinuousClock.now < deadline {
        let before = packets + lost
        _ = socket.wait(milliseconds: 100, watching: 2)
        count(try subscription.read(socket))
        guard packets + lost == before else { continue }
        if all > sent, before == all { break }
        for _ in 0..<4 { Self.send(flood) }
        all += 4
      }
      return (packets, lost, all, overruns)
    }
    #expect(overruns > 0)
    #expect(lost > 0)
    #expect(packets + lost == all)
  }

  /// A datagram to port 9999 of the machine, from a raw socket with a header of its own.
  private static func send(_ socket: LabSocket) {
    // A UDP checksum of 0 is none: RFC 768.
    let packet: [UInt8] =
      [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 203, 0, 113, 77, 192, 0, 2, 254]
      + [0x9c, 0x40, 0x27, 0x0f, 0, 8, 0, 0]
    #expect(
      socket.send(packet, to: SocketAddress(IPv4Address(bits: 0xc000_02fe), port: 0)))
  }

  @Test func aGroupHasOneReader() throws {
    let namespace = try NetworkNamespace()
    try namespace.enter {
      let first = try NetlinkSocket()
      let second = try NetlinkSocket()
      _ = try LogSubscription(groups: [7], transport: first)
      #expect(throws: LogSubscription.Failure.groupTaken(7)) {
        try LogSubscription(groups: [7], transport: second)
      }
    }
  }

  @Test func theConnectionsAndRoutesOfANamespaceAreRead() throws {
    let lab = try PacketLab(Self.wiring)
    try lab.load(
      "table inet t { chain c { type filter hook input priority 0; ct state new accept; }; }")
    try lab.machine.run([
      "ip", "route", "add", "192.0.2.128/25", "nexthop", "dev", "eth0", "nexthop", "dev", "bng1",
    ])
    let server = try lab.serveTCP(at: .machine(), port: 22)
    let dialled = try lab.dial(
      from: .world("203.0.113.9", by: "eth0"), to: "192.0.2.254", port: 22, server: server)
    #expect(dialled.outcome == .answered)
    try lab.machine.enter {
      let socket = try NetlinkSocket()
      let entries = try Conntrack.entries(socket).filter { $0.original.destinationPort == 22 }
      #expect(entries.map(\.original.addresses.ends.source) == ["203.0.113.9"])
      #expect(entries.map(\.tcpState) == [3])
      #expect(try Conntrack.delete(entries, socket) == [.deleted])
      #expect(try Conntrack.delete(entries, socket) == [.gone])
      let routes = try NetlinkSocket(.route)
      let names = { (route: Route?) in
        (route?.interfaces ?? []).map { index in
          var names = InterfaceNames()
          return names[index] ?? "?"
        }
      }
      let own = try RouteLookup.route(to: IPv4Address(bits: 0xc000_02fe), routes)
      #expect(own?.isLocal == true)
      let client = try RouteLookup.route(to: IPv4Address(bits: 0xc633_6407), routes)
      #expect(client?.isLocal == false)
      #expect(names(client) == ["bng1"])
      let both = try RouteLookup.route(to: IPv4Address(bits: 0xc000_0281), routes)
      #expect(names(both).sorted() == ["bng1", "eth0"])
    }
  }
}
