import CNetfilter
import Glibc
package import NetworkTypes

/// Asks the kernel by which interface a packet to an address would leave.
package enum RouteQuery {
  /// The name of the output interface for a destination; nil where there is no route or no answer.
  ///
  /// rtnetlink(7), RTM_GETROUTE. The answer to a peer's address is the interface that its packets are
  /// expected to come in by.
  package static func outputInterface(to destination: IPv4Address) -> String? {
    withUnsafeBytes(of: destination.bits.bigEndian) { ask(family: AF_INET, $0) }
  }

  package static func outputInterface(to destination: IPv6Address) -> String? {
    withUnsafeBytes(of: destination.bits.bigEndian) { ask(family: AF_INET6, $0) }
  }

  private static func ask(family: Int32, _ destination: UnsafeRawBufferPointer) -> String? {
    guard let socket = mnl_socket_open2(NETLINK_ROUTE, Int32(SOCK_CLOEXEC.rawValue)) else {
      return nil
    }
    defer { mnl_socket_close(socket) }
    guard mnl_socket_bind(socket, 0, 0) == 0 else { return nil }

    var buffer = [UInt8](repeating: 0, count: 8192)
    return buffer.withUnsafeMutableBytes { buffer -> String? in
      guard let base = buffer.baseAddress, let header = mnl_nlmsg_put_header(base) else {
        return nil
      }
      header.pointee.nlmsg_type = UInt16(RTM_GETROUTE)
      header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST)
      header.pointee.nlmsg_seq = 1
      guard
        let route = mnl_nlmsg_put_extra_header(header, MemoryLayout<rtmsg>.size)?
          .assumingMemoryBound(to: rtmsg.self)
      else { return nil }
      route.pointee.rtm_family = UInt8(family)
      route.pointee.rtm_dst_len = UInt8(destination.count * 8)
      mnl_attr_put(header, UInt16(RTA_DST.rawValue), destination.count, destination.baseAddress)
      guard mnl_socket_sendto(socket, header, Int(header.pointee.nlmsg_len)) >= 0 else {
        return nil
      }
      let received = mnl_socket_recvfrom(socket, base, buffer.count)
      guard received > 0 else { return nil }
      let reply = base.assumingMemoryBound(to: nlmsghdr.self)
      guard mnl_nlmsg_ok(reply, Int32(received)), reply.pointee.nlmsg_type == UInt16(RTM_NEWROUTE)
      else { return nil }
      return interfaceName(in: UnsafeRawBufferPointer(buffer).prefix(Int(reply.pointee.nlmsg_len)))
    }
  }

  /// The name behind RTA_OIF of a route message; walks the attributes within the bounds given.
  private static func interfaceName(in message: Slice<UnsafeRawBufferPointer>) -> String? {
    let bytes = UnsafeRawBufferPointer(rebasing: message)
    var offset = MemoryLayout<nlmsghdr>.size + (MemoryLayout<rtmsg>.size + 3) & ~3
    while offset + 4 <= bytes.count {
      let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      let type = bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
      guard length >= 4, offset + length <= bytes.count else { return nil }
      if type == UInt16(RTA_OIF.rawValue), length >= 8 {
        let index = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard if_indextoname(index, &name) != nil else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      }
      offset += (length + 3) & ~3
    }
    return nil
  }
}
