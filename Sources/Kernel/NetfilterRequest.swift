import CNetfilter

/// A request to a part of the kernel's netfilter other than nf_tables, written by libmnl.
struct NetfilterRequest {
  /// NFNL_SUBSYS_*, linux/netfilter/nfnetlink.h.
  enum Subsystem: UInt16 {
    case conntrack = 1
    case log = 4
  }

  var subsystem: Subsystem
  /// Of the subsystem's own.
  var message: UInt16
  /// NLM_F_* of linux/netlink.h, beside NLM_F_REQUEST.
  var flags: UInt16
  /// AF_*, or 0 for every family.
  var family: UInt8 = 0
  /// Of the log its group.
  var resource: UInt16 = 0

  /// Bytes of `struct nlmsghdr` and `struct nfgenmsg`.
  private static let headLength = 20

  /// Appends the message.
  ///
  /// - Parameter attributes: types, with NLA_F_NESTED where they hold others, and values.
  func append(
    _ attributes: [(type: UInt16, value: [UInt8])], sequence: UInt32, to buffer: inout MessageBuffer
  ) throws(Unencodable) {
    let bound = attributes.reduce(Self.headLength) { $0 + 4 + ($1.value.count + 3) & ~3 }
    _ = try buffer.message(atMost: bound) { start in
      guard let header = mnl_nlmsg_put_header(start) else { return nil }
      header.pointee.nlmsg_type = subsystem.rawValue << 8 | message
      header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST) | flags
      header.pointee.nlmsg_seq = sequence
      guard
        let head = mnl_nlmsg_put_extra_header(header, MemoryLayout<nfgenmsg>.size)?
          .assumingMemoryBound(to: nfgenmsg.self)
      else { return nil }
      head.pointee.nfgen_family = family
      head.pointee.version = 0
      head.pointee.res_id = resource.bigEndian
      for (type, value) in attributes {
        value.withUnsafeBytes { mnl_attr_put(header, type, $0.count, $0.baseAddress) }
      }
      return header
    }
  }
}
