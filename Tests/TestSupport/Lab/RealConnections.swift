import Foundation
package import NetworkTypes

/// One end of an exchange in a `PacketLab`: who speaks, from where.
package enum LabEnd: Sendable {
  /// The machine, as a user; the socket's address is the kernel's choice.
  case machine(user: UInt32 = 0)
  /// Somebody out there behind an interface of the machine, at any address.
  case world(String, by: String)
}

/// What became of an attempt to reach somebody.
package enum LabOutcome: String, Hashable, Sendable {
  /// TCP: the connection stands and carried bytes both ways. UDP and ICMP: the answer came.
  case answered
  /// A TCP RST came, or ICMP "port unreachable" for UDP.
  case refused
  /// ICMP said so: "administratively prohibited" or no route.
  case unreachable
  /// Nothing came back in time.
  case silence
}

/// A port where the lab answers; it closes with the value.
package final class LabServer {
  package let socket: LabSocket
  let port: UInt16

  init(socket: LabSocket, port: UInt16) {
    self.socket = socket
    self.port = port
  }
}

/// Real clients and servers with plain sockets: for what hangs on connections, as conntrack does.
///
/// The machine answers at its own addresses, the world at the address of its end. Each call that takes
/// `within` waits as long for an answer, and then for everything that is still under way: a busy machine
/// is not taken for a silent one.
extension PacketLab {
  /// Hops of a TCP connection that is made through the machine, and of its first byte.
  private static let hops = 10
  /// Milliseconds that are waited for an answer before what is under way is.
  package static let leastPatience: Int32 = 60

  /// Whether an event comes to a socket, before everything that is under way has arrived.
  private func waitFor(
    _ events: Int32, of socket: LabSocket, atLeast milliseconds: Int32
  ) throws -> Bool {
    if socket.waitFor(Int16(events), milliseconds: milliseconds) { return true }
    try fence.pass(hops: Self.hops)
    return socket.waitFor(Int16(events), milliseconds: 0)
  }

  /// Listens on TCP.
  package func serveTCP(at end: LabEnd, port: UInt16, family: AddressFamily = .ipv4) throws
    -> LabServer
  {
    let socket = try open(end, family, Int32(SOCK_STREAM.rawValue), port: port)
    guard listen(socket.descriptor, 16) == 0 else {
      throw LabSocket.Failure(call: "listen", errno: errno)
    }
    return LabServer(socket: socket, port: port)
  }

  /// Waits for UDP.
  package func serveUDP(at end: LabEnd, port: UInt16, family: AddressFamily = .ipv4) throws
    -> LabServer
  {
    let socket = try open(end, family, Int32(SOCK_DGRAM.rawValue), port: port)
    return LabServer(socket: socket, port: port)
  }

  /// Opens a TCP connection to a server, or to a port where nobody listens, and has a byte
  /// answered.
  package func connect(
    from end: LabEnd, to destination: String, port: UInt16, server: LabServer?,
    within milliseconds: Int32 = PacketLab.leastPatience
  ) throws -> LabOutcome {
    try dial(from: end, to: destination, port: port, server: server, within: milliseconds).outcome
  }

  /// The same, and the connection stays open as long as the value lives.
  package func dial(
    from end: LabEnd, to destination: String, port: UInt16, server: LabServer?,
    within milliseconds: Int32 = PacketLab.leastPatience
  ) throws -> (outcome: LabOutcome, connection: LabConnection?) {
    try stayingOnProcessor {
      try dialHere(from: end, to: destination, port: port, server: server, within: milliseconds)
    }
  }

  private func dialHere(
    from end: LabEnd, to destination: String, port: UInt16, server: LabServer?,
    within milliseconds: Int32
  ) throws -> (outcome: LabOutcome, connection: LabConnection?) {
    let (address, family) = try Self.address(destination, port: port)
    let client = try open(end, family, Int32(SOCK_STREAM.rawValue), port: 0)
    let result = address.withSockaddr { Foundation.connect(client.descriptor, $0, $1) }
    if result != 0 {
      guard errno == EINPROGRESS else { return (Self.outcome(of: errno), nil) }
      guard try waitFor(POLLOUT, of: client, atLeast: milliseconds) else {
        return (.silence, nil)
      }
      let error = client.pendingError
      if error != 0 { return (Self.outcome(of: error), nil) }
    }
    guard let server, try waitFor(POLLIN, of: server.socket, atLeast: milliseconds) else {
      return (.silence, nil)
    }
    let accepted = accept(server.socket.descriptor, nil, nil)
    guard accepted >= 0 else { throw LabSocket.Failure(call: "accept", errno: errno) }
    let connection = LabConnection(client: client, server: LabSocket(adopting: accepted))
    return (connection.exchange(), connection)
  }

  /// Sends a datagram; the server answers it.
  package func exchangeUDP(
    from end: LabEnd, to destination: String, port: UInt16, server: LabServer?,
    within milliseconds: Int32 = PacketLab.leastPatience
  ) throws -> LabOutcome {
    try stayingOnProcessor {
      try exchangeUDPHere(
        from: end, to: destination, port: port, server: server, within: milliseconds)
    }
  }

  private func exchangeUDPHere(
    from end: LabEnd, to destination: String, port: UInt16, server: LabServer?,
    within milliseconds: Int32
  ) throws -> LabOutcome {
    let (address, family) = try Self.address(destination, port: port)
    let client = try open(end, family, Int32(SOCK_DGRAM.rawValue), port: 0)
    // A connected socket is told of ICMP errors.
    let connected = address.withSockaddr { Foundation.connect(client.descriptor, $0, $1) }
    guard connected == 0, client.send([1], to: nil) else { return Self.outcome(of: errno) }
    if let server, try waitFor(POLLIN, of: server.socket, atLeast: milliseconds),
      let request = server.socket.receive()
    {
      guard server.socket.send([2], to: request.from) else { return .silence }
    }
    _ = try waitFor(POLLIN, of: client, atLeast: milliseconds)
    return client.receive() != nil ? .answered : Self.outcome(of: errno)
  }

  /// An ICMP echo request; the kernel at the other end answers it.
  package func ping(
    from end: LabEnd, to destination: String, within milliseconds: Int32 = PacketLab.leastPatience
  )
    throws -> LabOutcome
  {
    try stayingOnProcessor { try pingHere(from: end, to: destination, within: milliseconds) }
  }

  private func pingHere(
    from end: LabEnd, to destination: String, within milliseconds: Int32
  ) throws -> LabOutcome {
    let (address, family) = try Self.address(destination, port: 0)
    let client = try open(
      end, family, Int32(SOCK_RAW.rawValue), port: 0,
      protocolNumber: Int32(family == .ipv4 ? 1 : 58))
    nextMark += 4
    let mark = nextMark.networkBytes
    var request = [family == .ipv4 ? 8 : 128, 0, 0, 0] + mark
    if family == .ipv4 {
      // ICMPv6 sums over a pseudo-header, which the kernel fills in.
      request.replaceSubrange(2..<4, with: FrameBuilder.checksum(request).networkBytes)
    }
    guard client.send(request, to: address) else { return Self.outcome(of: errno) }
    for _ in 0..<64 {
      guard try waitFor(POLLIN, of: client, atLeast: milliseconds),
        let heard = client.receive()
      else { return .silence }
      // IPv4 hands over the header as well.
      let body =
        family == .ipv4
        ? heard.bytes.dropFirst(Int((heard.bytes.first ?? 0) & 15) * 4) : heard.bytes[...]
      if body.first == (family == .ipv4 ? 0 : 129), body.dropFirst(4).starts(with: mark) {
        return .answered
      }
      let isUnreachable = body.first == (family == .ipv4 ? 3 : 1)
      if isUnreachable, body.suffix(4).elementsEqual(mark) { return .unreachable }
    }
    return .silence
  }

  // MARK: Sockets

  private func open(
    _ end: LabEnd, _ family: AddressFamily, _ type: Int32, port: UInt16,
    protocolNumber: Int32 = 0
  ) throws -> LabSocket {
    let domain = family == .ipv4 ? AF_INET : AF_INET6
    // SOCK_NONBLOCK
    let type = type | 0o4000
    let socket: LabSocket
    var source = family == .ipv4 ? "0.0.0.0" : "::"
    switch end {
    case .machine(let user):
      socket = try machine.enter {
        try asUser(user) { try LabSocket(domain, type, protocolNumber) }
      }
    case .world(let address, let interface):
      socket = try world.enter { try LabSocket(domain, type, protocolNumber) }
      try socket.bind(toInterface: interface)
      // IP_TRANSPARENT, IPV6_TRANSPARENT: any address is good enough for the world.
      if family == .ipv4 { try socket.set(0, 19, to: 1) } else { try socket.set(41, 75, to: 1) }
      source = address
    }
    try socket.set(SOL_SOCKET, SO_REUSEADDR, to: 1)
    // IPV6_V6ONLY
    if family == .ipv6, protocolNumber == 0 { try socket.set(41, 26, to: 1) }
    try socket.bind(to: try Self.address(source, port: port).address)
    return socket
  }

  private static func address(_ text: String, port: UInt16) throws -> (
    address: SocketAddress, family: AddressFamily
  ) {
    if let ipv4 = IPv4Address(text) { return (SocketAddress(ipv4, port: port), .ipv4) }
    if let ipv6 = IPv6Address(text) { return (SocketAddress(ipv6, port: port), .ipv6) }
    throw Unsupported(description: "\(text) is no address")
  }

  private static func outcome(of error: Int32) -> LabOutcome {
    switch error {
    case ECONNREFUSED, ECONNRESET: .refused
    // ICMPv6 "administratively prohibited" is EACCES; EPERM is a drop at our own output hook.
    case EHOSTUNREACH, ENETUNREACH, EACCES: .unreachable
    default: .silence
    }
  }
}

/// Both ends of a connection that stands.
package final class LabConnection {
  package let client: LabSocket
  package let server: LabSocket
  private var turn: UInt8 = 0

  init(client: LabSocket, server: LabSocket) {
    self.client = client
    self.server = server
  }

  /// Exchanges a byte each way.
  ///
  /// Each exchange has a byte of its own: what an earlier one lost comes again later, alone or
  /// together with this one's, and is not taken for it.
  ///
  /// The wait is long enough for TCP's third repetition; whoever expects silence gives a shorter one.
  package func exchange(within milliseconds: Int32 = 4000) -> LabOutcome {
    turn &+= 1
    return hand(turn, from: client, to: server, within: milliseconds)
      && hand(turn, from: server, to: client, within: milliseconds) ? .answered : .silence
  }

  /// The server sends a byte that nobody asked for; whether it arrives.
  package func speaks(within milliseconds: Int32 = 4000) -> Bool {
    turn &+= 1
    return hand(turn, from: server, to: client, within: milliseconds)
  }

  private func hand(
    _ byte: UInt8, from sender: LabSocket, to receiver: LabSocket, within milliseconds: Int32
  ) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(Int(milliseconds))
    // MSG_NOSIGNAL
    guard sender.send([byte], to: nil, flags: 0x4000) else { return false }
    while ContinuousClock.now < deadline {
      guard let bytes = receiver.receive(within: milliseconds)?.bytes, !bytes.isEmpty else {
        return false
      }
      if bytes.last == byte { return true }
    }
    return false
  }
}

extension PacketLab {
  /// Sends one datagram of any size and tells how much of it the server got; nil if nothing came.
  package func sendUDP(
    _ bytes: [UInt8], from end: LabEnd, to destination: String, port: UInt16, server: LabServer,
    within milliseconds: Int32 = PacketLab.leastPatience
  ) throws -> Int? {
    let (address, family) = try Self.address(destination, port: port)
    let client = try open(end, family, Int32(SOCK_DGRAM.rawValue), port: 0)
    return try stayingOnProcessor {
      guard client.send(bytes, to: address),
        try waitFor(POLLIN, of: server.socket, atLeast: milliseconds)
      else { return nil }
      return server.socket.receive()?.bytes.count
    }
  }
}
