import Foundation

/// Hears one NFLOG group of a namespace: what `log group N` sends to user space.
///
/// The kernel's own log is silent outside the first namespace, so tests of logging use groups. Must
/// be made before the packets are sent. Numbers are those of linux/netfilter/nfnetlink_log.h.
package final class LogListener {
  /// One logged packet.
  package struct Message: Hashable, Sendable {
    package var prefix: String
    /// From the network header on.
    package var packet: [UInt8]
  }

  private let socket: LabSocket

  package init(group: UInt16, in namespace: NetworkNamespace) throws {
    // AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER
    socket = try namespace.enter { try LabSocket(16, Int32(SOCK_RAW.rawValue), 12) }
    try socket.set(SOL_SOCKET, 33, to: 16 << 20)
    try socket.bind(to: SocketAddress(family: 16, [UInt8](repeating: 0, count: 10)))
    // NFULA_CFG_CMD: NFULNL_CFG_CMD_BIND
    try configure(group, attribute: 1, [1])
    // NFULA_CFG_MODE: the whole packet, NFULNL_COPY_PACKET
    try configure(group, attribute: 2, UInt32(0xffff).networkBytes + [2, 0])
    // NFULA_CFG_QTHRESH: every packet at once
    try configure(group, attribute: 5, UInt32(1).networkBytes)
  }

  /// Milliseconds that an expected message may take.
  package static let patience: Int32 = 5000

  /// What was logged since the last call, waiting for the first message.
  ///
  /// Who expects none does not wait: the kernel hands over what it logs while it decides.
  package func messages(within milliseconds: Int32 = patience) -> [Message] {
    var result: [Message] = []
    var patience = milliseconds
    while let datagram = socket.receive(within: patience) {
      for message in Self.split(datagram.bytes[...]) where message.type == 0x0400 {
        result.append(Self.read(message.payload))
      }
      patience = 20
    }
    return result
  }

  package func prefixes(within milliseconds: Int32 = patience) -> [String] {
    messages(within: milliseconds).map(\.prefix)
  }

  private func configure(_ group: UInt16, attribute: UInt16, _ value: [UInt8]) throws {
    let payload = Self.attribute(attribute, value)
    // NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG; NLM_F_REQUEST and NLM_F_ACK; then a nfgenmsg.
    let message: [UInt8] =
      Self.host(UInt32(20 + payload.count)) + Self.host(UInt16(0x0401)) + Self.host(UInt16(5))
      + Self.host(UInt32(1)) + Self.host(UInt32(0)) + [0, 0] + group.networkBytes + payload
    guard socket.send(message, to: nil) else {
      throw LabSocket.Failure(call: "configure nfnetlink_log", errno: errno)
    }
    guard let answer = socket.receive(within: 1000)?.bytes, answer.count >= 20 else {
      throw LabSocket.Failure(call: "answer of nfnetlink_log", errno: errno)
    }
    let error = Int32(bitPattern: Self.number(answer[16..<20]))
    if error != 0 { throw LabSocket.Failure(call: "configure nfnetlink_log", errno: -error) }
  }

  // MARK: Netlink

  private static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
    let padding = (4 - value.count % 4) % 4
    return host(UInt16(4 + value.count)) + host(type) + value
      + [UInt8](repeating: 0, count: padding)
  }

  private static func read(_ payload: ArraySlice<UInt8>) -> Message {
    var message = Message(prefix: "", packet: [])
    var rest = payload.dropFirst(4)
    while rest.count >= 4 {
      let length = Int(number(rest.prefix(2)))
      guard length >= 4, length <= rest.count else { break }
      let value = rest.prefix(length).dropFirst(4)
      switch number(rest.dropFirst(2).prefix(2)) {
      case 9: message.packet = Array(value)
      case 10: message.prefix = String(decoding: value.prefix { $0 != 0 }, as: UTF8.self)
      default: break
      }
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return message
  }

  private static func split(_ bytes: ArraySlice<UInt8>) -> [(
    type: UInt32, payload: ArraySlice<UInt8>
  )] {
    var result: [(type: UInt32, payload: ArraySlice<UInt8>)] = []
    var rest = bytes
    while rest.count >= 16 {
      let length = Int(number(rest.prefix(4)))
      guard length >= 16, length <= rest.count else { break }
      result.append((number(rest.dropFirst(4).prefix(2)), rest.prefix(length).dropFirst(16)))
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return result
  }

  /// Host byte order, up to four bytes.
  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * $1.offset) }
  }

  private static func host(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
