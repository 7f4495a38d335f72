import Deployment
import Diagnostics
import TestSupport
import Testing

/// An inventory file with a counter for each row is edited and applied again, under real packets.
@Suite(.serialized) struct InventoryAppliesTests {
  static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"], networks: [198.51.100.0/24, "2001:db8:b::/48"] }
    networks:
      quarantine: { dynamic: { keep: 7d, capacity: 4096 } }
    forward:
      - { name: quarantined, reject: any, from: quarantine, count: true }
      - { name: web, allow: https, from: clients, to: internet, count: true, limit: 600/minute burst 60 per source }
      - { name: out, allow: any, from: clients, to: internet, count: true }
    smtp-egress:
      clients: clients
      subnets: { file: inventory.csv }
      count: per-subnet
      offenders: { keep: 1d, capacity: 4096 }
      log: none

    """

  static let rows = [
    "198.51.100.0/25,homes,relays-only,", "198.51.100.128/26,offices,blocked,Offices Ltd",
    "198.51.100.16/28,acme,allowed,Acme Ltd", "2001:db8:b::/48,six,relays-only,",
  ]

  static func inventory(_ rows: [String]) -> String {
    (["prefix,name,smtp,owner"] + rows).map { "\($0)\r\n" }.joined()
  }

  private func edge() throws -> ProviderEdge {
    let edge = try ProviderEdge([
      "policy.yaml": Self.policy, "inventory.csv": Self.inventory(Self.rows),
    ])
    try edge.apply()
    return edge
  }

  private static let homes = "subnet-homes-198.51.100.0-25"
  private static let offices = "subnet-offices-198.51.100.128-26"
  private static let acme = "subnet-acme-198.51.100.16-28"
  private static let six = "subnet-six-2001_db8_b__-48"

  /// Of the counters that are of rows, and the gate's own.
  private func gateCounters(_ edge: ProviderEdge) throws -> [String: UInt64] {
    try edge.counters().filter { $0.key.hasPrefix("subnet-") || $0.key == "smtp-egress" }
  }

  struct RowEdit: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rows: [String]
    /// Rows' counters after one more packet from each of three clients; nil is for a counter that is gone.
    let counted: [String: UInt64?]
  }

  static let rowEdits = [
    RowEdit(
      testDescription: "a row is added beside the others",
      rows: ["198.51.100.224/28,bolt,blocked,"] + rows,
      counted: ["subnet-bolt-198.51.100.224-28": 0, homes: 4, offices: 3, six: 5]),
    // Its packets count for it from now on, and what was counted before stays where it was.
    RowEdit(
      testDescription: "a row is added inside another",
      rows: rows + ["198.51.100.4/30,bolt,blocked,Bolt"],
      counted: ["subnet-bolt-198.51.100.4-30": 1, homes: 3, offices: 3, six: 5]),
    RowEdit(
      testDescription: "a row is removed", rows: rows.filter { !$0.contains("offices") },
      counted: [offices: nil, homes: 4, six: 5]),
    RowEdit(
      testDescription: "a row is renamed",
      rows: rows.map { $0.replacing("homes", with: "homes-east") },
      counted: [homes: nil, "subnet-homes-east-198.51.100.0-25": 1, offices: 3, six: 5]),
    RowEdit(
      testDescription: "rows change places, owners and answers",
      rows: rows.reversed().map {
        $0.replacing("blocked,Offices", with: "relays-only,The Offices")
      }, counted: [homes: 4, offices: 3, six: 5]),
    RowEdit(
      testDescription: "a row has another prefix",
      rows: rows.map { $0.replacing("198.51.100.128/26", with: "198.51.100.128/27") },
      counted: [offices: nil, "subnet-offices-198.51.100.128-27": 1, homes: 4, six: 5]),
  ]

  @Test(arguments: rowEdits) func noOtherRowsCounterIsTouched(_ edit: RowEdit) throws {
    let edge = try edge()
    let clients = [("198.51.100.7", 3), ("198.51.100.130", 2), ("2001:db8:b:1::7", 4)]
    for (client, times) in clients {
      try edge.connect(client, times: times, expecting: .refused)
    }
    #expect(try edge.connect("198.51.100.17") == .answered)
    let before = try gateCounters(edge)
    #expect(
      before == [
        Self.homes: 3, Self.offices: 2, Self.acme: 0, Self.six: 4, "smtp-egress": 9,
      ])

    try edge.write(Self.inventory(edit.rows), to: "inventory.csv")
    let (report, _, notes) = try edge.apply()
    #expect(report.isInPlace)
    #expect(notes.map(\.message) == [])
    // What nobody has touched says what it said; what is new begins at nothing.
    for (counter, count) in try gateCounters(edge) {
      #expect(count == before[counter] ?? 0, "\(counter)")
    }
    for (client, _) in clients { #expect(try edge.connect(client) == .refused) }
    let after = try gateCounters(edge)
    for (counter, count) in edit.counted {
      #expect(after[counter] == count, "\(counter)")
    }
    #expect(after[Self.acme] == 0)
    #expect(after["smtp-egress"] == 12)
  }

  // MARK: Rules

  /// Each client's packets, and what the rules have counted of them.
  private func meetTheRules(_ edge: ProviderEdge) throws {
    try edge.connect("198.51.100.17", port: 443, times: 3, expecting: .answered)
    try edge.connect("198.51.100.17", port: 8443, times: 2, expecting: .answered)
    #expect(try edge.connect("198.51.100.7") == .refused)
    let counters = try edge.counters()
    #expect(counters["rule-web"] == 3)
    #expect(counters["rule-out"] == 2)
    #expect(counters[Self.homes] == 1)
  }

  @Test func aRuleThatIsMovedKeepsItsCounter() throws {
    let edge = try edge()
    try meetTheRules(edge)
    let lines = Self.policy.split(separator: "\n", omittingEmptySubsequences: false)
    let web = try #require(lines.firstIndex { $0.contains("name: web") })
    let quarantined = try #require(lines.firstIndex { $0.contains("name: quarantined") })
    var moved = lines
    moved.swapAt(web, quarantined)
    try edge.write(moved.joined(separator: "\n"), to: "policy.yaml")
    #expect(try edge.apply().report.isInPlace)
    #expect(try edge.connect("198.51.100.17", port: 443) == .answered)
    let counters = try edge.counters()
    #expect(counters["rule-web"] == 4)
    #expect(counters["rule-out"] == 2)
    #expect(counters[Self.homes] == 1)
  }

  @Test func aRuleWhoseLimitChangesKeepsItsCounter() throws {
    let edge = try edge()
    try meetTheRules(edge)
    try edge.edit("policy.yaml", "600/minute burst 60", "300/minute burst 30")
    let (report, _, notes) = try edge.apply()
    #expect(report.isInPlace)
    // The sources that the limit knew are another matter, and it is said.
    #expect(notes.map(\.code) == [.contentLost, .contentLost])
    #expect(notes.allSatisfy { $0.message.contains("limit-web-") })
    #expect(try edge.connect("198.51.100.17", port: 443) == .answered)
    let counters = try edge.counters()
    #expect(counters["rule-web"] == 4)
    #expect(counters["rule-out"] == 2)
    #expect(counters[Self.homes] == 1)
  }

  @Test func aRuleThatIsRenamedStartsANewCounter() throws {
    let edge = try edge()
    try meetTheRules(edge)
    try edge.edit("policy.yaml", "name: web", "name: pages")
    #expect(try edge.apply().report.isInPlace)
    #expect(try edge.counters()["rule-pages"] == 0)
    #expect(try edge.connect("198.51.100.17", port: 443) == .answered)
    let counters = try edge.counters()
    #expect(counters["rule-web"] == nil)
    #expect(counters["rule-pages"] == 1)
    #expect(counters["rule-out"] == 2)
    #expect(counters[Self.homes] == 1)
  }

  // MARK: Offenders and quarantine

  /// Two offenders of each family, and an exempt customer in quarantine.
  private func meetTheGate(_ edge: ProviderEdge) throws {
    try edge.connect("198.51.100.7", times: 3, expecting: .refused)
    try edge.connect("2001:db8:b:1::7", times: 2, expecting: .refused)
    let added = try edge.run([
      "add", "quarantine", "198.51.100.17", "2001:db8:b:2::/64", "--for", "2d", "--ticket", "AB-1",
    ])
    #expect(added.status == 0, "\(added.errors)")
    try expectQuarantine(edge)
    #expect(try edge.content(of: "offenders-4") == ["198.51.100.7": 3])
    #expect(try edge.content(of: "offenders-6") == ["2001:db8:b:1::": 2])
  }

  /// Neither mail nor anything else, and the list says why.
  private func expectQuarantine(_ edge: ProviderEdge) throws {
    for port: UInt16 in [25, 443] {
      #expect(try edge.connect("198.51.100.17", port: port) == .refused)
    }
    let listed = try edge.run(["list", "quarantine", "--format", "csv"])
    #expect(listed.output.contains("198.51.100.17,AB-1,"))
    #expect(listed.output.contains("2001:db8:b:2::/64,AB-1,"))
  }

  /// Everything else changes: rows, rules, names.
  @Test func offendersAndQuarantineSurviveWhatIsNotTheirDefinition() throws {
    let edge = try edge()
    try meetTheGate(edge)
    try edge.write(
      Self.inventory(["198.51.100.224/28,bolt,blocked,"] + Self.rows.dropFirst()),
      to: "inventory.csv")
    try edge.edit("policy.yaml", "name: out", "name: everything")
    try edge.edit("policy.yaml", "name: edge", "name: edge-2")
    let (report, _, notes) = try edge.apply()
    #expect(report.isInPlace)
    #expect(notes.map(\.message) == [])
    try expectQuarantine(edge)
    #expect(try edge.content(of: "offenders-4") == ["198.51.100.7": 3])
    // The same entries go on.
    #expect(try edge.connect("198.51.100.7") == .refused)
    #expect(try edge.connect("198.51.100.130") == .refused)
    #expect(
      try edge.content(of: "offenders-4") == ["198.51.100.7": 4, "198.51.100.130": 1])
    #expect(try edge.content(of: "offenders-6") == ["2001:db8:b:1::": 2])
  }

  /// Another `keep` or `capacity` of the offenders: they start afresh, it is said, and nothing else does.
  @Test(arguments: [("keep: 1d", "keep: 2d"), ("1d, capacity: 4096", "1d, capacity: 8192")])
  func offendersThatAreDefinedOtherwiseStartAfresh(_ old: String, _ new: String) throws {
    let edge = try edge()
    try meetTheGate(edge)
    try edge.edit("policy.yaml", old, new)
    let (report, _, notes) = try edge.apply()
    #expect(report.isInPlace)
    #expect(
      notes.map(\.message) == [
        "a set that is defined otherwise starts empty: `offenders-4`",
        "a set that is defined otherwise starts empty: `offenders-6`",
      ])
    #expect(notes.allSatisfy { $0.code == .contentLost && $0.primary != nil })
    #expect(try edge.content(of: "offenders-4") == [:])
    #expect(try edge.content(of: "offenders-6") == [:])
    try expectQuarantine(edge)
    #expect(try edge.counters()[Self.homes] == 3)
    #expect(try edge.connect("198.51.100.7") == .refused)
    #expect(try edge.content(of: "offenders-4") == ["198.51.100.7": 1])
  }

  /// What people say is in a network is theirs: it goes on under another `keep` or `capacity`.
  @Test(arguments: [("keep: 7d", "keep: 9d"), ("7d, capacity: 4096", "7d, capacity: 64")])
  func aNetworkThatIsDefinedOtherwiseHoldsWhatItHeld(_ old: String, _ new: String) throws {
    let edge = try edge()
    try meetTheGate(edge)
    try edge.edit("policy.yaml", old, new)
    let (report, _, notes) = try edge.apply()
    #expect(report.isInPlace)
    #expect(notes.map(\.message) == [])
    try expectQuarantine(edge)
    let stays = try edge.secondsLeft(in: "net-quarantine-4")
    #expect(stays.count == 1 && stays.allSatisfy { (172_000...172_800).contains($0) }, "\(stays)")
  }

  @Test func aNetworkThatHasNoRoomForWhatItHeldStartsEmptyAndSaysSo() throws {
    let edge = try edge()
    let added = try edge.run(["add", "quarantine", "198.51.100.17", "198.51.100.33"])
    #expect(added.status == 0, "\(added.errors)")
    try edge.edit("policy.yaml", "7d, capacity: 4096", "7d, capacity: 1")
    let (_, _, notes) = try edge.apply()
    #expect(
      notes.map(\.message) == [
        "a set that is defined otherwise starts empty: `net-quarantine-4`"
      ])
    #expect(try edge.content(of: "net-quarantine-4") == [:])
  }
}
