import Deployment
import Foundation
import Kernel
import NetworkTypes
import TestSupport
import Testing

/// `Examples/isp-edge` as its readers are told it behaves, with real packets: applied from its own files,
/// which are then edited as a provider edits them.
@Suite(.serialized) struct ProviderEdgeTests {
  private static let inventory = "inventory/subnets.csv"

  /// A client, and what becomes of its mail to the world, of its mail to the relay and of the web.
  struct Client: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let address: String
    let mail: LabOutcome
    let relay: LabOutcome
  }

  static let clients = [
    Client(
      testDescription: "a relays-only row", address: "203.0.113.2", mail: .refused, relay: .answered
    ),
    Client(
      testDescription: "a relays-only row of IPv6", address: "2001:db8:a::2", mail: .refused,
      relay: .answered),
    Client(
      testDescription: "an exempt /28", address: "198.51.100.17", mail: .answered, relay: .answered),
    Client(
      testDescription: "a /32 blocked inside the exempt /28", address: "198.51.100.20",
      mail: .refused, relay: .refused),
    Client(
      testDescription: "the address before the blocked one", address: "198.51.100.19",
      mail: .answered, relay: .answered),
    Client(
      testDescription: "the address after it", address: "198.51.100.21", mail: .answered,
      relay: .answered),
    Client(
      testDescription: "an exempt /60 of IPv6", address: "2001:db8:b:20::33", mail: .answered,
      relay: .answered),
    Client(
      testDescription: "beside the exempt /60", address: "2001:db8:b:30::33", mail: .refused,
      relay: .answered),
    Client(
      testDescription: "a new pool that the inventory lacks", address: "192.0.2.130",
      mail: .refused, relay: .answered),
    Client(
      testDescription: "IPv6 of that pool, of which no prefix is listed anywhere",
      address: "2001:db8:c::2", mail: .refused, relay: .answered),
  ]

  @Test func everyClientReachesWhatItsRowSaysAndTheWeb() throws {
    let edge = try ProviderEdge()
    try edge.apply()
    for client in Self.clients {
      let isIPv6 = client.address.contains(":")
      #expect(try edge.connect(client.address) == client.mail, "\(client.testDescription)")
      #expect(
        try edge.connect(
          client.address, to: isIPv6 ? ProviderEdge.relay6 : ProviderEdge.relay4) == client.relay,
        "\(client.testDescription), to the relay")
      #expect(
        try edge.connect(client.address, port: 443) == .answered,
        "\(client.testDescription), to the web")
    }
    // Each row has counted what was stopped of it, and nobody else's.
    let counters = try edge.counters().filter { $0.key.hasPrefix("subnet-") && $0.value > 0 }
    #expect(
      counters == [
        "subnet-homes-east-203.0.113.0-25": 1, "subnet-homes-v6-2001_db8_a__-48": 1,
        "subnet-acme-printer-198.51.100.20-32": 2, "subnet-offices-v6-2001_db8_b__-48": 1,
      ])
    #expect(try edge.counters()["smtp-egress"] == 7)
    // And who it was is remembered, those in no row too.
    #expect(
      try edge.content(of: "offenders-4") == [
        "203.0.113.2": 1, "198.51.100.20": 2, "192.0.2.130": 1,
      ])
    #expect(
      try edge.content(of: "offenders-6") == [
        "2001:db8:a::": 1, "2001:db8:b:30::": 1, "2001:db8:c::": 1,
      ])
  }

  /// An export that failed half-way must neither open nor shut anything.
  @Test(arguments: [0, 3]) func anEmptyExportIsRefusedAndTheRouterGoesOn(rows: Int) throws {
    let edge = try ProviderEdge()
    try edge.apply()
    let before = try edge.lab.machine.run(["nft", "list", "table", "inet", "fwpolicy"])
    // The comment, the heading, and fewer rows than `at-least` says.
    let lines = try edge.text(of: Self.inventory).split(separator: "\n").prefix(2 + rows)
    try edge.write(lines.map { "\($0)\n" }.joined(), to: Self.inventory)
    let outcome = try edge.run(["apply", "policy.yaml"])
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("FW134"), "\(outcome.errors)")
    #expect(outcome.errors.contains("policy.yaml:35"), "\(outcome.errors)")
    #expect(try edge.lab.machine.run(["nft", "list", "table", "inet", "fwpolicy"]) == before)
    #expect(try edge.connect("198.51.100.17") == .answered)
    #expect(try edge.connect("203.0.113.2") == .refused)
  }

  /// A new pool gets its row at last.
  @Test func aPoolIsShutUntilItsRowComes() throws {
    let edge = try ProviderEdge()
    try edge.apply()
    #expect(try edge.connect("192.0.2.130") == .refused)
    try edge.write(
      try edge.text(of: Self.inventory) + "192.0.2.128/26,cable,allowed,Cable,NET-9,2100-01-01\n",
      to: Self.inventory)
    try edge.apply()
    #expect(try edge.connect("192.0.2.130") == .answered)
    #expect(try edge.connect("2001:db8:c::2") == .refused)
  }

  @Test(arguments: ["198.51.100.33", "2001:db8:b:20::33"])
  func aQuarantinedExemptCustomerIsShut(_ bolt: String) throws {
    let edge = try ProviderEdge()
    try edge.apply()
    #expect(try edge.connect(bolt) == .answered)
    let added = try edge.run(["add", "quarantine", bolt, "--for", "2d", "--ticket", "AB-17"])
    #expect(added.status == 0, "\(added.errors)")
    for port: UInt16 in [25, 443] { #expect(try edge.connect(bolt, port: port) == .refused) }
    #expect(
      try edge.connect(bolt.contains(":") ? "2001:db8:b:2f::1" : "198.51.100.34") == .answered)
    // An apply between does not let it out.
    try edge.edit("policy.yaml", "owner: noc", "owner: abuse")
    try edge.apply()
    for port: UInt16 in [25, 443] { #expect(try edge.connect(bolt, port: port) == .refused) }
    #expect(try edge.run(["remove", "quarantine", bolt]).status == 0)
    #expect(try edge.connect(bolt) == .answered)
    #expect(try edge.counters()["rule-quarantined"] == 4)
  }

  /// One connection carries any number of mails: it goes on, which is said, until it is cut.
  @Test(arguments: ["198.51.100.33", "2001:db8:b:20::33"])
  func whatAQuarantinedCustomerHasOpenIsToldAndCut(_ bolt: String) throws {
    let edge = try ProviderEdge()
    try edge.apply()
    let (open, other) = (
      try #require(try edge.dial(bolt).connection),
      try #require(try edge.dial("198.51.100.17").connection)
    )
    let added = try edge.run(["add", "quarantine", bolt])
    #expect(added.status == 0)
    #expect(
      added.output.hasSuffix("\n1 open connection of these addresses goes on: --cut ends them\n"),
      "\(added)")
    #expect(open.exchange() == .answered)
    let cut = try edge.run(["add", "quarantine", bolt, "--cut"])
    #expect(cut.status == 0 && cut.output.hasSuffix("\ncut 1 open connection\n"), "\(cut)")
    #expect(open.exchange(within: 200) == .silence)
    #expect(open.speaks(within: 200) == false)
    #expect(other.exchange() == .answered)
    let again = try edge.run(["add", "quarantine", bolt, "--cut", "--format", "json"])
    #expect(again.output.contains("\"connections\""), "\(again)")
  }

  /// Nobody compiles or applies anything when the time comes.
  @Test func anExemptionEndsWhileTheRouterRuns() throws {
    let edge = try ProviderEdge()
    var seen = false
    for lead in [3.0, 9, 27] where !seen {
      let end = Date(timeIntervalSinceNow: lead)
      let ends = ISO8601DateFormatter().string(from: end)
      let rows = try edge.text(of: Self.inventory).split(separator: "\n").map { row in
        row.contains(",coil,") ? "198.51.100.48/28,coil,allowed,Coil AG,NET-4301,\(ends)" : "\(row)"
      }
      try edge.write(rows.map { "\($0)\n" }.joined(), to: Self.inventory)
      try edge.apply()
      let outcome = try edge.connect("198.51.100.49")
      let whole = floor(end.timeIntervalSince1970)
      // Where the machine was too busy to come before its end, once more.
      guard Date().timeIntervalSince1970 < whole else { continue }
      seen = true
      #expect(outcome == .answered)
      let left = whole - Date().timeIntervalSince1970 + 0.05
      if left > 0 { Thread.sleep(forTimeInterval: left) }
      #expect(try edge.connect("198.51.100.49") == .refused)
      #expect(try edge.connect("198.51.100.49", to: ProviderEdge.relay4) == .answered)
      #expect(try edge.counters()["subnet-coil-198.51.100.48-28"] == 1)
    }
    #expect(seen, "no apply came before the end of what it applied")
  }

  /// What an abuse desk, a monitoring system and a manager see of real packets, from the program itself.
  @Test func theProgramShowsWhoWasStopped() throws {
    let edge = try ProviderEdge()
    try edge.apply()
    try edge.connect("203.0.113.2", times: 3, expecting: .refused)
    try edge.connect("198.51.100.20", times: 2, expecting: .refused)
    #expect(try edge.connect("2001:db8:a::2") == .refused)
    #expect(try edge.connect("198.51.100.17") == .answered)
    func said(_ arguments: String...) throws -> String {
      let outcome = try edge.run(arguments)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
      return outcome.output
    }
    let offenders = try said("offenders", "policy.yaml", "--format", "csv")
      .split(separator: "\r\n")
    #expect(offenders.count == 4)
    #expect(offenders[1].hasPrefix("203.0.113.2,homes-east,203.0.113.0/25,,,relays-only,3,"))
    #expect(
      offenders[2].hasPrefix(
        "198.51.100.20,acme-printer,198.51.100.20,Acme Ltd,NET-4388,blocked,2,"))
    #expect(
      offenders[3].hasPrefix("2001:db8:a::/64,homes-v6,2001:db8:a::/48,,,relays-only,1,"))
    let owners = try said("offenders", "policy.yaml", "--by", "owner", "--format", "csv")
      .split(separator: "\r\n")
    #expect(owners.count == 3)
    #expect(owners[1].hasPrefix(",2,4,") && owners[2].hasPrefix("Acme Ltd,1,2,"), "\(owners)")
    let worst = try said("offenders", "policy.yaml", "--top", "1", "--format", "json")
    #expect(worst.contains("\"203.0.113.2\"") && !worst.contains("198.51.100.20"))
    #expect(worst.contains("\"sources\": 3"), "\(worst)")

    let counters = try said("counters", "policy.yaml", "--format", "csv").split(separator: "\r\n")
    func counted(_ name: String) -> [Substring] {
      counters.first { $0.hasPrefix("subnet,\(name),") }?.split(
        separator: ",", omittingEmptySubsequences: false) ?? []
    }
    for (name, packets) in [("homes-east", "3"), ("acme-printer", "2"), ("homes-v6", "1")] {
      #expect(counted(name).contains(packets[...]), "\(counters)")
    }
    #expect(counted("acme").contains("0"))
    let metrics = try said("metrics", "policy.yaml")
    #expect(
      metrics.contains(
        "\nfwpolicy_subnet_packets_total{name=\"homes-east\",prefix=\"203.0.113.0/25\",owner=\"\"} 3\n"
      ))
    #expect(metrics.contains("\nfwpolicy_offenders{family=\"ipv4\"} 2\n"))
    #expect(metrics.hasSuffix("# EOF\n"))
    #expect(try said("report", "policy.yaml", "--live").contains("203.0.113.2 (homes-east"))
    #expect(try !said("report", "policy.yaml").contains("203.0.113.2 (homes-east"))
  }

  /// The same cut by the program: it names the customer, and shows the new version's answer.
  @Test func theProgramTellsWhatItCuts() throws {
    let edge = try ProviderEdge()
    try edge.apply()
    let acme = try #require(try edge.dial("198.51.100.17").connection)
    let bolt = try #require(try edge.dial("198.51.100.33").connection)
    try edge.edit(
      Self.inventory, "198.51.100.16/28,acme,allowed", "198.51.100.16/28,acme,relays-only")
    let difference = try edge.run(["diff", "--live", "policy.yaml"])
    #expect(difference.status == 1 && difference.output.contains("1 closed"), "\(difference)")
    for other in ["bolt", "coil", "homes", "printer"] {
      #expect(!difference.output.contains("`\(other)"), "\(difference.output)")
    }
    let dry = try edge.run(["apply", "--cut-closed", "--dry-run", "policy.yaml"])
    #expect(dry.status == 0 && dry.output.contains("198.51.100.17:"), "\(dry)")
    #expect(acme.exchange() == .answered)
    let outcome = try edge.run(["apply", "--cut-closed", "policy.yaml"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("cut 1 of "), "\(outcome.output)")
    #expect(outcome.output.contains("acme"), "\(outcome.output)")
    #expect(!outcome.output.contains("198.51.100.33"))
    #expect(acme.exchange(within: 200) == .silence)
    #expect(bolt.exchange() == .answered)
  }

  /// A row of the inventory is closed: its connection is cut, and no other customer's.
  @Test func closingARowCutsThatCustomersConnectionOnly() throws {
    let edge = try ProviderEdge()
    try edge.apply()
    let acme = try #require(try edge.dial("198.51.100.17").connection)
    let acmeWeb = try #require(try edge.dial("198.51.100.17", port: 443).connection)
    let acmeRelay = try #require(
      try edge.dial("198.51.100.17", to: ProviderEdge.relay4).connection)
    let bolt = try #require(try edge.dial("198.51.100.33").connection)
    let bolt6 = try #require(try edge.dial("2001:db8:b:20::33").connection)
    try edge.edit(
      Self.inventory, "198.51.100.16/28,acme,allowed", "198.51.100.16/28,acme,relays-only")
    try edge.connect("203.0.113.2", times: 2, expecting: .refused)
    let (counters, offenders) = (try edge.counters(), try edge.content(of: "offenders-4"))
    let (report, cut, _) = try edge.apply(cutting: true)
    #expect(try edge.counters() == counters)
    #expect(try edge.content(of: "offenders-4") == offenders && offenders["203.0.113.2"] == 2)
    #expect(report.isInPlace)
    #expect(cut?.closed.map(\.words.isEmpty) == [false])
    #expect(cut?.closed.first?.entry.original.addresses.ends.source == "198.51.100.17")
    #expect(cut?.closed.first?.entry.original.destinationPort == 25)
    #expect(cut?.unclear == [])
    for connection in [acmeWeb, acmeRelay, bolt, bolt6] {
      #expect(connection.exchange() == .answered)
    }
    #expect(acme.exchange(within: 200) == .silence)
    #expect(try edge.connect("198.51.100.17") == .refused)
  }
}
