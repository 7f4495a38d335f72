import CNetfilter
import Glibc

/// A socket to the kernel's netfilter or its routes, of the network namespace that its thread was in.
package struct NetlinkSocket: ~Copyable, NetlinkTransport {
  private let descriptor: Int32
  package let listener: RulesetListener?

  /// What the socket speaks to.
  package enum Family: Sendable {
    case netfilter
    case route
  }

  /// - Parameter receiveBuffer: bytes of replies that may wait; past the limit for everybody where we
  ///   may go there.
  package init(
    _ family: Family = .netfilter, receiveBuffer: Int = 4 << 20
  ) throws(NetlinkError) {
    descriptor = try Self.open(family, receiveBuffer)
    listener = family == .netfilter ? Self.listener(beside: descriptor, receiveBuffer) : nil
  }

  /// One that has no listener.
  private init(alone family: Family, _ receiveBuffer: Int) throws(NetlinkError) {
    descriptor = try Self.open(family, receiveBuffer)
    listener = nil
  }

  private static func open(_ family: Family, _ receiveBuffer: Int) throws(NetlinkError) -> Int32 {
    let number =
      switch family {
      case .netfilter: NETLINK_NETFILTER
      case .route: NETLINK_ROUTE
      }
    let descriptor = socket(
      AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), number)
    guard descriptor >= 0 else { throw .systemCall("socket", errno: errno) }
    // Replies say more with these and are shorter; a kernel without them still replies.
    _ = setOption(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, 1)
    _ = setOption(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, 1)
    raise(descriptor, to: receiveBuffer, force: SO_RCVBUFFORCE, ordinary: SO_RCVBUF)
    return descriptor
  }

  /// Who hears what others commit, and not what we do; nil where that cannot be.
  private static func listener(beside descriptor: Int32, _ receiveBuffer: Int) -> RulesetListener? {
    guard let port = port(of: descriptor),
      let socket = try? NetlinkSocket(alone: .netfilter, receiveBuffer),
      socket.ignore(port)
    else { return nil }
    return RulesetListener(socket)
  }

  deinit { close(descriptor) }

  package func send(_ datagram: [UInt8]) throws(NetlinkError) {
    // The kernel counts its own bookkeeping too, and doubles what it is told.
    Self.raise(
      descriptor, to: datagram.count + datagram.count / 4 + 65_536, force: SO_SNDBUFFORCE,
      ordinary: SO_SNDBUF)
    while true {
      let sent = datagram.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
      if sent == datagram.count { return }
      if sent >= 0 { throw .systemCall("send", errno: EIO) }
      switch errno {
      case EINTR: continue
      case EMSGSIZE: throw .batchTooLarge(bytes: datagram.count)
      case EPERM: throw .notPermitted
      case let number: throw .systemCall("send", errno: number)
      }
    }
  }

  package func receive() throws(NetlinkError) -> [UInt8]? {
    while true {
      var sender = sockaddr_nl()
      var failure: Int32 = 0
      var length = 0
      let datagram = [UInt8](unsafeUninitializedCapacity: Self.replyCapacity) { buffer, used in
        var senderLength = socklen_t(MemoryLayout<sockaddr_nl>.size)
        length = withUnsafeMutablePointer(to: &sender) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            recvfrom(
              descriptor, buffer.baseAddress, buffer.count,
              Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC), $0, &senderLength)
          }
        }
        if length < 0 { failure = errno }
        used = max(0, min(length, buffer.count))
      }
      if length < 0 {
        switch failure {
        case EINTR: continue
        case EAGAIN: return nil
        case let number: throw .systemCall("recv", errno: number)
        }
      }
      if length > Self.replyCapacity { throw .truncatedReply }
      // Only the kernel has port 0; any process may send to ours.
      if sender.nl_pid != 0 { continue }
      return datagram
    }
  }

  /// Joins a multicast group.
  ///
  /// A socket that has no port yet gets one: to port 0, what has no sender is not delivered
  /// (do_one_broadcast, net/netlink/af_netlink.c).
  func join(_ group: Int32) throws(NetlinkError) {
    guard Self.port(of: descriptor) != nil else { throw .systemCall("bind", errno: errno) }
    guard Self.setOption(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group) else {
      throw errno == EPERM ? .notPermitted : .systemCall("setsockopt", errno: errno)
    }
  }

  /// The port of a socket, which gets one where it has none; nil where the kernel will not say.
  private static func port(of descriptor: Int32) -> UInt32? {
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
    let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard getsockname(descriptor, $0, &length) == 0 else { return false }
        if pointer.pointee.nl_pid != 0 { return true }
        return bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    return isKnown ? address.nl_pid : nil
  }

  /// Has the kernel keep back notices of what a port's batches change.
  ///
  /// All that one datagram holds is of one commit, so its first message says whose.
  private borrowing func ignore(_ port: UInt32) -> Bool {
    // A classic BPF program, linux/filter.h: nlmsg_pid is the fourth word, in the machine's order.
    var program = [
      sock_filter(code: 0x20, jt: 0, jf: 0, k: 12),  // BPF_LD | BPF_W | BPF_ABS
      sock_filter(code: 0x15, jt: 0, jf: 1, k: port.bigEndian),  // BPF_JMP | BPF_JEQ | BPF_K
      sock_filter(code: 0x06, jt: 0, jf: 0, k: 0),  // BPF_RET | BPF_K
      sock_filter(code: 0x06, jt: 0, jf: 0, k: .max),
    ]
    return program.withUnsafeMutableBufferPointer { program in
      var all = sock_fprog(len: UInt16(program.count), filter: program.baseAddress)
      return setsockopt(
        descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &all, socklen_t(MemoryLayout<sock_fprog>.size))
        == 0
    }
  }

  func leave(_ group: Int32) {
    _ = Self.setOption(descriptor, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, group)
  }

  /// Waits until a message waits, a time has passed, or another descriptor has failed: a pipe whose
  /// reader went away.
  ///
  /// A signal ends the wait, too.
  ///
  /// - Returns: false where the other descriptor has failed.
  package func wait(milliseconds: Int32, watching other: Int32) -> Bool {
    var polled = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: other, events: 0, revents: 0),
    ]
    let ready = poll(&polled, nfds_t(polled.count), milliseconds)
    return ready <= 0 || Int32(polled[1].revents) & (POLLERR | POLLHUP | POLLNVAL) == 0
  }

  /// The kernel makes dump replies of at most 32 KiB; a page more than that twice is plenty.
  private static let replyCapacity = 1 << 17

  /// Grows a buffer, past the limit for everybody where we may.
  private static func raise(_ descriptor: Int32, to bytes: Int, force: Int32, ordinary: Int32) {
    let value = Int32(clamping: min(bytes, Int(Int32.max) / 2))
    if !setOption(descriptor, SOL_SOCKET, force, value) {
      _ = setOption(descriptor, SOL_SOCKET, ordinary, value)
    }
  }

  private static func setOption(
    _ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32
  ) -> Bool {
    var value = value
    return setsockopt(
      descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
  }
}
