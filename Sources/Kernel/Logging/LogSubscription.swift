import CNetfilter

/// Log groups of the current network namespace, as one reader hears them.
///
/// nfnetlink_log: the kernel gathers messages and sends them in one datagram; a reader that is too
/// slow loses whole datagrams, and is told so once (ENOBUFS) until it has caught up. What was lost is
/// known from the numbers of the messages.
package struct LogSubscription: Sendable {
  /// What the kernel is asked for.
  package struct Options: Hashable, Sendable {
    /// Bytes of each packet: enough for IPv6 with some extension headers and TCP.
    package var copiedBytes: UInt32 = 192
    /// So many messages are sent at once.
    package var threshold: UInt32 = 64
    /// Fewer are sent after so long, in hundredths of a second.
    package var delayHundredths: UInt32 = 10
    /// Bytes that the kernel gathers messages in.
    package var bufferBytes: UInt32 = 32_768

    package init() {}
  }

  /// What a reader meets, in order.
  package enum Event: Hashable, Sendable {
    case packet(LoggedPacket)
    /// So many messages of a group never came.
    case lost(group: UInt16, count: UInt32)
    /// The kernel dropped messages of some group for want of room; how many, the numbers of those that
    /// follow will tell.
    case overrun
    /// A message that is not well-formed.
    case unreadable
  }

  /// Why a group cannot be heard.
  package enum Failure: Error, Hashable, Sendable {
    /// Another program hears it already: a group has one reader.
    case groupTaken(UInt16)
    case netlink(NetlinkError)
  }

  package let groups: [UInt16]
  /// The number of the next message by group.
  private var expected: [UInt16: UInt32] = [:]
  /// What came before it was asked for.
  private var early: [Event] = []

  /// Begins to hear groups, until the transport goes away.
  package init(
    groups: [UInt16], options: Options = Options(),
    transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(Failure) {
    self.groups = groups
    do throws(NetlinkError) {
      try Dump.discardReplies(transport)
    } catch {
      throw .netlink(error)
    }
    for (index, group) in groups.enumerated() {
      expected[group] = 0
      try bind(group, options, sequence: UInt32(1 + index), transport)
    }
  }

  private mutating func bind(
    _ group: UInt16, _ options: Options, sequence: UInt32,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(Failure) {
    do throws(NetlinkError) {
      try transport.send(try Self.request(group, options, sequence: sequence))
      guard let errno = try answer(to: sequence, transport) else { throw .malformedReply }
      if errno == 0 { return }
      throw .rejected(NetlinkError.Rejection(errno: errno))
    } catch .rejected(let rejection) where rejection.errno == ErrorNumber.busy {
      throw .groupTaken(group)
    } catch .rejected(let rejection) where rejection.errno == ErrorNumber.notPermitted {
      // Said both of a reader without privilege and of a group that is another's.
      do throws(NetlinkError) {
        _ = try Dump.generation(transport)
      } catch {
        throw .netlink(.notPermitted)
      }
      throw .groupTaken(group)
    } catch {
      throw .netlink(error)
    }
  }

  /// One message: the kernel binds the group first and then configures what it has bound.
  static func request(
    _ group: UInt16, _ options: Options, sequence: UInt32
  ) throws(NetlinkError) -> [UInt8] {
    func type(_ attribute: nfulnl_attr_config) -> UInt16 {
      UInt16(truncatingIfNeeded: attribute.rawValue)
    }
    var buffer = MessageBuffer()
    do throws(Unencodable) {
      try NetfilterRequest(
        subsystem: .log, message: UInt16(truncatingIfNeeded: NFULNL_MSG_CONFIG.rawValue),
        flags: MessageHeader.acknowledge, resource: group
      ).append(
        [
          (type(NFULA_CFG_CMD), [UInt8(truncatingIfNeeded: NFULNL_CFG_CMD_BIND.rawValue)]),
          // struct nfulnl_msg_config_mode
          (
            type(NFULA_CFG_MODE),
            options.copiedBytes.networkBytes + [UInt8(NFULNL_COPY_PACKET), 0]
          ),
          (type(NFULA_CFG_NLBUFSIZ), options.bufferBytes.networkBytes),
          (type(NFULA_CFG_TIMEOUT), options.delayHundredths.networkBytes),
          (type(NFULA_CFG_QTHRESH), options.threshold.networkBytes),
          (type(NFULA_CFG_FLAGS), UInt16(NFULNL_CFG_F_SEQ).networkBytes),
        ], sequence: sequence, to: &buffer)
    } catch {
      throw error.cause ?? .systemCall(error.reason, errno: ErrorNumber.invalidArgument)
    }
    return buffer.bytes
  }

  /// The number of an acknowledgement; nil where none came.
  private mutating func answer(
    to sequence: UInt32, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Int32? {
    var errno: Int32?
    while errno == nil {
      let datagram: [UInt8]?
      do throws(NetlinkError) {
        datagram = try transport.receive()
      } catch .systemCall(_, ErrorNumber.noBufferSpace) {
        early.append(.overrun)
        continue
      }
      guard let datagram else { return nil }
      for reply in try NetlinkReply.parse(datagram) {
        if reply.type == NetlinkReply.error, reply.sequence == sequence {
          errno = try Acknowledgement(reply).errno
        } else {
          early += events(of: reply)
        }
      }
    }
    return errno
  }

  /// What waits, without waiting for more; after so many datagrams the rest is left for the next call.
  package mutating func read(
    atMost datagrams: Int = 64, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [Event] {
    var events = early
    early = []
    for _ in 0..<datagrams {
      do throws(NetlinkError) {
        guard let datagram = try transport.receive() else { break }
        for reply in try NetlinkReply.parse(datagram) { events += self.events(of: reply) }
      } catch .systemCall(_, ErrorNumber.noBufferSpace) {
        events.append(.overrun)
      } catch .malformedReply, .truncatedReply {
        events.append(.unreadable)
      }
    }
    return events
  }

  /// A packet, and what was lost before it; nothing of a message that is an answer to nobody.
  private mutating func events(of reply: NetlinkReply) -> [Event] {
    guard
      reply.type == NetfilterRequest.Subsystem.log.rawValue << 8
        | UInt16(truncatingIfNeeded: NFULNL_MSG_PACKET.rawValue)
    else { return [] }
    do throws(NetlinkError) {
      let packet = try LoggedPacket(reply)
      guard let sequence = packet.sequence else { return [.packet(packet)] }
      let gap = sequence &- (expected[packet.group] ?? sequence)
      expected[packet.group] = sequence &+ 1
      // What seems to go back has begun anew.
      if gap == 0 || gap >= 1 << 31 { return [.packet(packet)] }
      return [.lost(group: packet.group, count: gap), .packet(packet)]
    } catch {
      return [.unreadable]
    }
  }
}
