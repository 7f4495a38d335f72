import NetworkTypes
import PolicyAnalysis

/// The bytes of a packet, with its mark where the probe looks for it.
struct FrameBuilder {
  let packet: Packet
  let mark: UInt32
  /// In forward the hook sees one hop less than the sender wrote.
  let hopLimit: UInt8

  /// The mark is at bit 64 of the transport header for these, at bit 32 for all others.
  static let protocolsMarkedByPayload: [IPProtocol] = [.udp, .udplite]

  /// An IP packet.
  func datagram() -> [UInt8] {
    let body = transport()
    switch packet.addresses {
    case .ipv4(let source, let destination):
      var header: [UInt8] = [0x45, 0]
      header += UInt16(20 + body.count).networkBytes
      // "Don't fragment", so that the identification may be zero.
      header += [0, 0, 0x40, 0, hopLimit, packet.ipProtocol.number, 0, 0]
      header += source.bits.networkBytes + destination.bits.networkBytes
      header.replaceSubrange(10..<12, with: Self.checksum(header).networkBytes)
      return header + body
    case .ipv6(let source, let destination):
      return [0x60, 0, 0, 0] + UInt16(body.count).networkBytes
        + [packet.ipProtocol.number, hopLimit] + source.bits.networkBytes
        + destination.bits.networkBytes + body
    }
  }

  private func transport() -> [UInt8] {
    let source = packet.sourcePort ?? 0
    let destination = packet.destinationPort ?? 0
    switch packet.ipProtocol {
    case .tcp:
      // SYN begins a connection; SYN with FIN is nothing (RFC 9293 §3.10.7), hence invalid.
      let flags: UInt8 = packet.state == .invalid ? 0x03 : 0x02
      let header =
        source.networkBytes + destination.networkBytes + mark.networkBytes + [0, 0, 0, 0]
        + [0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
      return withChecksum(header, at: 16)
    case .udp:
      let length: UInt16 = packet.state == .invalid ? 1200 : 12
      let header =
        source.networkBytes + destination.networkBytes + length.networkBytes + [0, 0]
        + mark.networkBytes
      return withChecksum(header, at: 6, udpLength: length)
    case .udplite:
      let header =
        source.networkBytes + destination.networkBytes + [0, 0, 0, 0] + mark.networkBytes
      return withChecksum(header, at: 6)
    case .icmp where packet.family == .ipv4, .icmpv6 where packet.family == .ipv6:
      return withChecksum(icmp(), at: 2)
    case .icmp, .icmpv6:
      // Of the other family: an echo request in form.
      let type: UInt8 = packet.ipProtocol == .icmp ? 8 : 128
      return withChecksum([type, 0, 0, 0] + mark.networkBytes, at: 2)
    case .igmp:
      return withChecksum([0x16, 0, 0, 0] + mark.networkBytes, at: 2)
    default:
      // The kernel refuses to answer a protocol that it does not know unless the payload sums up.
      return withChecksum(
        [0, 0, 0, 0] + mark.networkBytes + [UInt8](repeating: 0, count: 24), at: 8)
    }
  }

  private func icmp() -> [UInt8] {
    let header = [packet.icmpType ?? 0, packet.icmpCode ?? 0, 0, 0] + mark.networkBytes
    return header + (isICMPError ? quotedDatagram() : [UInt8](repeating: 0, count: 24))
  }

  private var isICMPError: Bool {
    guard let type = packet.icmpType else { return false }
    return packet.family == .ipv4 ? [3, 4, 5, 11, 12].contains(type) : type < 128
  }

  /// An error quotes the datagram that it is about: one of a flow that nobody has seen.
  private func quotedDatagram() -> [UInt8] {
    var quoted = packet
    switch packet.addresses {
    case .ipv4(let source, let destination):
      quoted.addresses = .ipv4(source: destination, destination: source)
    case .ipv6(let source, let destination):
      quoted.addresses = .ipv6(source: destination, destination: source)
    }
    quoted.ipProtocol = .udp
    quoted.sourcePort = UInt16(truncatingIfNeeded: mark)
    quoted.destinationPort = 9
    quoted.state = .new
    return FrameBuilder(packet: quoted, mark: mark, hopLimit: 60).datagram()
  }

  /// With a checksum over the bytes and, but for IPv4's portless protocols, a pseudo-header.
  private func withChecksum(
    _ bytes: [UInt8], at offset: Int, udpLength: UInt16? = nil
  ) -> [UInt8] {
    var summed: [UInt8] = []
    let pseudoTail: [UInt8] =
      [0, packet.ipProtocol.number] + (udpLength ?? UInt16(bytes.count)).networkBytes
    switch packet.addresses {
    case .ipv4(let source, let destination) where packet.ipProtocol.hasPorts:
      summed = source.bits.networkBytes + destination.bits.networkBytes + pseudoTail
    case .ipv4: break
    case .ipv6(let source, let destination):
      summed = source.bits.networkBytes + destination.bits.networkBytes + pseudoTail
    }
    var result = bytes
    var sum = Self.checksum(summed + bytes)
    // RFC 768: an empty sum says that there is none.
    if sum == 0, packet.ipProtocol == .udp { sum = 0xffff }
    result.replaceSubrange(offset..<offset + 2, with: sum.networkBytes)
    return result
  }

  /// RFC 1071.
  static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      let low = index + 1 < bytes.count ? bytes[index + 1] : 0
      sum += UInt32(bytes[index]) << 8 | UInt32(low)
    }
    while sum >> 16 != 0 { sum = (sum & 0xffff) + (sum >> 16) }
    return ~UInt16(truncatingIfNeeded: sum)
  }
}
