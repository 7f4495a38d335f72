import Compiler
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

@Suite struct ServiceMatrixTests {
  private func matrix(
    _ text: String, asOf: Int64? = nil, rowLimit: Int = 60, zoneLimit: Int = 8
  ) throws -> ServiceMatrix {
    let compilation = compile("p.yaml", provider: MemoryProvider(["p.yaml": text]), proves: false)
    let policy = try #require(compilation.policy, "\(compilation.diagnostics)")
    return try PolicyQuestions(about: policy).serviceMatrix(
      asOf: asOf.map(Timestamp.init(seconds:)), rowLimit: rowLimit, zoneLimit: zoneLimit)
  }

  /// A table as text: a line a row, `*` all, `+` a part, `.` nothing.
  private func drawn(_ table: ServiceMatrix.Table) -> [String] {
    table.rows.map { row in
      let cells = row.cells.map { cell in
        switch cell {
        case .everything: "*"
        case .part: "+"
        case .nothing: "."
        }
      }
      return cells.joined() + " " + (row.service ?? "else") + (row.isPublished ? "!" : "")
    }
  }

  private static let router = """
    fwpolicy: 1
    name: edge
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24] }
    networks:
      noc: [192.0.2.0/28]
    inbound:
      - { allow: ssh, from: noc }
      - { allow: ping }
    forward:
      - { allow: any, from: clients, to: internet }
      - { allow: https, to: { zone: clients, network: 198.51.100.7 }, from: internet, expires: 2030-01-01 }
    smtp-egress:
      clients: clients
      relays: 192.0.2.25
      allow:
        - { from: 198.51.100.9, to: 203.0.113.25 }

    """

  @Test func cellsSayAllPartOrNothing() throws {
    let tables = try matrix(Self.router).tables
    // Columns: internet, clients, no zone. What is behind clients cannot come from the noc's addresses.
    #expect(tables.count == 4)
    #expect(tables[0].path == .inbound)
    #expect(drawn(tables[0]) == ["*** ping", "+.+ ssh"])
  }

  @Test func theGateTakesAPartOfWhatARuleGives() throws {
    let tables = try matrix(Self.router).tables
    let toInternet = try #require(tables.first { $0.zones == ["internet"] })
    #expect(drawn(toInternet) == [".*. https", ".+. smtp", ".*. else"])
    #expect(toInternet.columns.map(\.zone) == ["internet", "clients", nil])
    let toClients = try #require(tables.first { $0.zones == ["clients"] })
    #expect(drawn(toClients) == ["+.. https"])
  }

  @Test func anExpiredRuleLetsNothingPass() throws {
    let tables = try matrix(Self.router, asOf: 1_893_456_000).tables
    #expect(tables.contains { $0.zones == ["clients"] } == false)
  }

  @Test func whatNoRuleCanTakeAwayIsNoService() throws {
    // Essential ICMP passes on every path; no row and no table is about it.
    let tables = try matrix("fwpolicy: 1\nname: shut\ndefaults: { outbound: deny }\n").tables
    #expect(tables.isEmpty)
  }

  @Test func zonesThatFareAlikeShareATable() throws {
    let text = """
      fwpolicy: 1
      name: edge
      role: router
      zones:
        a: { interfaces: [eth0] }
        b: { interfaces: [eth1] }
        c: { interfaces: [eth2] }
      forward:
        - { allow: https, to: [a, b] }

      """
    let forward = try matrix(text).tables.filter { $0.path == .forward }
    #expect(forward.map(\.zones) == [["a", "b"]])
    #expect(forward.map { drawn($0) } == [["**** https"]])
    #expect(forward[0].columns[0].parts.map(\.decision.decider?.name) == ["allow-https-to-a-b"])
  }

  @Test func publishedPortsAreRowsOfTheirOwn() throws {
    let text = """
      fwpolicy: 1
      name: web
      zones:
        boxes: { kind: containers, interfaces: [docker0] }
      networks:
        noc: [192.0.2.0/28]
      forward:
        - { allow: any, to: boxes, published: https }
        - { allow: any, to: boxes, published: tcp/8443, from: noc }
        - { deny: any, to: boxes }

      """
    let tables = try matrix(text).tables
    let toBoxes = try #require(tables.first { $0.zones == ["boxes"] })
    #expect(drawn(toBoxes).prefix(2) == ["** https!", "++ tcp/8443!"])
  }

  @Test func rowsBeyondTheLimitCountAmongEverythingElse() throws {
    let text = "fwpolicy: 1\nname: m\ninbound:\n  - { allow: [http, https, imaps] }\n"
    let inbound = try matrix(text, rowLimit: 1).tables[0]
    #expect(drawn(inbound) == ["* http", "+ else"])
  }

  /// Every cell against a question that a person would ask of the same thing.
  @Test func cellsAgreeWithQueries() throws {
    let provider = MemoryProvider(["p.yaml": Self.router])
    var asked = 0
    for table in try matrix(Self.router).tables where table.path == .forward {
      for output in table.zones.compactMap({ $0 }) {
        for row in table.rows {
          guard let service = row.service else { continue }
          for (column, cell) in zip(table.columns, row.cells) {
            guard let input = column.zone else { continue }
            let question = PolicyQuestion(
              hook: .forward,
              values: [(.in, input), (.out, output), (.service, service)])
            let found = ask(question, of: "p.yaml", provider: provider)
            let policy = try #require(found.policy, "\(found.diagnostics)")
            let answer = try PolicyQuestions(about: policy).answer(about: found.selections[0])
            let verdicts = Set(answer.parts.map { $0.decision.verdict == .accept })
            let expected: ServiceMatrix.Reach =
              verdicts == [true] ? .everything : verdicts == [false] ? .nothing : .part
            #expect(cell == expected, "\(service) from \(input) to \(output)")
            asked += 1
          }
        }
      }
    }
    #expect(asked >= 6)
  }

  /// What passes of a service between two zones; whatever is not among the cells does not.
  private struct Cell: Hashable {
    var path: Packet.Path
    var service: ServiceMatrix.Service
    var from: String?
    var to: String?
  }

  private func cells(_ tables: [ServiceMatrix.Table]) -> [Cell: ServiceMatrix.Reach] {
    var result: [Cell: ServiceMatrix.Reach] = [:]
    for table in tables {
      for row in table.rows {
        let service = ServiceMatrix.Service(name: row.service, isPublished: row.isPublished)
        for (column, reach) in zip(table.columns, row.cells) where reach != .nothing {
          for output in table.path == .forward ? table.zones : [nil] {
            let isOutbound = table.path == .outbound
            let cell = Cell(
              path: table.path, service: service, from: isOutbound ? nil : column.zone,
              to: isOutbound ? column.zone : output)
            #expect(result.updateValue(reach, forKey: cell) == nil)
          }
        }
      }
    }
    return result
  }

  private func cells(_ lists: [ServiceMatrix.List]) -> [Cell: ServiceMatrix.Reach] {
    var result: [Cell: ServiceMatrix.Reach] = [:]
    for list in lists {
      for entry in list.entries {
        let services =
          entry.whole.map { ($0, ServiceMatrix.Reach.everything) }
          + entry.partial.map { ($0, .part) }
        for (service, reach) in services {
          for from in list.path == .outbound ? [nil] : entry.from {
            for to in list.path == .inbound ? [nil] : entry.to {
              let cell = Cell(path: list.path, service: service, from: from, to: to)
              #expect(result.updateValue(reach, forKey: cell) == nil, "told twice: \(cell)")
            }
          }
        }
      }
    }
    return result
  }

  @Test(arguments: PolicyFile.all) func aListSaysWhatTheTablesSay(_ file: PolicyFile) throws {
    let policy = try file.resolved()
    let questions = try PolicyQuestions(about: policy)
    let tables = try questions.serviceMatrix(rowLimit: .max, zoneLimit: .max)
    let lists = try questions.serviceMatrix(zoneLimit: -1)
    #expect(tables.lists.isEmpty && lists.tables.isEmpty)
    #expect(cells(lists.lists) == cells(tables.tables))
  }

  @Test func manyZonesThatFareAlikeAreOneEntry() throws {
    let zones = (0..<60).map { "  pop\($0): { interfaces: [eth\($0)] }\n" }.joined()
    let text = """
      fwpolicy: 1
      name: edge
      role: router
      zones:
      \(zones)
      inbound: [{ allow: ssh, from: pop7 }]
      forward:
        - { deny: any, from: pop1 }
        - { allow: [http, https], to: pop0 }

      """
    let lists = try matrix(text).lists
    #expect(lists.map(\.path) == [.inbound, .forward, .outbound])
    #expect(lists[0].entries.map(\.from) == [["pop7"]])
    let forward = try #require(lists[1].entries.first)
    #expect(lists[1].entries.count == 1)
    #expect(forward.to == ["pop0"] && forward.from.count == 60 && !forward.from.contains("pop1"))
    #expect(forward.whole.map(\.name) == ["http", "https"] && forward.partial.isEmpty)
  }
}
