import Evidence
import Testing

/// A reading of counters on screens of all sizes.
@Suite struct CounterScreenTests {
  private static let heading = [
    "kind", "name", "prefix", "owner", "packets", "bytes", "packets/s", "bytes/s", "where",
  ]

  private static func row(_ number: Int) -> [String] {
    [
      "subnet", "row-\(number)", "192.0.2.\(number)/32", "Owner", "\(number)", "\(number)00", "0.1",
      "10.0", "rows.csv:\(number)",
    ]
  }

  private static func lines(
    _ count: Int, _ columns: Int, _ rows: Int, notices: [String] = []
  ) -> [String] {
    let table = (heading: heading, rows: (0..<count).map(row))
    let lines = CounterScreen(notices: notices, table).lines(.init(columns: columns, rows: rows))
    #expect(lines.filter(\.isHeading).count <= 1)
    return lines.map(\.text)
  }

  @Test func allThatFitsIsShown() {
    let lines = Self.lines(2, 100, 3)
    #expect(
      lines == [
        "KIND    NAME   PREFIX        OWNER  PACKETS  BYTES  PACKETS/S  BYTES/S  WHERE",
        "subnet  row-0  192.0.2.0/32  Owner  0        000    0.1        10.0     rows.csv:0",
        "subnet  row-1  192.0.2.1/32  Owner  1        100    0.1        10.0     rows.csv:1",
      ])
  }

  @Test func theLastLineCountsWhatDoesNot() {
    #expect(Self.lines(3, 100, 3).last == "2 more")
    #expect(Self.lines(3, 100, 4).last?.hasPrefix("subnet  row-2") == true)
    #expect(Self.lines(3, 100, 2).last == "3 more")
    #expect(Self.lines(3, 100, 1) == ["3 more"])
    #expect(Self.lines(1000, 100, 24).last == "978 more")
    #expect(Self.lines(0, 100, 24).count == 1)
  }

  @Test func noticesStandAboveAndTakeTheirLines() {
    let lines = Self.lines(9, 100, 6, notices: ["warning: one", "two\u{1b}[2J\nthree"])
    #expect(lines.count == 6)
    #expect(lines[0] == "warning: one")
    #expect(!lines[1].contains { $0 == "\u{1b}" || $0 == "\n" })
    #expect(lines[2].hasPrefix("KIND"))
    #expect(lines[5] == "7 more")
    #expect(Self.lines(9, 100, 2, notices: ["warning: one", "two"]) == ["warning: one", "9 more"])
  }

  /// Names and counts are what is asked for.
  @Test func aNarrowScreenGoesWithoutLesserColumns() {
    #expect(Self.lines(1, 70, 3)[0].hasSuffix("PACKETS/S  BYTES/S"))
    #expect(
      Self.lines(1, 42, 3) == [
        "KIND    NAME   PACKETS  BYTES  PACKETS/S", "subnet  row-0  0        000    0.1",
      ])
    #expect(Self.lines(1, 33, 3)[0] == "KIND    NAME   PACKETS  PACKETS/S")
    #expect(Self.lines(1, 20, 3)[0] == "KIND    NAME   PACK…")
  }

  @Test func nothingIsWiderOrLongerThanTheScreen() {
    for columns in 0..<90 {
      for rows in 0..<8 {
        let lines = Self.lines(4, columns, rows, notices: ["warning: something"])
        #expect(lines.count <= rows)
        #expect(lines.allSatisfy { $0.count <= columns }, "\(columns) × \(rows)")
      }
    }
  }
}
