import Nftables
import TestSupport
import Testing

@testable import Kernel

/// What is heard of commits, and what is not.
@Suite struct RulesetListenerTests {
  private static let ours = RulesetChange(family: 1, table: "t")

  @Test func whatIsHeardIsKeptOnceWithItsLastTime() {
    var changes = RulesetChanges()
    let start = changes.position
    #expect(changes.isQuiet(since: start) { _ in true })
    for _ in 0..<1000 { changes.hear(Self.ours) }
    changes.hear(RulesetChange(family: 2, table: "t"))
    #expect(!changes.isQuiet(since: start) { $0 == Self.ours })
    #expect(changes.isQuiet(since: start) { $0.table == "u" })
    #expect(changes.isQuiet(since: 1000) { $0 == Self.ours })
    changes.lose()
    #expect(!changes.isQuiet(since: 1000) { $0.table == "u" })
    #expect(changes.isQuiet(since: changes.position) { _ in true })
  }

  @Test func aReadingIsConcernedByItsTableAndTheElementsThatItNames() {
    var reading = RulesetReading(ofTable: "t", generation: 7)
    let element = RulesetChange(family: 1, table: "t", set: "s")
    #expect(reading.concerns(Self.ours) && !reading.concerns(element))
    #expect(!reading.concerns(RulesetChange(family: 2, table: "t")))
    #expect(!reading.concerns(RulesetChange(family: 1, table: "u")))
    reading.elements = .of(["s"])
    #expect(reading.concerns(element))
    #expect(!reading.concerns(RulesetChange(family: 1, table: "t", set: "r")))
    reading.elements = .allBut(["s"])
    #expect(!reading.concerns(element))
    #expect(reading.concerns(RulesetChange(family: 1, table: "t", set: "r")))
  }

  /// Notices as nobody would send them: too short, without a table, of something else.
  @Test func hostileNoticesAreErrorsAndNoTraps() throws {
    let table: [UInt8] = [6, 0, 1, 0, 0x74, 0, 0, 0]
    func change(_ type: UInt16, _ payload: [UInt8]) throws -> RulesetChange? {
      try RulesetChange(
        NetlinkReply(type: type, flags: 0, sequence: 0, payload: payload[...]))
    }
    #expect(try change(0x0a00, [1, 0, 0, 0] + table) == Self.ours)
    #expect(try change(0x0a0f, []) == nil)
    #expect(try change(0x0200, []) == nil)
    for payload in [[], [1], [1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0, 9, 0, 1, 0]] as [[UInt8]] {
      #expect(throws: NetlinkError.malformedReply) { try change(0x0a06, payload) }
    }
    // Elements without a set.
    #expect(throws: NetlinkError.malformedReply) {
      try change(0x0a0c, [1, 0, 0, 0] + table)
    }
    for length in 0..<table.count {
      _ = try? change(0x0a06, [1, 0, 0, 0] + table.prefix(length))
    }
  }

  /// What did not fit the buffer is known to be missing, and after that all is heard again.
  @Test func whatDidNotFitIsKnownToBeMissing() throws {
    let namespace = try NetworkNamespace()
    try namespace.enter {
      let listener = RulesetListener(try NetlinkSocket(receiveBuffer: 2048))
      #expect(listener.start())
      let start = listener.hear().position
      try namespace.run(["nft", "add table inet u; add set inet u s { type ipv4_addr; }"])
      for number in 0..<40 {
        try namespace.run(["nft", "add element inet u s { 192.0.2.\(number) }"])
      }
      let heard = listener.hear()
      #expect(!heard.isQuiet(since: start) { $0.table == "t" })
      #expect(heard.isQuiet(since: heard.position) { _ in true })
      try namespace.run(["nft", "add element inet u s { 192.0.2.99 }"])
      let again = listener.hear()
      #expect(again.isQuiet(since: heard.position) { $0.table == "t" })
      #expect(
        !again.isQuiet(since: heard.position) {
          $0 == RulesetChange(family: 1, table: "u", set: "s")
        })
      // Who has stopped hears nothing, and knows it.
      listener.stop()
      try namespace.run(["nft", "delete table inet u"])
      let gap = listener.hear()
      #expect(gap.position == again.position + 1)
      #expect(!gap.isQuiet(since: again.position) { _ in false })
    }
  }

  /// A reading holds by being heard only as long as somebody has listened all the time.
  @Test func whatNobodyHeardEndsAReading() throws {
    let namespace = try NetworkNamespace()
    try namespace.enter {
      let socket = try NetlinkSocket()
      let ears = socket.listener
      let listener = try #require(ears)
      try namespace.run(["nft", "add table inet t; add table inet u"])
      #expect(listener.start())
      var heard = try RulesetReading(ofTable: "t", elements: .none, socket)
      try namespace.run(["nft", "add counter inet u c"])
      #expect(try heard.renew(socket))
      var changed = heard
      try namespace.run(["nft", "add counter inet t c"])
      #expect(try !changed.renew(socket))

      heard = try RulesetReading(ofTable: "t", elements: .none, socket)
      var again = heard
      listener.stop()
      try namespace.run(["nft", "add counter inet t d"])
      #expect(try !heard.renew(socket))
      #expect(listener.start())
      #expect(try !again.renew(socket))
      listener.stop()
    }
  }

  /// What we commit ourselves is no news, and none of it waits in a buffer.
  @Test func ourOwnBatchesAreNotHeard() throws {
    let namespace = try NetworkNamespace()
    try namespace.enter {
      let socket = try NetlinkSocket()
      let ears = socket.listener
      let listener = try #require(ears)
      #expect(listener.start())
      let table = Table(name: "t", origin: Origin(index: 0))
      _ = try KernelTransaction().replace(table: table, transport: socket)
      #expect(listener.hear().position == 0)
      try namespace.run(["nft", "add counter inet t c"])
      #expect(listener.hear().position > 0)
      listener.stop()
    }
  }

  @Test func aReadingIsOfWhatComesToIt() {
    var reading = RulesetReading(ofTable: "t", generation: 7)
    reading.include(["s"])
    #expect(reading.elements == .of(["s"]))
    reading.include(["r"])
    #expect(reading.elements == .of(["r", "s"]))
    reading.elements = .allBut(["r", "q"])
    reading.include(["r", "s"])
    #expect(reading.elements == .allBut(["q"]))
  }
}
