import NetworkTypes
import PacketSpace
import TestSupport
import Testing

struct CombiningTests {
  /// The first answer that is not 0.
  private static func firstMatch(_ a: Diagram, _ b: Diagram) -> Diagram? {
    if let answer = a.constant { return answer == 0 ? b : a }
    return b == .constant(0) || a == b ? a : nil
  }

  /// The same, answered for constants only.
  private static func firstMatchOfConstants(_ a: Diagram, _ b: Diagram) -> Diagram? {
    guard let first = a.constant, b.constant != nil else { return nil }
    return first == 0 ? b : a
  }

  @Test func combinesAsTheTablesDo() throws {
    var generator = SeededGenerator(label: "combined functions")
    let arena = PacketArena()
    let grid = Grid.mixed
    for _ in 0..<150 {
      let a = grid.randomTable(answers: 4, using: &generator)
      let b = grid.randomTable(answers: 4, using: &generator)
      let result = try arena.combine(grid.diagram(a, in: arena), grid.diagram(b, in: arena)) {
        guard let a = $0.constant, let b = $1.constant else { return nil }
        return .constant((a * 3 + b * 5) % 7)
      }
      let expected = zip(a, b).map { ($0 * 3 + $1 * 5) % 7 }
      #expect(grid.table(result, in: arena) == expected)
      #expect(try grid.diagram(expected, in: arena) == result)
    }
    #expect(arena.brokenInvariants() == [])
  }

  @Test func earlyAnswersChangeNothing() throws {
    var generator = SeededGenerator(label: "early answers")
    let arena = PacketArena()
    let grid = Grid.mixed
    for _ in 0..<150 {
      let a = try grid.diagram(grid.randomTable(answers: 3, using: &generator), in: arena)
      let b = try grid.diagram(grid.randomTable(answers: 3, using: &generator), in: arena)
      let early = try arena.combine(a, b, by: Self.firstMatch)
      #expect(try arena.combine(a, b, by: Self.firstMatchOfConstants) == early)
    }
  }

  @Test func asksForEachPairOfNodesOnce() throws {
    let arena = PacketArena()
    let intervals = (0..<1000).map { IntervalSet<UInt32>.Interval($0 * 10, $0 * 10 + 4) }
    let port = try arena.set(.destinationPort, IntervalSet<UInt32>(22)).diagram
    let other = try arena.set(.destinationPort, IntervalSet<UInt32>(80)).diagram
    let a = try arena.choice(
      .source4, in: IntervalSet(intervals), then: port, else: .constant(0))
    let b = try arena.choice(
      .source4, in: IntervalSet(intervals.map { .init($0.lower + 3, $0.upper + 3) }), then: other,
      else: .constant(0))
    var constants = 0
    _ = try arena.combine(a, b) { a, b in
      guard let a = a.constant, let b = b.constant else { return nil }
      constants += 1
      return .constant(a | b)
    }
    // Four pairs of ports' nodes at most, whatever the number of intervals; and (0, 0) itself.
    #expect(constants < 1100)
    #expect(arena.statistics.nodes < 10)
  }

  @Test func mapsAndRestricts() throws {
    var generator = SeededGenerator(label: "maps and restrictions")
    let arena = PacketArena()
    let grid = Grid.mixed
    for _ in 0..<100 {
      let table = grid.randomTable(answers: 4, using: &generator)
      let members = grid.randomTable(answers: 2, using: &generator).map { $0 == 1 }
      let diagram = try grid.diagram(table, in: arena)
      let set = try grid.set(members, in: arena)
      let mapped = try arena.map(diagram) { $0 / 2 }
      #expect(grid.table(mapped, in: arena) == table.map { $0 / 2 })
      let restricted = try arena.restrict(diagram, to: set, otherwise: 9)
      #expect(grid.table(restricted, in: arena) == zip(table, members).map { $1 ? $0 : 9 })
      let other = grid.randomTable(answers: 4, using: &generator)
      let differences = try arena.differences(diagram, grid.diagram(other, in: arena))
      #expect(
        grid.table(differences.diagram, in: arena) == zip(table, other).map { $0 == $1 ? 0 : 1 })
      #expect(
        grid.table(try arena.packets(of: diagram) { $0 == 2 }.diagram, in: arena)
          == table.map { $0 == 2 ? 1 : 0 })
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8, 13, 100])
  func foldsInTheOrderOfTheFunctions(count: Int) throws {
    var generator = SeededGenerator(label: "folded functions")
    let arena = PacketArena()
    let grid = Grid.mixed
    let tables = (0..<count).map { _ in grid.randomTable(answers: 3, using: &generator) }
    // Answers of their own, so that every exchange shows.
    let numbered = tables.enumerated().map { index, table in
      table.map { $0 == 1 ? UInt32(index + 1) : 0 }
    }
    let rules = try numbered.map { try grid.diagram($0, in: arena) }
    let folded = try #require(try arena.fold(rules, by: Self.firstMatch))
    let expected = (0..<grid.count).map { cell in
      numbered.lazy.map { $0[cell] }.first { $0 != 0 } ?? 0
    }
    #expect(grid.table(folded, in: arena) == expected)
    var oneByOne = rules[0]
    for rule in rules.dropFirst() {
      oneByOne = try arena.combine(oneByOne, rule, by: Self.firstMatch)
    }
    #expect(oneByOne == folded)
    #expect(arena.brokenInvariants() == [])
  }

  @Test func overlappingBoxesFoldInLittleMemory() throws {
    var generator = SeededGenerator(label: "boxes")
    let arena = PacketArena(byteLimit: 64 << 20)
    func side(_ size: UInt32) -> IntervalSet<UInt32> {
      let lower = UInt32.random(in: 0...size / 10 * 9, using: &generator)
      return IntervalSet([.init(lower, lower + size / 10)])
    }
    let nothing = Diagram.constant(0)
    let rules = try (1...500 as ClosedRange<UInt32>).map { answer in
      let ports = try arena.choice(
        .destinationPort, in: side(65535), then: .constant(answer), else: nothing)
      let destinations = try arena.choice(
        .destination4, in: side(.max), then: ports, else: nothing)
      return try arena.choice(.source4, in: side(.max), then: destinations, else: nothing)
    }
    let folded = try #require(try arena.fold(rules, by: Self.firstMatch))
    for _ in 0..<200 {
      let packet = [
        UInt128(UInt32.random(in: 0...UInt32.max, using: &generator)),
        UInt128(UInt32.random(in: 0...UInt32.max, using: &generator)),
        UInt128(UInt32.random(in: 0...65535, using: &generator)),
      ]
      func value(_ dimension: Dimension) -> UInt128 {
        dimension == .source4 ? packet[0] : dimension == .destination4 ? packet[1] : packet[2]
      }
      let expected = rules.lazy.map { arena.answer($0, at: value) }.first { $0 != 0 } ?? 0
      #expect(arena.answer(folded, at: value) == expected)
    }
  }

  @Test func foldOfNothingIsNothing() throws {
    #expect(try PacketArena().fold([], by: Self.firstMatch) == nil)
  }

  @Test func foldsEachTimeByItsOwnRule() throws {
    let arena = PacketArena()
    let sets = try (0..<4).map { index in
      try arena.set(.source4, IntervalSet([IntervalSet<UInt32>.Interval(0, 10 + index)])).diagram
    }
    let union = try arena.fold(sets) { a, b in
      guard let a = a.constant, let b = b.constant else { return nil }
      return .constant(a | b)
    }
    let intersection = try arena.fold(sets) { a, b in
      guard let a = a.constant, let b = b.constant else { return nil }
      return .constant(a & b)
    }
    #expect(union == sets[3] && intersection == sets[0])
  }
}
