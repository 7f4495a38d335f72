import Nftables
import Testing

@testable import Kernel

/// Replies as they may come, through a scripted transport.
@Suite struct ReplyTests {
  static let table = Table(name: "t", origin: Origin(index: 7))

  static func message(
    type: UInt16, flags: UInt16 = 0, sequence: UInt32, payload: [UInt8]
  ) -> [UInt8] {
    UInt32(16 + payload.count).hostBytes + type.hostBytes + flags.hostBytes + sequence.hostBytes
      + UInt32(0).hostBytes + payload
  }

  static func sequence(of datagram: [UInt8]) -> UInt32 { datagram[...].host32(at: 8) ?? 0 }

  static func isBatch(_ datagram: [UInt8]) -> Bool { datagram[4] == 0x10 && datagram[5] == 0 }

  static func generation(_ number: UInt32, for request: [UInt8]) -> RecordingTransport.Reply {
    .datagram(
      message(
        type: 0x0a0f, sequence: sequence(of: request),
        payload: [0, 0, 0, 0, 8, 0, 1, 0] + number.networkBytes))
  }

  static func acknowledgement(
    _ errno: Int32, sequence: UInt32, flags: UInt16 = 0x100, attributes: [UInt8] = []
  ) -> RecordingTransport.Reply {
    .datagram(
      message(
        type: 2, flags: flags, sequence: sequence,
        payload: (-errno).hostBytes + [UInt8](repeating: 0, count: 16) + attributes))
  }

  /// A kernel whose generation grows when `commits`, and that answers a batch as told.
  static func kernel(commits: Bool = true, batch: @escaping () -> [RecordingTransport.Reply])
    -> RecordingTransport
  {
    var number: UInt32 = 41
    return RecordingTransport { datagram in
      guard isBatch(datagram) else { return [generation(number, for: datagram)] }
      if commits { number += 1 }
      return batch()
    }
  }

  static func outcome(_ transport: RecordingTransport, dryRun: Bool = false) -> Result<
    CommitReceipt, NetlinkError
  > {
    do throws(NetlinkError) {
      return .success(
        try KernelTransaction().replace(table: table, dryRun: dryRun, transport: transport))
    } catch {
      return .failure(error)
    }
  }

  @Test func theBatchIsOneDatagramBetweenTwoReadingsOfTheGeneration() throws {
    let transport = Self.kernel { [Self.acknowledgement(0, sequence: 3)] }
    #expect(try Self.outcome(transport).get().generation == 42)
    #expect(transport.sent.map(Self.isBatch) == [false, true, false])
  }

  @Test func anErrorIsGivenItsObjectAndTheKernelsWords() {
    let words: [UInt8] = [8, 0, 1, 0] + Array("bad".utf8) + [0] + [8, 0, 2, 0, 24, 0, 0, 0]
    let transport = Self.kernel(commits: false) {
      [
        Self.acknowledgement(17, sequence: 2, flags: 0x300, attributes: words),
        Self.acknowledgement(2, sequence: 3),
      ]
    }
    #expect(
      Self.outcome(transport)
        == .failure(
          .rejected(
            .init(errno: 17, message: "bad", offset: 24, origin: Origin(index: 7)))))
  }

  @Test func privilegeAndRestartAreCasesOfTheirOwn() {
    #expect(
      Self.outcome(Self.kernel(commits: false) { [Self.acknowledgement(1, sequence: 0)] })
        == .failure(.notPermitted))
    #expect(
      Self.outcome(Self.kernel(commits: false) { [Self.acknowledgement(85, sequence: 0)] })
        == .failure(.generationChanged(expected: 41)))
    #expect(NetlinkError.notPermitted.advice?.contains("CAP_NET_ADMIN") == true)
  }

  /// Lost replies: the generation says what happened.
  @Test func lostRepliesAreResolvedByTheGeneration() throws {
    let lost = RecordingTransport.Reply.failure(
      .systemCall("recv", errno: ErrorNumber.noBufferSpace))
    #expect(try Self.outcome(Self.kernel { [lost] }).get().generation == 42)
    #expect(Self.outcome(Self.kernel(commits: false) { [lost] }) == .failure(.unconfirmed))
    #expect(Self.outcome(Self.kernel { [lost] }, dryRun: true) == .failure(.unconfirmed))
  }

  @Test func silenceIsNoSuccess() {
    #expect(Self.outcome(Self.kernel { [] }) == .failure(.unconfirmed))
  }

  @Test func anAcknowledgementWithoutANewGenerationIsNoSuccess() {
    #expect(
      Self.outcome(Self.kernel(commits: false) { [Self.acknowledgement(0, sequence: 3)] })
        == .failure(.unconfirmed))
  }

  /// Each is shorter than, or not, what it claims to be.
  @Test(arguments: [
    [0], [16, 0, 0, 0], [UInt8](repeating: 0, count: 16), [UInt8](repeating: 255, count: 40),
    [17, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0],
    [20, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255],
    message(type: 2, sequence: 3, payload: Int32.min.hostBytes + [UInt8](repeating: 0, count: 16)),
    message(type: 2, sequence: 3, payload: Int32(5).hostBytes + [UInt8](repeating: 0, count: 16)),
    // Attributes beyond the end, and a copied message longer than the reply.
    message(
      type: 2, flags: 0x300, sequence: 3,
      payload: [UInt8](repeating: 0, count: 20) + [9, 0, 1, 0, 0, 0, 0, 0]),
    message(
      type: 2, flags: 0x200, sequence: 3,
      payload: [UInt8](repeating: 0, count: 4) + [255, 255, 255, 255]
        + [UInt8](repeating: 0, count: 12)),
  ])
  func brokenRepliesThrow(datagram: [UInt8]) {
    #expect(Self.outcome(Self.kernel { [.datagram(datagram)] }) == .failure(.malformedReply))
    #expect(throws: NetlinkError.malformedReply) {
      try Dump.tables(RecordingTransport { _ in [.datagram(datagram)] })
    }
  }

  @Test func noPrefixOfAReplyTraps() {
    let words: [UInt8] = [8, 0, 1, 0] + Array("bad".utf8) + [0] + [8, 0, 2, 0, 24, 0, 0, 0]
    guard
      case .datagram(let whole) = Self.acknowledgement(
        17, sequence: 2, flags: 0x300, attributes: words)
    else { return }
    for length in 1..<whole.count {
      let outcome = Self.outcome(
        Self.kernel(commits: false) { [.datagram(Array(whole.prefix(length)))] })
      #expect(outcome == .failure(.malformedReply))
    }
  }

  @Test func aTruncatedReplyIsAnError() {
    #expect(
      Self.outcome(Self.kernel { [.failure(.truncatedReply)] }) == .failure(.truncatedReply))
  }

  @Test func anInterruptedDumpIsBegunAnew() throws {
    var attempt = 0
    let transport = RecordingTransport { request in
      attempt += 1
      let sequence = Self.sequence(of: request)
      let table: [UInt8] =
        [1, 0, 0, 0] + [6, 0, 1, 0, 0x74, 0, 0, 0] + [12, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 9]
      let flags: UInt16 = attempt < 3 ? 0x12 : 2
      return [
        .datagram(Self.message(type: 0x0a00, flags: flags, sequence: sequence, payload: table)),
        .datagram(Self.message(type: 3, flags: 2, sequence: sequence, payload: [0, 0, 0, 0])),
      ]
    }
    #expect(try Dump.tables(transport) == [TableState(name: "t", comment: nil, handle: 9)])
    #expect(attempt == 3)
    #expect(throws: NetlinkError.dumpInterrupted) {
      try Dump.tables(
        RecordingTransport { [Self.acknowledgement(4, sequence: Self.sequence(of: $0))] })
    }
  }

  @Test(arguments: [[], [0], [0, 5], [0, 2, 0x61], [1, 0, 0], [9, 1, 1, 0, 255]] as [[UInt8]])
  func brokenUserDataIsNoComment(bytes: [UInt8]) {
    #expect(UserData.value(of: 0, in: bytes[...]) == nil)
  }
}
