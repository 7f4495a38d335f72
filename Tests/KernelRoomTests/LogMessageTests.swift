import NetworkTypes
import TestSupport
import Testing

@testable import Kernel

/// Messages of nfnetlink_log, as they come and as they may come.
@Suite struct LogMessageTests {
  /// From a kernel 6.18: `log prefix "fwpolicy/smtp-egress/default/reject: " group 5` in forward, of a
  /// SYN from 198.51.100.7 to port 25 of 203.0.113.9, with NFULNL_CFG_F_SEQ and a copy of 192 bytes.
  static let message = hexadecimal(
    "e80000000004000000000000000000000200000508000100080002002a000a006677706f6c6963792f736d7470"
      + "2d6567726573732f64656661756c742f72656a6563743a200000000800040000000002080005000000000310"
      + "000800000600006659aab280e4000006000f000001000006001100000e0000120010002e65f99ccf926659aa"
      + "b280e40800000014000300000000006b0712bb000000000008282408000c0000000000400009004500003c81"
      + "7940003f0653fec6336407cb007109cbb40019b7df514200000000a002faf066730000020405b40402080a42"
      + "c98a9c000000000103030a")

  static func hexadecimal(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
  }

  private static func read(_ datagram: [UInt8]) throws -> LoggedPacket {
    try LoggedPacket(try #require(try NetlinkReply.parse(datagram).first))
  }

  @Test func aMessageOfTheKernelIsRead() throws {
    let packet = try Self.read(Self.message)
    #expect(packet.group == 5)
    #expect(packet.prefix == "fwpolicy/smtp-egress/default/reject: ")
    #expect(packet.hook == .forward)
    #expect(packet.inputInterface == 2)
    #expect(packet.outputInterface == 3)
    #expect(packet.hardwareAddress == [0x66, 0x59, 0xaa, 0xb2, 0x80, 0xe4])
    #expect(packet.microseconds == 1_795_625_659_534_564)
    #expect(packet.sequence == 0)
    #expect(packet.user == nil)
    #expect(packet.bytes.count == 60)
    #expect(packet.headers?.addresses.ends.source == "198.51.100.7")
    #expect(packet.headers?.destinationPort == 25)
  }

  /// linux/netfilter/nfnetlink_log.h: bind, copy 192 bytes, gather 32 kB, 100 ms or 64 messages,
  /// number them.
  @Test func theRequestIsOneMessage() throws {
    let request = try LogSubscription.request(5, .init(), sequence: 9)
    #expect(
      request
        == Self.hexadecimal(
          "4800000001040500090000000000000000000005" + "0500010001000000"
            + "0a000200000000c002000000" + "0800030000008000" + "080004000000000a"
            + "0800050000000040" + "0600060000010000"))
  }

  @Test func everyBeginningOfAMessageIsRefusedOrRead() {
    for length in 16..<Self.message.count {
      var part = Array(Self.message.prefix(length))
      part.replaceSubrange(0..<4, with: UInt32(length).hostBytes)
      #expect(throws: NetlinkError.malformedReply) {
        let packet = try Self.read(part)
        // What ends with an attribute is whole, with less in it.
        if packet.bytes.isEmpty { throw NetlinkError.malformedReply }
      }
    }
  }

  /// Attributes of another length than they must have.
  @Test(arguments: [
    [6, 0, 4, 0, 0, 2, 0, 0],  // an interface of two bytes
    [12, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1],  // half a time
    // a time with more microseconds than a second has
    [20, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 15, 66, 64],
    // a time in the far future
    [20, 0, 3, 0, 255, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    [16, 0, 8, 0, 0, 9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],  // nine bytes of a hardware address of eight
    [5, 0, 1, 0, 8, 0, 0, 0],  // a header of one byte
    [3, 0, 1, 0],  // shorter than itself
    [200, 0, 9, 0, 0x45],  // longer than the message
  ])
  func aWrongAttributeIsRefused(attribute: [UInt8]) {
    let datagram = ReplyTests.message(
      type: 0x0400, sequence: 0, payload: [2, 0, 0, 5] + attribute)
    #expect(throws: NetlinkError.malformedReply) { try Self.read(datagram) }
  }

  @Test func brokenWordsOfAPrefixAreMended() throws {
    let datagram = ReplyTests.message(
      type: 0x0400, sequence: 0, payload: [2, 0, 0, 5, 8, 0, 10, 0, 0xff, 0x41, 0, 0x42])
    #expect(try Self.read(datagram).prefix == "\u{fffd}A")
    #expect(try Self.read(datagram).headers == nil)
  }

  // MARK: A subscription

  private static func numbered(_ sequence: UInt32, group: UInt8 = 5) -> [UInt8] {
    ReplyTests.message(
      type: 0x0400, sequence: 0,
      payload: [2, 0, 0, group, 8, 0, 12, 0] + sequence.networkBytes)
  }

  /// A kernel that grants everything, then says what a script has.
  private static func transport(_ script: [RecordingTransport.Reply]) -> RecordingTransport {
    RecordingTransport { request in
      [ReplyTests.acknowledgement(0, sequence: ReplyTests.sequence(of: request))] + script
    }
  }

  private static func words(_ events: [LogSubscription.Event]) -> [String] {
    events.map { event in
      switch event {
      case .packet(let packet): "\(packet.sequence.map(String.init) ?? "-")"
      case .lost(let group, let count): "lost \(count) of \(group)"
      case .overrun: "overrun"
      case .unreadable: "unreadable"
      }
    }
  }

  private static func events(_ script: [RecordingTransport.Reply]) throws -> [String] {
    let transport = transport(script)
    var subscription = try LogSubscription(groups: [5], transport: transport)
    var words: [String] = []
    for _ in 0..<4 { words += Self.words(try subscription.read(transport)) }
    return words
  }

  @Test func whatIsMissingInTheNumbersIsLost() throws {
    #expect(
      try Self.events([
        .datagram(Self.numbered(2) + Self.numbered(3)), .datagram(Self.numbered(10)),
      ]) == ["lost 2 of 5", "2", "3", "lost 6 of 5", "10"])
  }

  @Test func numbersWrapAround() throws {
    #expect(
      try Self.events([
        .datagram(Self.numbered(0)), .datagram(Self.numbered(1)),
        .datagram(Self.numbered(0x7fff_ffff)), .datagram(Self.numbered(0xfffffff0)),
        .datagram(Self.numbered(1)),
      ]).suffix(2) == ["lost 16 of 5", "1"])
  }

  @Test func whatBeginsAnewIsNoLoss() throws {
    #expect(
      try Self.events([.datagram(Self.numbered(0)), .datagram(Self.numbered(0))]) == ["0", "0"])
  }

  @Test func anOverrunIsToldAndReadingGoesOn() throws {
    #expect(
      try Self.events([
        .datagram(Self.numbered(0)),
        .failure(.systemCall("recv", errno: ErrorNumber.noBufferSpace)),
        .datagram(Self.numbered(3)),
      ]) == ["0", "overrun", "lost 2 of 5", "3"])
  }

  @Test func whatCannotBeReadIsToldAndReadingGoesOn() throws {
    #expect(
      try Self.events([
        .datagram([1, 2, 3]), .failure(.truncatedReply),
        .datagram(ReplyTests.message(type: 0x0400, sequence: 0, payload: [2])),
        // Another part of the kernel's business.
        .datagram(ReplyTests.message(type: 0x0102, sequence: 0, payload: [2])),
        .datagram(Self.numbered(0)),
      ]) == ["unreadable", "unreadable", "unreadable", "0"])
  }

  @Test func aGroupOfAnotherProgramIsSaid() {
    for (group, errno) in [(UInt16(5), Int32(16)), (6, 1)] {
      let transport = RecordingTransport { request in
        let sequence = ReplyTests.sequence(of: request)
        // Of a reader with privilege the generation is told.
        if request[4] == 0x10 { return [ReplyTests.generation(4, for: request)] }
        return [ReplyTests.acknowledgement(errno, sequence: sequence)]
      }
      #expect(throws: LogSubscription.Failure.groupTaken(group)) {
        try LogSubscription(groups: [group], transport: transport)
      }
    }
    let transport = RecordingTransport {
      [ReplyTests.acknowledgement(1, sequence: ReplyTests.sequence(of: $0))]
    }
    #expect(throws: LogSubscription.Failure.netlink(.notPermitted)) {
      try LogSubscription(groups: [5], transport: transport)
    }
  }

  @Test func noBytesTrap() throws {
    var generator = SeededGenerator(label: "log messages")
    for _ in 0..<5_000 {
      var datagram = Self.message
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        datagram[Int.random(in: 0..<datagram.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      let length = Int.random(in: 0...datagram.count, using: &generator)
      _ = try Self.events([.datagram(Array(datagram.prefix(length)))])
    }
  }
}
