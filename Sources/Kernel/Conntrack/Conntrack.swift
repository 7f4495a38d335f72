import CNetfilter
import NetworkTypes

/// The connections that the kernel tracks in the current network namespace.
///
/// ctnetlink: linux/netfilter/nfnetlink_conntrack.h, net/netfilter/nf_conntrack_netlink.c.
package enum Conntrack {
  /// Every entry of both families; one that begins or ends meanwhile may be in it or not.
  ///
  /// Linear in the entries.
  package static func entries(
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [ConntrackEntry] {
    var entries: [ConntrackEntry] = []
    for family in AddressFamily.allCases {
      let request = NetfilterRequest(
        subsystem: .conntrack, message: message(IPCTNL_MSG_CT_GET), flags: MessageHeader.dump,
        family: family.rawValue)
      let replies = try Dump.ask(isDump: true, transport) {
        sequence, buffer throws(Unencodable) in
        try request.append([], sequence: sequence, to: &buffer)
      }
      entries.reserveCapacity(entries.count + replies.count)
      for reply in replies {
        guard reply.type == type(IPCTNL_MSG_CT_NEW) else { throw .malformedReply }
        entries.append(try ConntrackEntry(reply))
      }
    }
    return entries
  }

  /// What became of an entry that was to be deleted.
  package enum Deletion: Hashable, Sendable {
    case deleted
    /// It had ended by itself, or another one is in its place, which stays.
    case gone
    case refused(errno: Int32)
  }

  /// Messages in one datagram.
  private static let batch = 128

  /// Deletes exactly these entries, each by its original tuple and the kernel's own number.
  ///
  /// - Returns: what became of each, in order.
  package static func delete(
    _ entries: [ConntrackEntry], _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [Deletion] {
    var result: [Deletion] = []
    try Dump.discardReplies(transport)
    var start = 0
    while start < entries.count {
      let some = entries[start..<min(start + batch, entries.count)]
      var buffer = MessageBuffer()
      for (index, entry) in some.enumerated() {
        // The kernel takes a deletion without a tuple for one of everything.
        precondition(!entry.identity.tuple.isEmpty, "an entry that the kernel listed has a tuple")
        var attributes: [(type: UInt16, value: [UInt8])] = [
          (nested(CTA_TUPLE_ORIG), entry.identity.tuple)
        ]
        if !entry.identity.id.isEmpty {
          attributes.append((UInt16(CTA_ID.rawValue), entry.identity.id))
        }
        do throws(Unencodable) {
          try NetfilterRequest(
            subsystem: .conntrack, message: message(IPCTNL_MSG_CT_DELETE),
            flags: MessageHeader.acknowledge, family: entry.original.addresses.family.rawValue
          ).append(attributes, sequence: UInt32(1 + start + index), to: &buffer)
        } catch {
          throw error.cause ?? .systemCall(error.reason, errno: ErrorNumber.invalidArgument)
        }
      }
      try transport.send(buffer.bytes)
      result += try answers(from: 1 + start, count: some.count, transport)
      start += batch
    }
    return result
  }

  private static func answers(
    from first: Int, count: Int, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [Deletion] {
    var found = [Deletion?](repeating: nil, count: count)
    while let datagram = try transport.receive() {
      for reply in try NetlinkReply.parse(datagram) where reply.type == NetlinkReply.error {
        let index = Int(reply.sequence) - first
        guard found.indices.contains(index) else { continue }
        switch try Acknowledgement(reply).errno {
        case 0: found[index] = .deleted
        case ErrorNumber.noEntry: found[index] = .gone
        case ErrorNumber.notPermitted: throw .notPermitted
        case let errno: found[index] = .refused(errno: errno)
        }
      }
    }
    var result: [Deletion] = []
    for deletion in found {
      guard let deletion else { throw .unconfirmed }
      result.append(deletion)
    }
    return result
  }

  private static func message(_ message: cntl_msg_types) -> UInt16 {
    UInt16(truncatingIfNeeded: message.rawValue)
  }

  private static func type(_ message: cntl_msg_types) -> UInt16 {
    NetfilterRequest.Subsystem.conntrack.rawValue << 8 | Self.message(message)
  }

  /// NLA_F_NESTED, linux/netlink.h.
  private static func nested(_ type: ctattr_type) -> UInt16 {
    UInt16(truncatingIfNeeded: type.rawValue) | 0x8000
  }
}
