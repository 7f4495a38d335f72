import Foundation
import NetworkTypes

/// Hears the refusals that come to the current namespace, and to whose marks they answer.
final class RefusalSniffer {
  private let socket: LabSocket
  /// Marks whose packet was answered by a TCP RST.
  private(set) var resets: Set<UInt32> = []
  /// Marks whose packet was answered by ICMP "administratively prohibited".
  private(set) var prohibitions: Set<UInt32> = []

  /// By one interface, or by all.
  init(interface: String? = nil) throws {
    // SOCK_DGRAM: frames without their link header. ETH_P_ALL, linux/if_ether.h.
    let all = UInt16(3).networkBytes
    socket = try LabSocket(
      AF_PACKET, Int32(SOCK_DGRAM.rawValue), Int32(UInt16(3).bigEndian))
    // SO_RCVBUFFORCE
    try socket.set(SOL_SOCKET, 33, to: 64 << 20)
    let index = interface.map { if_nametoindex($0) } ?? 0
    try socket.bind(
      to: SocketAddress(
        family: AF_PACKET,
        all + withUnsafeBytes(of: index) { Array($0) } + [UInt8](repeating: 0, count: 12)))
    // SOL_PACKET, PACKET_IGNORE_OUTGOING: linux/if_packet.h.
    try socket.set(263, 23, to: 1)
  }

  func drain() {
    // MSG_DONTWAIT
    while let heard = socket.receive(flags: 0x40) { note(heard.bytes) }
  }

  private func note(_ datagram: [UInt8]) {
    guard let outer = Datagram(datagram[...]) else { return }
    let body = outer.body
    switch outer.ipProtocol {
    case .tcp where body.count >= 20 && body[body.startIndex + 13] & 0x04 != 0:
      // A RST acknowledges the number that was sent, and the SYN and the FIN themselves; marks are
      // further apart than that.
      let acknowledged = body.word(at: 8)
      resets.formUnion([acknowledged &- 1, acknowledged &- 2])
    case .icmp where outer.family == .ipv4 && body.starts(with: [3, 13]),
      .icmpv6 where outer.family == .ipv6 && body.starts(with: [1, 1]):
      guard let quoted = Datagram(body.dropFirst(8)) else { return }
      let isByPayload = FrameBuilder.protocolsMarkedByPayload.contains(quoted.ipProtocol)
      prohibitions.insert(quoted.body.word(at: isByPayload ? 8 : 4))
    default: break
    }
  }
}

/// An IP packet taken apart.
private struct Datagram {
  let family: AddressFamily
  let ipProtocol: IPProtocol
  let body: ArraySlice<UInt8>

  init?(_ bytes: ArraySlice<UInt8>) {
    guard let first = bytes.first else { return nil }
    let start = bytes.startIndex
    switch first >> 4 {
    case 4 where bytes.count >= 20:
      family = .ipv4
      ipProtocol = IPProtocol(number: bytes[start + 9])
      body = bytes.dropFirst(Int(first & 15) * 4)
    case 6 where bytes.count >= 40:
      family = .ipv6
      ipProtocol = IPProtocol(number: bytes[start + 6])
      body = bytes.dropFirst(40)
    default: return nil
    }
  }
}

extension ArraySlice<UInt8> {
  /// Four bytes in network order; bytes that are not there are 0.
  fileprivate func word(at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { word, index in
      let position = startIndex + offset + index
      return word << 8 | UInt32(position < endIndex ? self[position] : 0)
    }
  }
}
