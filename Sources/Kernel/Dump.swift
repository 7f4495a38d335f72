import CNetfilter
import Nftables

/// A table of family inet, as the kernel has it.
package struct TableState: Hashable, Sendable {
  package var name: String
  /// Of nft's user data; fwpolicy's own tables have one that begins with `fwpolicy `.
  package var comment: String?
  package var handle: UInt64

  package init(name: String, comment: String?, handle: UInt64) {
    self.name = name
    self.comment = comment
    self.handle = handle
  }

  init(_ reply: NetlinkReply) throws(NetlinkError) {
    let attributes = try reply.attributes()
    guard let name = attributes[1], let handle = attributes[4]?.networkNumber else {
      throw .malformedReply
    }
    self.name = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    self.handle = handle
    comment = attributes[6].flatMap { UserData.value(of: 0, in: $0) }
      .map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

/// Questions to the kernel that change nothing.
package enum Dump {
  /// The number that every commit to the namespace's ruleset counts up.
  package static func generation(_ transport: borrowing some NetlinkTransport & ~Copyable)
    throws(NetlinkError) -> UInt32
  {
    let replies = try ask(.getGeneration, transport)
    guard let number = try replies.first?.attributes()[1]?.networkNumber else {
      throw .malformedReply
    }
    return UInt32(truncatingIfNeeded: number)
  }

  /// A table of family inet; nil where there is none of that name.
  package static func tableState(
    named name: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> TableState? {
    do throws(NetlinkError) {
      let replies = try ask(.getTable, transport) { header, buffer throws(Unencodable) in
        _ = try NftnlTable.make(name: name).append(header, to: &buffer)
      }
      guard let reply = replies.first else { throw .malformedReply }
      return try TableState(reply)
    } catch .rejected(let rejection) where rejection.errno == ErrorNumber.noEntry {
      return nil
    }
  }

  /// All tables of family inet.
  package static func tables(_ transport: borrowing some NetlinkTransport & ~Copyable)
    throws(NetlinkError) -> [TableState]
  {
    var tables: [TableState] = []
    for reply in try ask(.getTable, isDump: true, transport) {
      tables.append(try TableState(reply))
    }
    return tables
  }

  /// Waits until a commit that is under way is over: in the middle of one the generation is the old one
  /// or the new one, and what is listed may be of both.
  ///
  /// A batch of nothing waits for the ruleset's lock, and changes and counts nothing
  /// (nf_tables_valid_genid and nf_tables_commit, net/netfilter/nf_tables_api.c).
  package static func settle(_ transport: borrowing some NetlinkTransport & ~Copyable)
    throws(NetlinkError)
  {
    var batch = BatchEncoder(origin: Origin(index: 0))
    do throws(Unencodable) {
      try batch.begin(expectedGeneration: nil)
      try batch.end()
    } catch {
      throw error.error(at: batch.origin)
    }
    try discardReplies(transport)
    try transport.send(batch.bytes)
    try discardReplies(transport)
  }

  /// What to do with the answers of a dump that others' commits have interrupted.
  enum Interruption {
    case askAgain
    /// Whoever asked looks at what the commits have changed.
    case keep
  }

  /// Sends one request and reads its answers.
  ///
  /// Replies are read by `NetlinkReply`, never by libnftnl: its parsers end the process at an
  /// attribute that is not as they expect.
  static func ask(
    _ message: MessageHeader.Message, isDump: Bool = false,
    interrupted: Interruption = .askAgain,
    _ transport: borrowing some NetlinkTransport & ~Copyable,
    _ request: (MessageHeader, inout MessageBuffer) throws(Unencodable) -> Void = {
      header, buffer throws(Unencodable) in _ = try buffer.message(header)
    }
  ) throws(NetlinkError) -> [NetlinkReply] {
    try ask(isDump: isDump, interrupted: interrupted, transport) {
      sequence, buffer throws(Unencodable) in
      var header = MessageHeader(message, sequence: sequence)
      if isDump { header.flags |= MessageHeader.dump }
      try request(header, &buffer)
    }
  }

  /// The same for a request of any kind, which has the number that it is given.
  static func ask(
    isDump: Bool = false, interrupted: Interruption = .askAgain,
    _ transport: borrowing some NetlinkTransport & ~Copyable,
    request: (_ sequence: UInt32, inout MessageBuffer) throws(Unencodable) -> Void
  ) throws(NetlinkError) -> [NetlinkReply] {
    var patience = Patience(transport.patience)
    while true {
      // Unlike any number of a batch or of an earlier attempt.
      let sequence = UInt32(0x7fff_ffff) + UInt32(patience.attempts)
      var buffer = MessageBuffer()
      do throws(Unencodable) {
        try request(sequence, &buffer)
      } catch {
        throw error.cause ?? .systemCall(error.reason, errno: ErrorNumber.invalidArgument)
      }
      try discardReplies(transport)
      try transport.send(buffer.bytes)
      if let answers = try collect(sequence, isDump: isDump, transport),
        interrupted == .keep || !answers.areInterrupted
      {
        return answers.replies
      }
      guard patience.lasts() else { throw .dumpInterrupted }
    }
  }

  /// The answers to one request; nil where replies were lost.
  private static func collect(
    _ sequence: UInt32, isDump: Bool, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> (replies: [NetlinkReply], areInterrupted: Bool)? {
    var answers: [NetlinkReply] = []
    var isInterrupted = false
    while true {
      let datagram: [UInt8]?
      do throws(NetlinkError) {
        datagram = try transport.receive()
      } catch .systemCall(_, ErrorNumber.noBufferSpace) {
        return nil
      }
      guard let datagram else {
        // A dump ends with a word of its own.
        if isDump || answers.isEmpty { throw .malformedReply }
        return (answers, isInterrupted)
      }
      for reply in try NetlinkReply.parse(datagram) where reply.sequence == sequence {
        isInterrupted = isInterrupted || reply.isInterrupted
        switch reply.type {
        case NetlinkReply.error:
          let acknowledgement = try Acknowledgement(reply)
          switch acknowledgement.errno {
          case 0: break
          case ErrorNumber.interrupted: return nil
          case ErrorNumber.notPermitted: throw .notPermitted
          default: throw .rejected(NetlinkError.Rejection(acknowledgement, origin: nil))
          }
        case NetlinkReply.done:
          // The word has an error number where the dump broke off.
          let errno = reply.payload.host32(at: 0).map { Int32(bitPattern: $0) } ?? 0
          if errno == 0 { return (answers, isInterrupted) }
          guard errno < 0, errno != .min else { throw .malformedReply }
          throw .rejected(NetlinkError.Rejection(errno: -errno))
        default: answers.append(reply)
        }
      }
    }
  }

  /// Reads what an earlier, failed exchange may have left.
  static func discardReplies(_ transport: borrowing some NetlinkTransport & ~Copyable)
    throws(NetlinkError)
  {
    while true {
      do throws(NetlinkError) {
        if try transport.receive() == nil { return }
      } catch .systemCall(_, ErrorNumber.noBufferSpace) {
        continue
      } catch .truncatedReply {
        continue
      }
    }
  }
}
