import Diagnostics
import Evidence
import TestSupport
import Testing

/// What was watched, summed up and drawn.
@Suite struct WatchScreenTests {
  private static let gate = "fwpolicy/smtp-egress/default/reject: "
  private static let inbound = "fwpolicy/inbound/default/deny: "
  private static let start: Int64 = 1_764_087_062

  private static func tally(_ lost: UInt64 = 0) throws -> WatchTally {
    var fixture = try WatchFixture()
    var tally = WatchTally()
    for number in 0..<5 {
      tally.add(
        fixture.event(WatchFixture.packet(gate, from: "198.51.100.17", at: start + Int64(number))),
        at: 100 + Int64(number))
    }
    tally.add(
      fixture.event(WatchFixture.packet(inbound, from: "203.0.113.5", port: 23, at: start)), at: 104
    )
    if lost > 0 { tally.addLost(lost) }
    return tally
  }

  private static func screen(_ tally: WatchTally) -> WatchScreen {
    WatchScreen(
      title: "edge: log group 5", tally, started: 100, at: 109,
      microseconds: (start + 9) * 1_000_000 + 1234)
  }

  @Test func aScreenSumsUp() throws {
    let lines = Self.screen(try Self.tally()).lines(.init(columns: 100, rows: 14)).map(\.text)
    #expect(
      lines == [
        "edge: log group 5  9s",
        "6 packets  0.6/s",
        "",
        "PACKETS  RATE   LAST    VERDICT  DECIDED BY",
        "      5  0.5/s  5s ago  reject   the gate `smtp-egress` policy.yaml:17",
        "      1  0.1/s  9s ago  deny     the inbound default policy.yaml:12",
        "",
        "PACKETS  LAST    SOURCE         WHO                     LAST PACKET",
        "      5  5s ago  198.51.100.17  acme (ticket NET-4211)  tcp 198.51.100.17:40000 -> 203.0.113.9:25",
        "      1  9s ago  203.0.113.5                            tcp 203.0.113.5:40000 -> 203.0.113.9:23",
        "",
        "LAST PACKETS",
        "16:11:02 deny tcp 203.0.113.5:40000 -> 203.0.113.9:23 in eth0: the inbound default policy.yaml:12",
        "16:11:06 reject tcp 198.51.100.17:40000 -> 203.0.113.9:25 in bng1 out eth0: the gate `smtp-egress` …",
      ])
  }

  @Test func lossesAreShown() throws {
    var tally = try Self.tally(12)
    func second() -> String { Self.screen(tally).lines(.init(columns: 80, rows: 24))[1].text }
    #expect(second() == "6 packets  0.6/s  lost 12")
    tally.addOverrun()
    #expect(second() == "6 packets  0.6/s  lost 12 and more")
    tally.addLost(3)
    tally.addUnreadable()
    #expect(second() == "6 packets  0.6/s  lost 15  unreadable 1")
    #expect(Self.screen(tally).summary(columns: 80).contains("lost 15"))
  }

  /// However small the window is.
  @Test func noScreenIsLargerThanTheTerminal() throws {
    let tally = try Self.tally(1)
    for columns in [0, 1, 7, 20, 79, 300] {
      for rows in 0...30 {
        let lines = Self.screen(tally).lines(.init(columns: columns, rows: rows))
        #expect(lines.count <= rows)
        #expect(lines.allSatisfy { $0.text.visibleWidth <= columns })
      }
    }
  }

  @Test func nothingWatchedIsAScreenToo() {
    let lines = Self.screen(WatchTally()).lines(.init(columns: 80, rows: 24)).map(\.text)
    #expect(lines == ["edge: log group 5  9s", "0 packets  0.0/s"])
  }

  @Test func anIPv6SourceIsItsNetwork() throws {
    var fixture = try WatchFixture()
    var tally = WatchTally()
    for end in ["1", "2", "ffff"] {
      tally.add(
        fixture.event(
          WatchFixture.packet(Self.gate, from: "2001:db8:b:1::\(end)", to: "2001:db8:9::1")),
        at: 0)
    }
    #expect(tally.talkers(9).map(\.source) == ["2001:db8:b:1::/64"])
    #expect(tally.talkers(9).first?.count == 3)
  }

  /// Anybody may send from any address: what is remembered is bounded, and nothing is uncounted.
  @Test func aFloodFromManySourcesKeepsTheFrequentOnes() throws {
    var fixture = try WatchFixture()
    var tally = WatchTally(sourceCapacity: 64)
    var generator = SeededGenerator(label: "talkers")
    for number in 0..<2000 {
      let last = number % 3 == 0 ? 7 : UInt8.random(in: 8...255, using: &generator)
      tally.add(
        fixture.event(WatchFixture.packet(Self.gate, from: "198.51.100.\(last)")), at: 0)
    }
    let talkers = tally.talkers(.max)
    #expect(talkers.count <= 64)
    #expect(talkers.first?.source == "198.51.100.7")
    #expect(talkers.first?.count == 667)
    #expect(talkers.reduce(tally.otherSources) { $0 + $1.count } == 2000)
    #expect(tally.total == 2000)
    #expect(tally.recent.count <= 256)
  }

  /// Seconds at which something happened, the second that is asked about, and tenths a second.
  @Test(arguments: [
    ([Int64](), Int64(5), UInt64(0)),
    ([0], 0, 10),
    ([0, 0, 0], 0, 30),
    ([0, 1], 1, 10),
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 9, 10),
    // What is ten seconds old no longer counts.
    ([0, 0, 0, 0, 5], 10, 1),
    ([0], 9, 1), ([0], 10, 0), ([0], 1000, 0),
    ([0, 1000], 1000, 1),
    // A clock that goes back.
    ([20, 10], 20, 20),
    ([-3, -2], -2, 10),
  ])
  func aRateIsOfTheLastTenSeconds(at: [Int64], now: Int64, tenths: UInt64) {
    var meter = RateMeter()
    for second in at { meter.add(at: second) }
    #expect(meter.tenths(at: now) == tenths)
  }
}
