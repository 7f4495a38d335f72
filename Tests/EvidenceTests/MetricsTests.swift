import Compiler
import Evidence
import Foundation
import Lowering
import NetworkTypes
import Nftables
import PolicyLanguage
import TestSupport
import Testing

/// Counters of a policy with an inventory of two rows that are counted.
private struct Example {
  var policy: ResolvedPolicy
  var lowered: LoweredPolicy
  var compilation: Compilation

  init() throws {
    let text = """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        clients: { kind: clients, interfaces: [eth1], networks: [pool] }
      networks:
        pool: [198.51.100.0/24]
      inbound:
        - { name: ssh, allow: ssh, count: true, limit: 10/minute, expires: 2030-01-01 }
        - { name: web, allow: http, count: true, expires: 2029-01-01 }
      smtp-egress:
        clients: clients
      """
    compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]), proves: false)
    policy = try #require(compilation.policy, "\(compilation.diagnostics)")
    lowered = try #require(compilation.lowered)
    policy.smtpEgress?.subnets = [
      row(prefix("198.51.100.0/28"), "say \"hi\" \\ there\nnext", owner: "acmé"),
      row(prefix("198.51.100.16/28"), "plain"),
    ]
    lowered.subnetCounters = ["sub-a", "sub-b"]
  }

  func counters(_ values: [String: CounterValue]) -> CounterReport {
    CounterReport(values, of: lowered, policy: policy, sources: compilation.sources)
  }

  /// All that the policy has, from 1 upwards in the order of their names.
  var values: [String: CounterValue] {
    var values: [String: CounterValue] = [:]
    for (number, name) in (Array(lowered.counters.values) + lowered.subnetCounters).sorted()
      .enumerated()
    {
      values[name] = CounterValue(packets: UInt64(number + 1), bytes: UInt64(number + 1) * 100)
    }
    return values
  }
}

@Suite struct CounterReportTests {
  @Test func everyCounterHasThePolicysName() throws {
    let example = try Example()
    let report = example.counters(example.values)
    #expect(report.missing == [])
    #expect(
      report.lines.map { "\($0.kind.rawValue) \($0.name)" } == [
        "rule ssh", "rule web", "limit-excess ssh", "default forward", "default inbound",
        "default outbound", "invalid forward", "invalid inbound", "smtp-egress smtp-egress",
        "subnet say \"hi\" \\ there\nnext", "subnet plain", "anti-spoofing clients",
      ])
    #expect(report.lines.first?.place == "p.yaml:9")
    #expect(report.table.rows.allSatisfy { $0.count == report.table.heading.count })
  }

  /// A quote and a combining acute accent are one character, and still a quote to whoever reads it.
  @Test func aQuoteUnderAnAccentIsAQuoteAllTheSame() throws {
    var example = try Example()
    example.policy.smtpEgress?.subnets[1] = row(
      prefix("198.51.100.16/28"), "x\"\u{301},=1+1\r\n\\\u{301}")
    let report = example.counters(example.values)
    #expect(report.csv.contains("subnet,\"x\"\"\u{301},=1+1\r\n\\\u{301}\",198.51.100.16/28,"))
    let metrics = Metrics(
      policy: example.policy, digest: "abc", isCurrent: true, generation: 7, counters: report,
      offenders: [], sets: [], now: Timestamp(seconds: 1_800_000_000)
    ).text
    #expect(metrics.contains("name=\"x\\\"\u{301},=1+1\r\\n\\\\\u{301}\""))
  }

  @Test func rowsOfOneNameAndPrefixHaveOneCounter() throws {
    var example = try Example()
    let values = example.values
    example.policy.smtpEgress?.subnets.append(row(prefix("198.51.100.16/28"), "plain"))
    example.lowered.subnetCounters.append("sub-b")
    let report = example.counters(values)
    #expect(report.missing == [])
    #expect(report.lines.filter { $0.counter == "sub-b" }.map(\.row) == [1])
  }

  @Test func driftIsSaid() throws {
    let example = try Example()
    var values = example.values
    values["rule-web"] = nil
    values["by-hand"] = CounterValue(packets: 5, bytes: 6)
    let report = example.counters(values)
    #expect(report.missing == ["rule-web"])
    #expect(report.lines.last?.kind == .unknown && report.lines.last?.counter == "by-hand")
  }

  @Test func ratesAreOfWhatWasCountedBetween() throws {
    let example = try Example()
    let first = example.counters(example.values)
    var values = example.values
    values["rule-ssh"] = CounterValue(packets: 100_000, bytes: 200_000)
    values["rule-web"] = CounterValue(packets: 0, bytes: 0)
    var second = example.counters(values)
    second.compare(with: first, milliseconds: 2500)
    let ssh = try #require(second.lines.first { $0.counter == "rule-ssh" })
    let was = try #require(example.values["rule-ssh"])
    #expect(ssh.since?.packets == 100_000 - was.packets)
    // One that stands lower has started afresh.
    #expect(second.lines.first { $0.counter == "rule-web" }?.since?.packets == 0)
    #expect(second.table.heading.contains("packets/s"))
    let place = try #require(second.table.heading.firstIndex(of: "packets/s"))
    let tenths = (100_000 - was.packets) * 10_000 / 2500
    #expect(second.table.rows[0][place] == "\(tenths / 10).\(tenths % 10)")
    #expect(second.csv.contains("milliseconds\r\n"))
    second.keepNonZero()
    #expect(!second.lines.contains { $0.counter == "rule-web" })
    second.sortByCount()
    #expect(second.lines.first?.counter == "rule-ssh")
    #expect(
      zip(second.lines, second.lines.dropFirst()).allSatisfy {
        $0.value.packets >= $1.value.packets
      })
  }
}

@Suite struct MetricsTests {
  private func text(_ example: Example) -> String {
    Metrics(
      policy: example.policy, digest: "abc", isCurrent: true, generation: 7,
      counters: example.counters(example.values), offenders: [("ipv4", 3), ("ipv6", 0)],
      sets: [
        .init(set: "offenders-4", used: 3, size: 65536), .init(set: "net-q-4", used: 0, size: nil),
      ],
      now: Timestamp(seconds: 1_800_000_000)
    ).text
  }

  /// What a parser of somebody else's makes of a text: a line for each sample.
  private func parsed(_ text: String, by parser: String) throws -> [String] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [
      "-c",
      """
      import sys
      from prometheus_client.\(parser) import text_string_to_metric_families
      for family in text_string_to_metric_families(sys.stdin.read()):
          for s in family.samples:
              print(family.name, family.type, family.unit, s.name, sorted(s.labels.items()), float(s.value))
      """,
    ]
    process.environment = ["PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"]
    let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    input.fileHandleForWriting.write(Data(text.utf8))
    try input.fileHandleForWriting.close()
    let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Unreadable(description: words) }
    return lines.split(separator: "\n").map(String.init)
  }

  /// Of a text that is refused, and of a machine without Debian's python3-prometheus-client.
  private struct Unreadable: Error, CustomStringConvertible {
    var description: String
  }

  @Test func anOpenMetricsParserReadsIt() throws {
    let samples = try parsed(text(try Example()), by: "openmetrics.parser")
    for wanted in [
      "fwpolicy_policy_info gauge  fwpolicy_policy_info [('digest', 'abc'), ('name', 'edge'), ('table', 'fwpolicy')] 1.0",
      "fwpolicy_policy_current gauge  fwpolicy_policy_current [] 1.0",
      "fwpolicy_ruleset_generation gauge  fwpolicy_ruleset_generation [] 7.0",
      // Until 2029-01-01, the next of the two.
      "fwpolicy_next_expiry_seconds gauge seconds fwpolicy_next_expiry_seconds [] 61920000.0",
      "fwpolicy_offenders gauge  fwpolicy_offenders [('family', 'ipv4')] 3.0",
      "fwpolicy_set_used gauge  fwpolicy_set_used [('set', 'net-q-4')] 0.0",
      "fwpolicy_set_size gauge  fwpolicy_set_size [('set', 'offenders-4')] 65536.0",
    ] {
      #expect(
        samples.contains(wanted), "\(wanted) is not among\n\(samples.joined(separator: "\n"))")
    }
    #expect(!samples.contains { $0.contains("fwpolicy_set_size [('set', 'net-q-4')]") })
    // Quotes, backslashes and line ends of a name arrive as they were.
    #expect(
      samples.contains {
        $0.hasPrefix(
          "fwpolicy_subnet_packets counter packets fwpolicy_subnet_packets_total [('name', 'say \"hi\" \\\\ there\\nnext'), ('owner', 'acmé'), ('prefix', '198.51.100.0/28')]"
        )
      })
    #expect(
      samples.count {
        $0.hasPrefix("fwpolicy_counter_bytes counter bytes fwpolicy_counter_bytes_total")
      }
        == 10)
  }

  /// What the node exporter reads its folder of text files as.
  @Test func aParserOfTheOlderFormatReadsIt() throws {
    let samples = try parsed(text(try Example()), by: "parser")
    #expect(samples.count { $0.contains(" fwpolicy_subnet_packets_total ") } == 2)
  }

  @Test func aBrokenTextIsRefusedByTheParser() throws {
    let whole = text(try Example())
    let error = #expect(throws: Unreadable.self) {
      _ = try parsed(whole.replacing("# EOF\n", with: ""), by: "openmetrics.parser")
    }
    #expect(error?.description.contains("Missing # EOF") == true)
  }

  /// Rows of the inventory expire, too; those that have are passed over.
  @Test(arguments: [(60, 60), (-60, 61_920_000), (61_920_001, 61_920_000)])
  func aRowsEndIsTheNext(_ seconds: Int64, _ expected: Int) throws {
    var example = try Example()
    let now = Timestamp(seconds: 1_861_920_000 - 61_920_000)
    example.policy.smtpEgress?.subnets[0].expires = Timestamp(seconds: now.seconds + seconds)
    #expect(text(example).contains("\nfwpolicy_next_expiry_seconds \(expected)\n"))
  }

  @Test func nothingExpiresWhereNothingWill() throws {
    var example = try Example()
    example.policy.inbound.rules.removeAll()
    #expect(!text(example).contains("next_expiry"))
  }
}
