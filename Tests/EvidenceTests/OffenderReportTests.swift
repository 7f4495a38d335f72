import Diagnostics
import Evidence
import NetworkTypes
import PolicyLanguage
import Testing

@Suite struct OffenderReportTests {
  private static let rows = [
    row(prefix("198.51.100.0/24"), "pool", owner: "isp", answer: .relaysOnly),
    row(
      prefix("198.51.100.16/28"), "acme, inc", owner: "=acme", ticket: "NET-4211", answer: .allowed),
    row(prefix("2001:db8:b::/48"), "six", owner: "isp"),
  ]

  private static let readings = [
    OffenderReading(
      family: .ipv6, address: 0x2001_0db8_000b_0001 << 64, packets: 9, bytes: 90,
      secondsSinceLast: 60),
    OffenderReading(
      family: .ipv4, address: 0xc633_6412, packets: 7, bytes: 420, secondsSinceLast: 7200),
    OffenderReading(family: .ipv4, address: 0xc633_6401, packets: 7, bytes: 1, secondsSinceLast: 0),
    OffenderReading(
      family: .ipv4, address: 0xcb00_7101, packets: 1, bytes: 1, secondsSinceLast: nil),
  ]

  private static func report(
    by grouping: OffenderReport.Grouping = .source, since: UInt64? = nil, top: Int? = nil
  ) -> OffenderReport {
    OffenderReport(
      readings, subnets: rows, by: grouping, since: since, top: top,
      takenAt: Timestamp(seconds: 1_800_000_000))
  }

  @Test func theWorstComeFirstWithWhoseTheyAre() {
    #expect(
      Self.report().csv == """
        source,subnet,prefix,owner,ticket,answer,packets,bytes,last_seen\r
        2001:db8:b:1::/64,six,2001:db8:b::/48,isp,,blocked,9,90,2027-01-15T07:59:00Z\r
        198.51.100.1,pool,198.51.100.0/24,isp,,relays-only,7,1,2027-01-15T08:00:00Z\r
        198.51.100.18,"acme, inc",198.51.100.16/28,'=acme,NET-4211,allowed,7,420,2027-01-15T06:00:00Z\r
        203.0.113.1,,,,,,1,1,\r\n
        """)
  }

  @Test func whoWasStoppedLongAgoIsLeftOut() {
    #expect(Self.report(since: 60).lines.map(\.packets) == [9, 7])
    #expect(Self.report(since: 59).lines.map(\.packets) == [7])
    #expect(Self.report(since: 7200).sourceCount == 3)
    #expect(Self.report(top: 1).lines.count == 1 && Self.report(top: 1).sourceCount == 4)
  }

  @Test func subnetsAndOwnersAreAddedUp() {
    let owners = Self.report(by: .owner)
    #expect(owners.lines.map(\.owner) == ["isp", "=acme", nil])
    #expect(owners.lines.map(\.packets) == [16, 7, 1])
    #expect(owners.lines.map(\.sources) == [2, 1, 1])
    #expect(owners.lines.map(\.secondsSinceLast) == [0, 7200, nil])
    #expect(Self.report(by: .subnet).lines.map(\.row) == [2, 0, 1, nil])
    #expect(owners.table.heading == ["owner", "sources", "packets", "bytes", "last_seen"])
    for grouping in OffenderReport.Grouping.allCases {
      let table = Self.report(by: grouping).table
      #expect(table.rows.allSatisfy { $0.count == table.heading.count })
    }
  }

  /// A row smaller than a /64 may be whose the packets were, and may not.
  @Test(
    arguments: [
      ("2001:db8:b:1::7/128", nil), ("2001:db8:b:1::/65", nil), ("2001:db8:b:1::/64", 1),
      ("2001:db8:b:2::7/128", 0), ("2001:db8:b::/63", 1), ("2001:db8:b:0:ffff::/80", 0),
    ] as [(String, Int?)])
  func aDividedNetworkBelongsToNobody(_ prefix: String, _ row: Int?) throws {
    let subnets = try ["2001:db8:b::/48", prefix].map { text in
      Subnet(
        prefix: try #require(IPPrefix(try parseAddressLiteral(text))), name: text,
        answer: .blocked, span: Self.rows[0].span)
    }
    let address = try #require(UInt128("20010db8000b00010000000000000000", radix: 16))
    let report = OffenderReport(
      [
        OffenderReading(
          family: .ipv6, address: address, packets: 1, bytes: 1, secondsSinceLast: 0)
      ], subnets: subnets, takenAt: Timestamp(seconds: 0))
    #expect(report.lines.map(\.row) == [row])
  }

  /// A day is how policies write a date, and no time of a reading.
  @Test func midnightIsATime() {
    let report = OffenderReport(
      [Self.readings[2]], subnets: Self.rows, takenAt: Timestamp(seconds: 1_800_057_600))
    #expect(report.csv.hasSuffix(",2027-01-16T00:00:00Z\r\n"))
    #expect(
      report.json(policy: "p", isCurrent: true).text.contains(
        "\"takenAt\": \"2027-01-16T00:00:00Z\""))
    #expect("\(Timestamp(seconds: 1_800_057_600))" == "2027-01-16")
    #expect(Timestamp(seconds: 1_800_057_601).moment == "2027-01-16T00:00:01Z")
    #expect(Timestamp(seconds: .max).moment == "\(Int64.max) s")
  }

  @Test func countsThatOverflowStop() {
    let many = (0..<3).map {
      OffenderReading(
        family: .ipv4, address: 0xc633_6400 + $0, packets: .max, bytes: .max, secondsSinceLast: .max
      )
    }
    let report = OffenderReport(
      many, subnets: Self.rows, by: .owner, takenAt: Timestamp(seconds: 0))
    #expect(report.lines.map(\.packets) == [.max])
    #expect(report.json(policy: "p", isCurrent: true).text.contains("\"packets\": \(Int.max)"))
  }

  @Test func jsonHasAVersion() {
    let text = Self.report(top: 1).json(policy: "edge", isCurrent: false).text
    #expect(
      text == """
        {
          "version": 1,
          "policy": "edge",
          "takenAt": "2027-01-15T08:00:00Z",
          "isCurrent": false,
          "by": "source",
          "sources": 4,
          "full": [],
          "offenders": [
            {
              "source": "2001:db8:b:1::/64",
              "subnet": "six",
              "prefix": "2001:db8:b::/48",
              "owner": "isp",
              "answer": "blocked",
              "packets": 9,
              "bytes": 90,
              "lastSeen": "2027-01-15T07:59:00Z"
            }
          ]
        }

        """)
  }
}
