import Compiler
import Evidence
import Foundation
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// A report of a policy in memory.
func report(
  _ text: String, rowLimit: Int = 1000, asOf: Int64 = 1_800_000_000,
  readings: ReportReadings? = nil
) throws -> PolicyReport {
  var compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]), proves: false)
  let asOf = Timestamp(seconds: asOf)
  compilation.runChecks(CheckOptions(listsAll: true, asOf: asOf))
  let policy = try #require(compilation.policy, "\(compilation.diagnostics)")
  let matrix = try PolicyQuestions(about: policy).serviceMatrix(asOf: asOf)
  return try #require(
    PolicyReport(compilation, matrix: matrix, asOf: asOf, rowLimit: rowLimit, readings: readings))
}

enum ReportExamples {
  static let edge = """
    fwpolicy: 1
    name: edge
    description: The <b>edge</b> & "its" customers
    owner: noc
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [eth1], networks: [homes] }
    networks:
      homes: { of: [198.51.100.0/24, 2001:db8:b::/48], class: residential }
      noc: [192.0.2.0/28, 2001:db8:10::/64]
    inbound:
      - { allow: ssh, from: noc }
      - { allow: postgresql, waive: { exposed-database: "<script>alert(1)</script>" } }
    forward:
      - { name: clients-out, allow: any, from: clients, to: internet }
    smtp-egress:
      clients: clients
      relays: 192.0.2.25
      allow:
        - { from: 198.51.100.16/28, owner: acme, ticket: NET-1, expires: 2027-01-20 }
        - { from: 198.51.100.32/28, owner: bolt, ticket: NET-2, expires: 2026-01-20 }
        - { from: 198.51.100.48/28, owner: coil, ticket: NET-3, expires: 2029-01-20 }
      subnets:
        - { prefix: 198.51.100.80, name: "host <x>", smtp: blocked }
        - { prefix: 198.51.100.64/28, name: dora, smtp: allowed, owner: Dora Inc, ticket: NET-4, expires: 2029-05-05 }
        - { prefix: "2001:db8:b:5::/64", name: six, smtp: relays-only }

    """

  /// More zones than are columns of tables.
  static func manyZones(_ count: Int = 60) -> String {
    """
    fwpolicy: 1
    name: core
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
    \((0..<count).map { "  pop-\($0): { kind: clients, interfaces: [vlan\($0)], networks: [10.\($0).0.0/16] }\n" }.joined())
    inbound:
      - { allow: ssh, from: pop-3 }
    forward:
      - { allow: [https, dns], from: [\((0..<count).map { "pop-\($0)" }.joined(separator: ", "))], to: internet }
      - { allow: imaps, from: internet, to: { zone: pop-7, network: 10.7.0.7 } }
    smtp-egress:
      clients: [\((0..<count).map { "pop-\($0)" }.joined(separator: ", "))]

    """
  }

  static func readings(offenders: Int = 3) -> ReportReadings {
    ReportReadings(
      takenAt: Timestamp(seconds: 1_800_000_000), isCurrent: true,
      counts: [
        .init(label: "the gate", packets: 1_234_567, bytes: 98_765_432),
        .init(label: "rule `clients-out`", packets: 3, bytes: 180),
        .init(label: "rule `idle`", packets: 0, bytes: 0),
      ],
      subnetPackets: [0: 7, 2: 1234],
      offenders: (0..<offenders).map {
        .init(
          source: "198.51.100.\($0)", packets: UInt64(1000 - $0), subnet: "homes-\($0)",
          owner: $0 == 0 ? "acme <root>" : nil)
      })
  }
}

@Suite struct ReportPageTests {
  @Test func textsOfThePolicyAreNeverMarkup() throws {
    let page = try report(ReportExamples.edge, readings: ReportExamples.readings()).page
    #expect(page.contains("The &lt;b&gt;edge&lt;/b&gt; &amp; &quot;its&quot; customers"))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(page.contains("acme &lt;root&gt;"))
    #expect(!page.contains("<script"))
    #expect(!page.contains("<b>"))
    #expect(!page.contains("<root>"))
  }

  @Test func nothingIsAskedOfANetwork() throws {
    let page = try report(ReportExamples.edge, readings: ReportExamples.readings()).page
    #expect(page.contains("default-src &apos;none&apos;"))
    for forbidden in ["http:", "https:", "src=", "url(", "@import", "<link", "<img", "<iframe"] {
      #expect(!page.contains(forbidden), "\(forbidden)")
    }
  }

  @Test func everyElementIsClosed() throws {
    let page = try report(ReportExamples.edge, readings: ReportExamples.readings()).page
    var open: [Substring] = []
    for match in page.matches(of: /<(\/?)([a-z0-9]+)[^>]*>/) where match.2 != "meta" {
      if match.1.isEmpty {
        open.append(match.2)
      } else {
        #expect(open.popLast() == match.2)
      }
    }
    #expect(open.isEmpty)
  }

  @Test func expiryIsToldAsOfADay() throws {
    // 1,800,000,000 is 2027-01-15.
    let page = try report(ReportExamples.edge).page
    #expect(page.contains("2027-01-20 (soon)"))
    #expect(page.contains("2026-01-20 (expired)"))
    #expect(page.contains(">2029-01-20<"))
  }

  @Test func declarationsAreAssertedNotVerified() throws {
    let page = try report(ReportExamples.edge).page
    #expect(page.contains("Asserted by the policy&apos;s author, and not verified"))
    #expect(page.contains("kind: outside"))
    #expect(page.contains("class: residential"))
  }

  @Test func waiversShowTheirReasons() throws {
    let page = try report(ReportExamples.edge).page
    #expect(page.contains("waived at p.yaml:14"))
    #expect(page.contains("FW406"))
  }

  /// The cells of the tables, row by row, with the labels that narrow screens show.
  private func rows(_ page: String, under head: String) -> [String] {
    page.matches(of: /<tr>(.*?)<\/tr>/.dotMatchesNewlines()).map { match in
      match.1.replacing(/<[^>]*>/, with: "|").split(separator: "|")
        .map { $0.filter { $0 != "\n" }.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }.joined(separator: "|")
    }.filter { $0.hasPrefix(head) }
  }

  @Test func everySubnetHasItsAnswerAndWhatWasStopped() throws {
    let page = try report(ReportExamples.edge, readings: ReportExamples.readings()).page
    #expect(page.contains("3 subnets: 1 blocked, 1 relays-only, 1 allowed."), "\(page)")
    #expect(
      rows(page, under: "198.51.100.64/28")
        == [
          "198.51.100.64/28|dora|allowed|Dora Inc|NET-4|2029-05-05|0",
          "198.51.100.64/28|any|Dora Inc|NET-4|2029-05-05|dora|p.yaml:26",
        ])
    #expect(rows(page, under: "198.51.100.80") == ["198.51.100.80|host &lt;x&gt;|blocked|–|–|–|7"])
    #expect(rows(page, under: "2001:db8:b:5") == ["2001:db8:b:5::/64|six|relays-only|–|–|–|1,234"])
    // The busiest first, and as many as are asked for.
    let short = try report(ReportExamples.edge, rowLimit: 1, readings: ReportExamples.readings())
      .page
    #expect(rows(short, under: "2001:db8:b:5").count == 1)
    #expect(rows(short, under: "198.51.100.80") == [])
    #expect(short.contains("2 more are in the inventory"))
  }

  @Test func exemptionsHaveTheirOwners() throws {
    let page = try report(ReportExamples.edge).page
    #expect(
      rows(page, under: "198.51.100.16/28")
        == ["198.51.100.16/28|any|acme|NET-1|2027-01-20 (soon)|–|p.yaml:21"])
  }

  @Test func theMatrixAndTheFindingsAreThere() throws {
    let page = try report(ReportExamples.edge).page
    #expect(
      rows(page, under: "ssh|").first?.contains("◐ part") == true, "\(rows(page, under: "ssh"))")
    #expect(rows(page, under: "postgresql|").first?.contains("● all") == true)
    #expect(page.contains("FW505") && page.contains("(expired)"))
  }

  @Test func manyZonesAreAList() throws {
    let page = try report(ReportExamples.manyZones()).page
    let web = rows(page, under: "internet|")
    #expect(web.count == 1 && web[0].contains("anywhere but internet"), "\(web)")
    #expect(rows(page, under: "pop-7|").first?.contains("imaps") == true)
    #expect(page.contains("Through this machine"))
  }

  @Test func withoutReadingsThereAreNoCounters() throws {
    let bare = try report(ReportExamples.edge).page
    #expect(!bare.contains("id=\"counters\""))
    let page = try report(ReportExamples.edge, readings: ReportExamples.readings()).page
    #expect(page.contains("id=\"counters\""))
    #expect(page.contains("1,234,567 packets, 98,765,432 bytes"))
    #expect(page.contains("1 more counters are lower, or at zero"))
    #expect(page.contains("198.51.100.0 (homes-0, acme &lt;root&gt;)"))
  }

  @Test func onlyTheWorstOffendersAreDrawn() throws {
    let page = try report(ReportExamples.edge, readings: ReportExamples.readings(offenders: 40))
      .page
    #expect(page.contains("198.51.100.24 "))
    #expect(!page.contains("198.51.100.25 "))
    #expect(page.contains("15 more were stopped"))
  }

  @Test func theSamePolicyIsTheSamePage() throws {
    let first = try report(ReportExamples.edge, readings: ReportExamples.readings()).page
    let second = try report(ReportExamples.edge, readings: ReportExamples.readings()).page
    #expect(first == second)
  }
}
