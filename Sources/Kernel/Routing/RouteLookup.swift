import CNetfilter
package import NetworkTypes

/// Where the kernel's routes lead.
package struct Route: Hashable, Sendable {
  /// Whether packets to the address are delivered here: a local, broadcast or anycast address.
  package var isLocal: Bool
  /// The interfaces of its next hops, by index; several where it is a multipath route.
  package var interfaces: [UInt32]

  package init(isLocal: Bool, interfaces: [UInt32]) {
    self.isLocal = isLocal
    self.interfaces = interfaces
  }
}

/// Asks the kernel's routes about many addresses, by one socket of rtnetlink.
package enum RouteLookup {
  /// The route that a packet to an address takes, which the policy rules of routing may know better
  /// by what else it is; nil where there is none.
  ///
  /// rtnetlink(7), RTM_GETROUTE with RTM_F_FIB_MATCH: the route itself, with all of its next hops.
  ///
  /// - Parameters:
  ///   - source: of the packet; one that is not this machine's goes with an input interface.
  ///   - input: the index of the interface that the packet comes in by; nil where it is sent from here.
  package static func route(
    to destination: IPv4Address, from source: IPv4Address? = nil, by input: UInt32? = nil,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Route? {
    try ask(.ipv4, destination.bits.networkBytes, source?.bits.networkBytes, input, transport)
  }

  package static func route(
    to destination: IPv6Address, from source: IPv6Address? = nil, by input: UInt32? = nil,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Route? {
    try ask(.ipv6, destination.bits.networkBytes, source?.bits.networkBytes, input, transport)
  }

  private static func ask(
    _ family: AddressFamily, _ destination: [UInt8], _ source: [UInt8]?, _ input: UInt32?,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Route? {
    do throws(NetlinkError) {
      let replies = try Dump.ask(transport) { sequence, buffer throws(Unencodable) in
        try append(family, destination, source, input, sequence: sequence, to: &buffer)
      }
      guard let reply = replies.first, reply.type == UInt16(RTM_NEWROUTE) else {
        throw .malformedReply
      }
      return try Route(reply)
    } catch .rejected {
      // No route, or one that says so.
      return nil
    }
  }

  private static func append(
    _ family: AddressFamily, _ destination: [UInt8], _ source: [UInt8]?, _ input: UInt32?,
    sequence: UInt32, to buffer: inout MessageBuffer
  ) throws(Unencodable) {
    _ = try buffer.message(atMost: 16 + 12 + 2 * (4 + destination.count) + 8) { start in
      guard let header = mnl_nlmsg_put_header(start) else { return nil }
      header.pointee.nlmsg_type = UInt16(RTM_GETROUTE)
      header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST)
      header.pointee.nlmsg_seq = sequence
      guard
        let route = mnl_nlmsg_put_extra_header(header, MemoryLayout<rtmsg>.size)?
          .assumingMemoryBound(to: rtmsg.self)
      else { return nil }
      // AF_INET and AF_INET6 are NFPROTO_IPV4 and NFPROTO_IPV6.
      route.pointee.rtm_family = family.rawValue
      route.pointee.rtm_dst_len = UInt8(destination.count * 8)
      route.pointee.rtm_flags = UInt32(RTM_F_FIB_MATCH)
      destination.withUnsafeBytes {
        mnl_attr_put(header, UInt16(RTA_DST.rawValue), $0.count, $0.baseAddress)
      }
      if let source {
        route.pointee.rtm_src_len = UInt8(source.count * 8)
        source.withUnsafeBytes {
          mnl_attr_put(header, UInt16(RTA_SRC.rawValue), $0.count, $0.baseAddress)
        }
      }
      if let input { mnl_attr_put_u32(header, UInt16(RTA_IIF.rawValue), input) }
      return header
    }
  }
}

extension Route {
  /// Of a message RTM_NEWROUTE: `struct rtmsg`, then attributes in the machine's order.
  init(_ reply: NetlinkReply) throws(NetlinkError) {
    let body = reply.payload
    guard body.count >= 12 else { throw .malformedReply }
    // rtm_type
    switch UInt32(body[body.startIndex + 7]) {
    case UInt32(RTN_LOCAL), UInt32(RTN_BROADCAST), UInt32(RTN_ANYCAST): isLocal = true
    default: isLocal = false
    }
    interfaces = []
    let attributes = try NetlinkReply.attributes(in: body.dropFirst(12))
    if let hops = attributes[UInt16(RTA_MULTIPATH.rawValue)] {
      interfaces = try Self.hops(hops)
    } else if let interface = attributes[UInt16(RTA_OIF.rawValue)] {
      guard interface.count == 4, let index = interface.host32(at: 0) else {
        throw .malformedReply
      }
      interfaces = [index]
    }
  }

  /// The interfaces of `struct rtnexthop`, one after the other.
  private static func hops(_ bytes: ArraySlice<UInt8>) throws(NetlinkError) -> [UInt32] {
    var interfaces: [UInt32] = []
    var rest = bytes
    while !rest.isEmpty {
      guard let head = rest.host32(at: 0), let index = rest.host32(at: 4) else {
        throw .malformedReply
      }
      let length = Int(head & 0xffff)
      guard length >= 8, length <= rest.count else { throw .malformedReply }
      if !interfaces.contains(index) { interfaces.append(index) }
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return interfaces
  }
}
