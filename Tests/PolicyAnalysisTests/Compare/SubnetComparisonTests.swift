import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import Testing

/// What an edit of the inventory does: exactly the customer whose row it is.
@Suite struct SubnetComparisonTests {
  private func edge(_ rows: [Subnet]) -> ResolvedPolicy {
    var policy = router(
      zone("internet", "eth0", kind: .outside), zone("clients", "bng*", kind: .clients))
    policy.forward?.rules = [rule("all", .allow)]
    var gate = ResolvedSMTPEgress(keySpan: span(1))
    gate.governsForward = true
    gate.clientZones = ZoneSet(zones: [1], others: false)
    gate.subnets = rows
    gate.subnetsSpan = span(2)
    gate.clientNetworks = rows.addresses
    policy.smtpEgress = gate
    return policy
  }

  /// A pool, and in it many rows of one answer each.
  private func rows(_ count: Int) -> [Subnet] {
    [subnet("10.0.0.0/8", .relaysOnly, "pool", span: span(9))]
      + (0..<count).map { index in
        subnet(
          "10.\(index >> 8).\(index & 255).0/28", index.isMultiple(of: 2) ? .blocked : .allowed,
          "row-\(index)", span: span(100 + 2 * index))
      }
  }

  /// Few rows are told apart from the start; among many, those that differ are.
  @Test(arguments: [10, 3000])
  func theDifferenceIsTheRowsWhoseAnswerChanged(_ count: Int) throws {
    let before = rows(count)
    var after = before
    after[6].answer = .blocked
    after[8].name = "renamed"
    after.append(subnet("203.0.113.16/28", .allowed, "new", span: span(50)))
    let difference = try PolicyComparison(edge(before), edge(after)).difference()
    #expect(difference.changes.map(\.kind) == [.opened, .closed])
    #expect(difference.changes[0].new.pass?.words == "inventory row `new`")
    #expect(difference.changes[0].words.first?.from.contains("203.0.113.16/28 (new)") == true)
    #expect(difference.changes[1].old.pass?.words == "inventory row `row-5`")
    #expect(difference.changes[1].new.words == "inventory row `row-5`")
    #expect(
      difference.edits.map { "\($0.kind.rawValue) \($0.what): \($0.details ?? "")" } == [
        "edited inventory row `row-5` (10.0.5.0/28): smtp is `blocked`, and was `allowed`",
        "renamed inventory row `renamed` (10.0.7.0/28): was `row-7`",
        "added inventory row `new` (203.0.113.16/28): allowed",
      ])
  }

  @Test func manyEditsAreCounted() throws {
    let edits = try PolicyComparison(edge(rows(0)), edge(rows(400))).difference().edits
    #expect(edits.count == 101)
    #expect(edits.last?.details == "300 more rows differ")
  }

  @Test func aQueryNamesTheRow() throws {
    let policy = edge(rows(3000))
    let questions = try PolicyQuestions(about: policy)
    let packets = try questions.packets(
      of: TrafficSelection(
        on: .forward,
        from: endpoint(addresses("10.0.5.1", "10.0.6.1"), zones: [1], others: false),
        to: endpoint(addresses("203.0.113.9")), service: .port(.tcp, 25)))
    let table = try questions.decisions(about: packets)
    let decisions = questions.arena.answers(of: table.diagram, within: packets)
      .compactMap { table.numbering[$0] }
    let names = decisions.compactMap { $0.gatePass?.words ?? $0.decider?.words }
    #expect(Set(names) == ["inventory row `row-5`", "inventory row `row-6`"])
  }
}
