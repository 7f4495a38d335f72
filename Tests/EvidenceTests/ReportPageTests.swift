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
  readings: ReportReadings? = nil, adding rows: [Subnet] = []
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

    """

  static func readings(offenders: Int = 3) -> ReportReadings {
    ReportReadings(
      takenAt: Timestamp(seconds: 1_800_000_000), isCurrent: true,
      counts: [
        .init(label: "the gate", packets: 1_234_567, bytes: 98_765_432),
        .init(label: "rule `clients-out`", packets: 3, bytes: 180),
        .init(label: "rule `idle`", packets: 0, bytes: 0),
      ],
      subnetPackets: [:],
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
