import CNetfilter
package import NetworkTypes

/// One packet that a `log group` statement met, as nfnetlink_log tells it.
///
/// linux/netfilter/nfnetlink_log.h: every number of a message is in network order.
package struct LoggedPacket: Hashable, Sendable {
  /// Where in the kernel it was logged; enum nf_inet_hooks, linux/netfilter.h.
  package enum Hook: UInt8, Hashable, Sendable {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3
    case postrouting = 4
    case ingress = 5
  }

  package var group: UInt16
  /// The log statement's; broken bytes are mended.
  package var prefix: String
  /// Nil where the kernel names one that is not known.
  package var hook: Hook?
  /// Interfaces by their index in the namespace of the log.
  package var inputInterface: UInt32?
  package var outputInterface: UInt32?
  /// When the packet came; nil where the kernel does not say, as of what this machine sends.
  package var microseconds: Int64?
  /// The frame's sender, at most eight bytes.
  package var hardwareAddress: [UInt8]?
  /// Who the sending socket belongs to.
  package var user: UInt32?
  /// Counts the group's messages from 0, those that were lost too.
  package var sequence: UInt32?
  /// From the network header on, as much as was asked for.
  package var bytes: [UInt8]
  /// Nil where the bytes are no IP packet.
  package var headers: PacketHeaders?

  /// Of a message NFULNL_MSG_PACKET; an attribute of another length than it must have throws.
  init(_ reply: NetlinkReply) throws(NetlinkError) {
    let attributes = try reply.attributes()
    func value(_ type: nfulnl_attr_type) -> ArraySlice<UInt8>? {
      attributes[UInt16(truncatingIfNeeded: type.rawValue)]
    }
    func word(_ type: nfulnl_attr_type) throws(NetlinkError) -> UInt32? {
      guard let value = value(type) else { return nil }
      guard value.count == 4, let number = value.networkNumber else { throw .malformedReply }
      return UInt32(truncatingIfNeeded: number)
    }
    guard let group = reply.payload.dropFirst(2).prefix(2).networkNumber else {
      throw .malformedReply
    }
    self.group = UInt16(truncatingIfNeeded: group)
    prefix = String(decoding: (value(NFULA_PREFIX) ?? []).prefix { $0 != 0 }, as: UTF8.self)
    if let header = value(NFULA_PACKET_HDR) {
      guard header.count == 4 else { throw .malformedReply }
      hook = Hook(rawValue: header[header.startIndex + 2])
    }
    inputInterface = try word(NFULA_IFINDEX_INDEV)
    outputInterface = try word(NFULA_IFINDEX_OUTDEV)
    user = try word(NFULA_UID)
    sequence = try word(NFULA_SEQ)
    if let time = value(NFULA_TIMESTAMP) {
      guard time.count == 16, let seconds = time.prefix(8).networkNumber,
        let rest = time.dropFirst(8).networkNumber, seconds < 1 << 40, rest < 1_000_000
      else { throw .malformedReply }
      microseconds = Int64(seconds) * 1_000_000 + Int64(rest)
    }
    if let hardware = value(NFULA_HWADDR) {
      guard let length = hardware.prefix(2).networkNumber, hardware.count == 12, length <= 8 else {
        throw .malformedReply
      }
      hardwareAddress = Array(hardware.dropFirst(4).prefix(Int(length)))
    }
    bytes = Array(value(NFULA_PAYLOAD) ?? [])
    headers = PacketHeaders(bytes)
  }
}
