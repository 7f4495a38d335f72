/// One message of a reply datagram.
struct NetlinkReply {
  var type: UInt16
  var flags: UInt16
  var sequence: UInt32
  var payload: ArraySlice<UInt8>

  /// NLMSG_ERROR and NLMSG_DONE, linux/netlink.h.
  static let error: UInt16 = 2
  static let done: UInt16 = 3

  /// NLM_F_DUMP_INTR: the ruleset changed while it was listed.
  var isInterrupted: Bool { flags & 0x10 != 0 }

  /// The messages of a datagram; lengths that do not add up throw.
  static func parse(_ datagram: [UInt8]) throws(NetlinkError) -> [NetlinkReply] {
    var replies: [NetlinkReply] = []
    var rest = datagram[...]
    while !rest.isEmpty {
      guard let length = rest.host32(at: 0), length >= 16, Int(length) <= rest.count,
        let kind = rest.host32(at: 4), let sequence = rest.host32(at: 8)
      else { throw .malformedReply }
      replies.append(
        NetlinkReply(
          type: UInt16(truncatingIfNeeded: kind), flags: UInt16(truncatingIfNeeded: kind >> 16),
          sequence: sequence, payload: rest.dropFirst(16).prefix(Int(length) - 16)))
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return replies
  }

  /// The attributes after `struct nfgenmsg`.
  func attributes() throws(NetlinkError) -> [UInt16: ArraySlice<UInt8>] {
    guard payload.count >= 4 else { throw .malformedReply }
    return try Self.attributes(in: payload.dropFirst(4))
  }

  /// Attributes by type, without their nesting flags; of two of a type the last.
  static func attributes(in bytes: ArraySlice<UInt8>) throws(NetlinkError)
    -> [UInt16: ArraySlice<UInt8>]
  {
    var found: [UInt16: ArraySlice<UInt8>] = [:]
    var rest = bytes
    while !rest.isEmpty {
      guard let head = rest.host32(at: 0) else { throw .malformedReply }
      let length = Int(head & 0xffff)
      guard length >= 4, length <= rest.count else { throw .malformedReply }
      found[UInt16(truncatingIfNeeded: head >> 16) & 0x3fff] = rest.dropFirst(4).prefix(length - 4)
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return found
  }
}

/// NLMSG_ERROR: an acknowledgement where its number is 0.
struct Acknowledgement {
  /// Positive.
  var errno: Int32
  var message: String?
  var offset: UInt32?

  /// Reads `struct nlmsgerr` and its extended attributes, linux/netlink.h.
  init(_ reply: NetlinkReply) throws(NetlinkError) {
    guard let number = reply.payload.host32(at: 0), let length = reply.payload.host32(at: 4),
      reply.payload.count >= 20
    else { throw .malformedReply }
    let negative = Int32(bitPattern: number)
    guard negative <= 0, negative != .min else { throw .malformedReply }
    errno = -negative
    guard reply.flags & 0x200 != 0 else { return }  // NLM_F_ACK_TLVS
    var attributes = reply.payload.dropFirst(20)
    if reply.flags & 0x100 == 0 {  // Not NLM_F_CAPPED: the refused message stands in between.
      guard length >= 16, Int(length) - 16 <= attributes.count else { throw .malformedReply }
      attributes = attributes.dropFirst((Int(length) - 16 + 3) & ~3)
    }
    let found = try NetlinkReply.attributes(in: attributes)
    message = found[1].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    offset = found[2].flatMap { $0.host32(at: 0) }
  }
}

extension ArraySlice<UInt8> {
  /// Four bytes in the machine's order; nil where there are not as many.
  func host32(at offset: Int) -> UInt32? {
    guard count >= 4, offset >= 0, offset <= count - 4 else { return nil }
    return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
  }

  /// A number of as many bytes as there are, at most eight, in network order.
  var networkNumber: UInt64? {
    (1...8).contains(count) ? reduce(0) { $0 << 8 | UInt64($1) } : nil
  }
}
