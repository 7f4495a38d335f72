import Compiler
import Diagnostics
import Foundation
import PolicyAnalysis
import Testing

/// What checks say of rows of the inventory: one finding for each inventory, however many rows.
@Suite struct SubnetFindingsTests {
  private func checked(
    _ subnets: String, waive: String = "", _ files: [String: String]
  ) -> CheckedPolicy {
    CheckedPolicy(
      """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: internet }
      smtp-egress:
        clients: clients
        relays: [192.0.2.25]
        log: { to: kernel }
        \(waive)
        subnets: \(subnets)
      """, lints: true, files: files)
  }

  /// Rows of exceptions without an owner, one address each.
  private func undocumented(_ count: Int, from first: Int = 0, expires: String = "") -> String {
    "prefix,name,smtp,owner,ticket,expires\n"
      + (0..<count).map {
        "198.51.100.\(first + $0),c\(first + $0),allowed,,N-\($0),\(expires)\n"
      }.joined()
  }

  private func findings(_ policy: CheckedPolicy, _ code: String) -> [Diagnostic] {
    policy.compilation.diagnostics.filter { $0.code.code == code }
  }

  /// How many rows, what the message calls them, how many are shown, and what is said of the rest.
  @Test(
    arguments: [
      (1, "row `c0` of the inventory does not", 1, nil),
      (2, "2 rows of the inventory do not", 2, nil),
      (4, "4 rows of the inventory do not", 4, nil),
      (5, "5 rows of the inventory do not", 4, "and 1 more row"),
      (60, "60 rows of the inventory do not", 4, "and 56 more rows"),
    ] as [(Int, String, Int, String?)])
  func rowsAreOneFinding(_ count: Int, _ what: String, _ shown: Int, _ note: String?) throws {
    let policy = checked("a.csv", ["a.csv": undocumented(count)])
    let all = findings(policy, "FW304")
    #expect(all.count == 1)
    let found = try #require(all.first)
    #expect(found.message.hasSuffix(what))
    #expect(policy.text(at: found.primary) == "a.csv")
    // Behind it, mail that the first row lets out.
    let example =
      "for example forward in eth1 out eth0: tcp 198.51.100.0:40000 -> 192.0.2.10:25 (new)"
    #expect(found.notes == [note, example].compactMap { $0 })
    // The first rows of the file, in its order, by number.
    #expect(
      found.secondary.map { policy.text(at: $0) }
        == (0..<shown).map { "198.51.100.\($0),c\($0),allowed,,N-\($0)," })
    #expect(
      found.secondary.map(\.text)
        == (1...shown).map { "row \($0): `owner` and `expires` missing" })
  }

  @Test func rowsThatAreSoundAreNeitherShownNorCounted() throws {
    let policy = checked(
      "a.csv",
      [
        "a.csv": """
        prefix,name,smtp,owner,ticket,expires
        198.51.100.1,a,blocked,,,
        198.51.100.2,b,allowed,x,N-1,2028-01-01
        198.51.100.3,c,allowed,x,N-1,
        198.51.100.4,d,relays-only,,,
        198.51.100.5,e,allowed,,,2020-01-01
        198.51.100.6,f,allowed,x,,2028-01-01

        """
      ])
    let found = try #require(findings(policy, "FW304").first)
    #expect(found.message.contains("2 rows"))
    #expect(
      found.secondary.map(\.text) == ["row 3: `expires` missing", "row 6: `ticket` missing"])
    // What has expired is an exception no more, and is said to have.
    let expired = try #require(findings(policy, "FW505").first)
    #expect(expired.message.contains("row `e` of the inventory has"))
    #expect(expired.secondary.map { policy.text(at: $0) } == ["2020-01-01"])
    #expect(expired.secondary.map(\.text) == ["row 5: ended on 2020-01-01"])
  }

  @Test func everyInventoryHasAFindingOfItsOwn() {
    let policy = checked(
      """
      [a.csv, { prefix: 198.51.100.200, name: own, smtp: allowed }, b.csv, sound.csv]
      """,
      [
        "a.csv": undocumented(2), "b.csv": undocumented(6, from: 100),
        "sound.csv":
          "prefix,name,smtp,owner,ticket,expires\n198.51.100.90,s,allowed,o,t,2028-01-01\n",
      ])
    let all = findings(policy, "FW304")
    #expect(all.map { policy.text(at: $0.primary) } == ["subnets", "a.csv", "b.csv"])
    #expect(
      all.map { $0.message.components(separatedBy: ": ").last } == [
        "row `own` of the inventory does not", "2 rows of the inventory do not",
        "6 rows of the inventory do not",
      ])
    // A row of the policy has no number but its place.
    #expect(all.first?.secondary.first?.text == "`owner` and `ticket` and `expires` missing")
  }

  /// A waiver at a row, at a file or at the gate, and whose findings are left.
  @Test(arguments: [
    ("", "", "", ["subnets", "a.csv", "b.csv"], 0),
    (", waive: { undocumented-smtp-exemption: old }", "", "", ["a.csv", "b.csv"], 1),
    ("", "waive: { undocumented-smtp-exemption: old }", "", ["subnets", "b.csv"], 1),
    ("", "", "waive: { undocumented-smtp-exemption: old }", [], 3),
  ])
  func aWaiverSilencesTheRowsThatItStandsAt(
    _ row: String, _ file: String, _ gate: String, _ left: [String], _ waived: Int
  ) {
    let policy = checked(
      """
      [{ prefix: 198.51.100.200, name: own, smtp: allowed\(row) },
          { file: a.csv\(file.isEmpty ? "" : ", " + file) }, { file: b.csv }]
      """, waive: gate, ["a.csv": undocumented(2), "b.csv": undocumented(3, from: 100)])
    #expect(findings(policy, "FW304").map { policy.text(at: $0.primary) } == left)
    #expect(
      policy.compilation.waived.count { $0.diagnostic.code.code == "FW304" } == waived)
  }

  @Test func oneWaivedRowOfSeveralLeavesTheOthers() throws {
    let policy = checked(
      """
      [{ prefix: 198.51.100.1, name: a, smtp: allowed },
          { prefix: 198.51.100.2, name: b, smtp: allowed, waive: { undocumented-smtp-exemption: old } },
          { prefix: 198.51.100.3, name: c, smtp: allowed }]
      """, [:])
    let shown = findings(policy, "FW304").flatMap(\.secondary).map { policy.text(at: $0) }
    #expect(shown.count == 2)
    #expect(shown.allSatisfy { !$0.contains("name: b") })
  }

  @Test func wideRowsAreCountedByTheirOwnLength() throws {
    let policy = checked(
      "a.csv",
      [
        "a.csv": """
        prefix,name,smtp,owner,ticket,expires
        203.0.113.0/24,exact,allowed,o,t,2028-01-01
        192.0.2.0/23,wide,allowed,o,t,2028-01-01
        2001:db8:2::/56,exact6,allowed,o,t,2028-01-01
        2001:db8:2:200::/55,wide6,allowed,o,t,2028-01-01
        198.18.0.0/15,shut,blocked,o,t,2028-01-01
        198.51.0.0/16,over,allowed,o,t,2026-01-01

        """
      ])
    let found = try #require(findings(policy, "FW303").first)
    #expect(findings(policy, "FW303").count == 1)
    #expect(
      found.secondary.map(\.text) == [
        "row 2: `192.0.2.0/23` may", "row 4: `2001:db8:2:200::/55` may",
      ])
  }
}
