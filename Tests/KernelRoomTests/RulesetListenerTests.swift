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
      try listener.start()
      let start = try listener.hear().position
      try namespace.run(["nft", "add table inet u; add set inet u s { type ipv4_addr; }"])
      for number in 0..<40 {
        try namespace.run(["nft", "add element inet u s { 192.0.2.\(number) }"])
      }
      let heard = try listener.hear()
      #expect(!heard.isQuiet(since: start) { $0.table == "t" })
      #expect(heard.isQuiet(since: heard.position) { _ in true })
      try namespace.run(["nft", "add element inet u s { 192.0.2.99 }"])
      let again = try listener.hear()
      #expect(again.isQuiet(since: heard.position) { $0.table == "t" })
      #expect(
        !again.isQuiet(since: heard.position) {
          $0 == RulesetChange(family: 1, table: "u", set: "s")
        })
      // Who has stopped hears nothing.
      listener.stop()
      try namespace.run(["nft", "delete table inet u"])
      #expect(try listener.hear().position == again.position)
    }
  }
}
