import CLab
import Foundation
import NetworkTypes
package import PolicyAnalysis

extension PacketLab {
  /// A packet that the lab cannot make.
  package struct Unsupported: Error, CustomStringConvertible {
    package let description: String
  }

  /// Sends every packet through the machine and tells what became of each, in order.
  ///
  /// A packet is made `new`, `untracked` or `invalid` (TCP and UDP) as its `state` says; the answer
  /// holds what conntrack made of it. `socketUser` of an outbound packet is honoured. About 20,000
  /// packets a second; at most 60,000 a call.
  package func verdicts(of packets: [Packet]) throws -> [ObservedVerdict] {
    precondition(packets.count <= 60_000, "the probe's sets hold 65,535 marks")
    return try stayingOnProcessor { try verdictsHere(of: packets) }
  }

  /// So many frames at most are under way at once: a receive queue holds a thousand.
  private static let burst = 128
  /// What a packet gives rise to: by way of the machine to the world, and its answer all the way back.
  private static let hops = 6

  private func verdictsHere(of packets: [Packet]) throws -> [ObservedVerdict] {
    let tables = wiring.interfaces.indices.map { Self.table(of: $0) } + [Self.localTable]
    try machine.run(["nft", "-f", "-"], input: LabProbe.ruleset(tables: tables))
    let shots = try packets.map { packet in
      nextMark += 4
      return try Shot(packet, mark: nextMark, in: self)
    }
    let sniffers = [
      try world.enter { try RefusalSniffer() },
      try machine.enter { try RefusalSniffer(interface: "lo") },
    ]
    let cannons = try world.enter { try wiring.interfaces.map { try Cannon($0) } }

    var seen: [String: Set<UInt32>] = [:]
    var waiting = shots
    // What never arrived is sent again.
    for _ in 0..<5 where !waiting.isEmpty {
      for (count, shot) in waiting.enumerated() {
        switch shot.way {
        case .cable(let index): try cannons[index].fire(shot.bytes)
        case .socket(let key, let address):
          // A refusal at the output hook fails the call as well.
          _ = try sender(key).send(shot.bytes, to: address)
        }
        if count % Self.burst == Self.burst - 1 {
          try fence.pass(hops: Self.hops)
          for sniffer in sniffers { sniffer.drain() }
        }
      }
      try fence.pass(hops: Self.hops)
      seen = try LabProbe.read(
        from: try machine.run(["nft", "-j", "list", "table", "inet", LabProbe.table]))
      let arrived = (seen[LabProbe.injected] ?? []).union(
        seen[LabProbe.arrived(.outbound)] ?? [])
      waiting.removeAll { arrived.contains($0.mark) }
    }
    for sniffer in sniffers { sniffer.drain() }
    let resets = sniffers.flatMapSet(\.resets)
    let prohibitions = sniffers.flatMapSet(\.prohibitions)
    return shots.map { shot in
      var verdict = shot.outcome(seen, resets: resets, prohibitions: prohibitions)
      verdict.isAnswerable = isAnswerable(shot.packet)
      return verdict
    }
  }

  /// The packets about which a policy and the ruleset loaded here disagree.
  package func disagreements(with meaning: PolicyMeaning, about packets: [Packet]) throws
    -> [Disagreement]
  {
    zip(packets, try verdicts(of: packets)).compactMap { packet, observed in
      Disagreement(of: packet, under: meaning, observed: observed)
    }
  }

  /// Whether a refusal can be sent and reach the sender.
  ///
  /// Nobody answers broadcast, multicast, ICMP errors (RFC 1122 §3.2.2) or what is malformed; what
  /// is untracked may meet a closed outbound section on the way back.
  ///
  /// - Parameter byICMP: whether the refusal is one; nil for the policy's own way, which resets TCP.
  package func isAnswerable(_ packet: Packet, byICMP: Bool? = nil) -> Bool {
    let byICMP = byICMP ?? (packet.ipProtocol != .tcp)
    if packet.state != .new || packet.isLinkBroadcastOrMulticast { return false }
    if let type = packet.icmpType {
      // Linux takes every type for an error that it does not know as something else.
      let isQuery =
        packet.family == .ipv4 ? [0, 8, 13, 14, 15, 16, 17, 18].contains(type) : type >= 128
      guard isQuery else { return false }
    }
    switch packet.addresses {
    case .ipv4(let source, let destination):
      // The kernel answers by ICMP only from an address that is really its own.
      if packet.path == .inbound, byICMP, destination != wiring.ipv4 {
        return false
      }
      return source.bits >> 24 != 0 && source.bits < 0xe000_0000
        && destination.bits < 0xe000_0000
    case .ipv6(let source, let destination):
      // The first address of a routed prefix is its routers' anycast address, to which no ICMP error
      // is sent (RFC 4291 §2.6.1, RFC 4443 §2.4 e.6).
      let isAnycast = wiring.routes.contains { route in
        route.prefix.split(separator: "/").first.flatMap { IPv6Address(String($0)) } == source
      }
      if isAnycast, byICMP { return false }
      return source.bits >> 125 == 1 && destination.bits >> 120 != 0xff
    }
  }

  /// A raw socket of the machine, created as a user.
  private func sender(_ key: SenderKey) throws -> LabSocket {
    if let known = senders[key] { return known }
    let socket = try machine.enter {
      try asUser(key.user) {
        try LabSocket(
          key.family == .ipv4 ? AF_INET : AF_INET6, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
      }
    }
    try socket.bind(toInterface: key.interface)
    senders[key] = socket
    return socket
  }
}

/// Runs `body` with the current thread's file-system user id set, which is what the kernel
/// remembers of who created a socket.
func asUser<Result>(_ user: UInt32?, _ body: () throws -> Result) rethrows -> Result {
  guard let user, user != 0 else { return try body() }
  let before = setfsuid(user)
  defer { setfsuid(uid_t(before)) }
  return try body()
}

/// One packet under way.
private struct Shot {
  enum Way {
    /// In by an interface, by its index.
    case cable(Int)
    case socket(PacketLab.SenderKey, SocketAddress)
  }

  let packet: Packet
  let mark: UInt32
  let way: Way
  let bytes: [UInt8]

  init(_ packet: Packet, mark: UInt32, in lab: PacketLab) throws {
    self.packet = packet
    self.mark = mark
    switch packet.state {
    case .new, .untracked, .invalid: break
    case .established, .related:
      throw PacketLab.Unsupported(description: "a connection is needed, not a packet: \(packet)")
    }
    if packet.originalDestinationPort != nil {
      throw PacketLab.Unsupported(description: "the lab has no destination NAT: \(packet)")
    }
    let isForward = packet.path == .forward
    if isForward, packet.hopLimit == 255 {
      throw PacketLab.Unsupported(description: "no forwarded packet has hop limit 255: \(packet)")
    }
    let datagram = FrameBuilder(
      packet: packet, mark: mark, hopLimit: packet.hopLimit + (isForward ? 1 : 0)
    ).datagram()

    if packet.path == .outbound || packet.inputInterface == "lo" {
      let interface = packet.path == .outbound ? packet.outputInterface ?? "lo" : "lo"
      let address =
        switch packet.addresses {
        case .ipv4(_, let destination): SocketAddress(destination, port: 0)
        case .ipv6(_, let destination): SocketAddress(destination, port: 0)
        }
      way = .socket(
        PacketLab.SenderKey(
          family: packet.family, user: packet.socketUser ?? 0, interface: interface), address)
      bytes = datagram
      return
    }
    guard let input = packet.inputInterface,
      let index = lab.wiring.interfaces.firstIndex(of: input)
    else { throw PacketLab.Unsupported(description: "the lab has no such interface: \(packet)") }
    var table = PacketLab.localTable
    if isForward {
      guard
        let output = packet.outputInterface.flatMap({ lab.wiring.interfaces.firstIndex(of: $0) })
      else { throw PacketLab.Unsupported(description: "the lab has no such interface: \(packet)") }
      table = PacketLab.table(of: output)
    }
    way = .cable(index)
    let destination =
      packet.isLinkBroadcastOrMulticast
      ? [UInt8](repeating: 0xff, count: 6) : PacketLab.hardwareAddress(of: index)
    let etherType: [UInt8] = packet.family == .ipv4 ? [0x08, 0x00] : [0x86, 0xdd]
    bytes =
      destination
      + PacketLab.steering(table: table, isUntracked: packet.state == .untracked) + etherType
      + datagram
  }

  func outcome(
    _ seen: [String: Set<UInt32>], resets: Set<UInt32>, prohibitions: Set<UInt32>
  ) -> ObservedVerdict {
    func isIn(_ set: String) -> Bool { seen[set]?.contains(mark) ?? false }
    // An echo reply has the mark of its request, and comes after it: established, or invalid where
    // the request was not tracked.
    let states: [Packet.ConntrackState] = [.new, .untracked, .related, .established, .invalid]
    let state = states.first { isIn(LabProbe.state($0)) }
    if isIn(LabProbe.passed(packet.path)) { return ObservedVerdict(.accepted, state: state) }
    guard isIn(LabProbe.arrived(packet.path)) else {
      // Before conntrack the ruleset may drop; after it only the network can.
      let isDroppedEarly =
        packet.path != .outbound && isIn(LabProbe.injected) && state == nil
      return ObservedVerdict(isDroppedEarly ? .dropped : .notDelivered, state: state)
    }
    if resets.contains(mark) { return ObservedVerdict(.tcpReset, state: state) }
    if prohibitions.contains(mark) { return ObservedVerdict(.icmpReject, state: state) }
    return ObservedVerdict(.dropped, state: state)
  }
}

/// Sends raw frames into a cable from the world's end.
private struct Cannon {
  let socket: LabSocket

  init(_ interface: String) throws {
    // Protocol 0: it hears nothing.
    socket = try LabSocket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
    try socket.bind(
      to: SocketAddress(
        family: AF_PACKET,
        [0, 0] + withUnsafeBytes(of: if_nametoindex(interface)) { Array($0) }
          + [UInt8](repeating: 0, count: 12)))
  }

  func fire(_ frame: [UInt8]) throws {
    for _ in 0..<1000 {
      if socket.send(frame, to: nil) { return }
      guard errno == ENOBUFS || errno == EAGAIN else { break }
      usleep(100)
    }
    throw LabSocket.Failure(call: "send a frame", errno: errno)
  }
}

extension [RefusalSniffer] {
  fileprivate func flatMapSet(_ marks: (RefusalSniffer) -> Set<UInt32>) -> Set<UInt32> {
    reduce(into: Set()) { $0.formUnion(marks($1)) }
  }
}
