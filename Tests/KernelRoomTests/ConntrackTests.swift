import NetworkTypes
import TestSupport
import Testing

@testable import Kernel

/// Messages of ctnetlink and rtnetlink, as they come and as they may come.
@Suite struct ConntrackTests {
  /// From a kernel 6.18: an established connection from 198.51.100.7 to port 587 of 203.0.113.9.
  static let entry = LogMessageTests.hexadecimal(
    "d40000000001220007000000117d568b02000000340001801400018008000100c633640708000200cb0071091c"
      + "0002800500010006000000060002008eba000006000300024b0000340002801400018008000100cb00710908"
      + "000200c63364071c000280050001000600000006000200024b0000060003008eba0000080003000000000e08"
      + "0008000000000008000c0067356bea08000b0000000001080007000006977f300004802c0001800500010003"
      + "000000050002000a000000050003000a00000006000400230000000600050023000000")

  private static func read(_ datagram: [UInt8]) throws -> ConntrackEntry {
    try ConntrackEntry(try #require(try NetlinkReply.parse(datagram).first))
  }

  /// The same bytes with others in the place of some, as hexadecimal.
  private static func edited(_ old: String, _ new: String) throws -> [UInt8] {
    let (old, new) = (LogMessageTests.hexadecimal(old), LogMessageTests.hexadecimal(new))
    var bytes = entry
    let place = try #require(
      bytes.indices.first { bytes[$0...].starts(with: old) }, "the message has no \(old)")
    bytes.replaceSubrange(place..<place + old.count, with: new)
    bytes.replaceSubrange(0..<4, with: UInt32(bytes.count).hostBytes)
    return bytes
  }

  @Test func anEntryOfTheKernelIsRead() throws {
    let entry = try Self.read(Self.entry)
    #expect(entry.original.addresses.ends == ("198.51.100.7", "203.0.113.9"))
    #expect(entry.original.ipProtocol == .tcp)
    #expect(entry.original.sourcePort == 36538)
    #expect(entry.original.destinationPort == 587)
    #expect(entry.reply.addresses.ends == ("203.0.113.9", "198.51.100.7"))
    #expect(entry.reply.sourcePort == 587)
    #expect(entry.tcpState == 3)
    #expect(!entry.isFinished)
    #expect(!entry.isExpected)
    #expect(entry.zone == nil)
  }

  @Test func aFinishedConnectionAndAnExpectedOneAreKnown() throws {
    #expect(try Self.read(Self.edited("0500010003000000", "0500010007000000")).isFinished)
    #expect(
      try Self.read(Self.edited("0800080000000000", "0400" + "0e80" + "06001200" + "00070000"))
        .isExpected)
    #expect(try Self.read(Self.edited("0800080000000000", "06001200" + "00070000")).zone == 7)
  }

  /// Each would otherwise be read past its end, or say less than it must.
  @Test(arguments: [
    ("08000100c6336407", "0600" + "0100" + "c6330000"),  // an address of two bytes
    ("08000200cb007109", "0800" + "0900" + "cb007109"),  // no destination
    ("0500010006000000", "0600010006000000"),  // a protocol of two bytes
    ("060002008eba0000", "080002008eba0000"),  // a port of four
    ("060003008eba0000", "030003008eba0000"),  // an attribute shorter than itself
    ("34000180", "34001180"),  // no original tuple
    ("34000280", "34001180"),  // no reply
    ("08000c0067356bea", "06000c0067350000"),  // a number of two bytes
    ("080007000006977f", "ff0007000006977f"),  // beyond the end
  ])
  func aWrongAttributeIsRefused(old: String, new: String) throws {
    let datagram = try Self.edited(old, new)
    #expect(throws: NetlinkError.malformedReply) { try Self.read(datagram) }
  }

  @Test func noBytesTrap() throws {
    var generator = SeededGenerator(label: "conntrack entries")
    for _ in 0..<20_000 {
      var datagram = Self.entry
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        datagram[Int.random(in: 16..<datagram.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      let length = Int.random(in: 16...datagram.count, using: &generator)
      datagram = Array(datagram.prefix(length))
      datagram.replaceSubrange(0..<4, with: UInt32(length).hostBytes)
      _ = try? Self.read(datagram)
    }
  }

  @Test func bothFamiliesAreListed() throws {
    let transport = RecordingTransport { request in
      let sequence = ReplyTests.sequence(of: request)
      var entry = Self.entry
      entry.replaceSubrange(8..<12, with: sequence.hostBytes)
      let done = ReplyTests.message(type: 3, sequence: sequence, payload: [0, 0, 0, 0])
      return [.datagram(request[16] == 2 ? entry + done : done)]
    }
    #expect(try Conntrack.entries(transport).count == 1)
    // IPCTNL_MSG_CT_GET of AF_INET and of AF_INET6, with NLM_F_DUMP.
    #expect(
      transport.sent.map { Array($0.dropFirst(4).prefix(4) + $0[16...16]) }
        == [[1, 1, 1, 3, 2], [1, 1, 1, 3, 10]])
  }

  /// IPCTNL_MSG_CT_DELETE: the original tuple as it was listed, and the number.
  @Test func aDeletionNamesExactlyOneEntry() throws {
    let entry = try Self.read(Self.entry)
    var answers: [Int32] = [0, 2, 16]
    let transport = RecordingTransport { _ in
      defer { answers = [] }
      return answers.enumerated().map {
        ReplyTests.acknowledgement($0.element, sequence: UInt32(1 + $0.offset))
      }
    }
    #expect(
      try Conntrack.delete([entry, entry, entry], transport)
        == [.deleted, .gone, .refused(errno: 16)])
    let request = try #require(transport.sent.first)
    #expect(
      Array(request.prefix(request.count / 3))
        == LogMessageTests.hexadecimal(
          "5000000002010500" + "0100000000000000" + "02000000"
            + "34000180" + "1400018008000100c633640708000200cb007109"
            + "1c0002800500010006000000060002008eba000006000300024b0000"
            + "08000c0067356bea"))
  }

  @Test func aDeletionWithoutAnAnswerIsNoSuccess() throws {
    let entry = try Self.read(Self.entry)
    #expect(throws: NetlinkError.unconfirmed) {
      try Conntrack.delete([entry], RecordingTransport())
    }
    #expect(try Conntrack.delete([], RecordingTransport()) == [])
  }

  // MARK: Routes

  private static func route(_ body: String) throws -> Route? {
    let transport = RecordingTransport { request in
      [
        .datagram(
          ReplyTests.message(
            type: 24, sequence: ReplyTests.sequence(of: request),
            payload: LogMessageTests.hexadecimal(body)))
      ]
    }
    return try RouteLookup.route(to: IPv4Address(bits: 0xc633_6407), transport)
  }

  /// RTM_NEWROUTE: `struct rtmsg`, then RTA_OIF or RTA_MULTIPATH.
  @Test func aRouteIsRead() throws {
    #expect(
      try Self.route("0218000000fe000100000000" + "0800040007000000")
        == Route(isLocal: false, interfaces: [7]))
    #expect(
      try Self.route("0220000000ff000200000000" + "0800040001000000")
        == Route(isLocal: true, interfaces: [1]))
    // Two next hops, one of them with a gateway, and one of them twice.
    #expect(
      try Self.route(
        "0218000000fe000100000000" + "2c000900" + "10000000" + "07000000" + "08000500c0000201"
          + "08000000" + "09000000" + "1000" + "0000" + "07000000" + "08000500c0000202")
        == Route(isLocal: false, interfaces: [7, 9]))
  }

  @Test(arguments: [
    "0218000000fe0001",  // less than its head
    "0218000000fe000100000000" + "06000400" + "07000000",  // an interface of two bytes
    "0218000000fe000100000000" + "0c000900" + "09000000" + "07000000",  // a hop beyond the end
    "0218000000fe000100000000" + "0c000900" + "00000000" + "07000000",  // of no length
    "0218000000fe000100000000" + "08000900" + "08000000",  // without an interface
  ])
  func aWrongRouteIsRefused(body: String) {
    #expect(throws: NetlinkError.malformedReply) { try Self.route(body) }
  }

  private static func rules(_ bodies: String...) throws -> RoutingRules {
    let transport = RecordingTransport { request in
      let sequence = ReplyTests.sequence(of: request)
      return bodies.map {
        .datagram(
          ReplyTests.message(
            type: 32, flags: 2, sequence: sequence, payload: LogMessageTests.hexadecimal($0)))
      } + [
        .datagram(ReplyTests.message(type: 3, flags: 2, sequence: sequence, payload: [0, 0, 0, 0]))
      ]
    }
    return try RoutingRules.read(.ipv4, transport)
  }

  /// RTM_NEWRULE: `struct fib_rule_hdr`, then FRA_TABLE, FRA_SUPPRESS_PREFIXLEN, FRA_PROTOCOL.
  @Test func whatRulesOfRoutingLookAtIsRead() throws {
    let tail = "08000f00fe000000" + "08000e00ffffffff" + "0500150002000000"
    let main = "02000000fe00000100000000" + tail
    let bySource = "02001c00fe00000100000000" + "08000200c6336410" + tail
    let byInput = "02000000fe00000100000000" + "0900030065746830" + "00000000" + tail
    let byMark = "02000000fe00000100000000" + "08000a0007000000" + "08001000ffffffff" + tail
    let byService = "02000008fe00000100000000" + tail
    #expect(try Self.rules(main, main) == .plain)
    #expect(try Self.rules(main, bySource) == .addressesAndInput)
    #expect(try Self.rules(byInput, main) == .addressesAndInput)
    #expect(try Self.rules(bySource, byMark, main) == .more)
    #expect(try Self.rules(byService, main) == .more)
    #expect(throws: NetlinkError.malformedReply) { try Self.rules("02000000fe") }
    let unsupported = RecordingTransport {
      [ReplyTests.acknowledgement(95, sequence: ReplyTests.sequence(of: $0))]
    }
    #expect(try RoutingRules.read(.ipv6, unsupported) == .plain)
  }

  @Test func noRouteIsNone() throws {
    let transport = RecordingTransport {
      [ReplyTests.acknowledgement(101, sequence: ReplyTests.sequence(of: $0))]
    }
    #expect(try RouteLookup.route(to: IPv6Address(bits: 1), transport) == nil)
  }
}
