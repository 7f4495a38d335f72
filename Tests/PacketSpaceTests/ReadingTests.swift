import NetworkTypes
import PacketSpace
import TestSupport
import Testing

struct ReadingTests {
  @Test func edgesChildrenAndGroupsTellOfOneNode() throws {
    var generator = SeededGenerator(label: "edges")
    let arena = PacketArena()
    for dimension in [Dimension.source4, .source6] {
      for _ in 0..<50 {
        let largest = dimension.isWide ? Grid.wideEnd : Grid.narrowEnd
        var uppers: [UInt128] = (0..<40).map { _ in UInt128.random(in: 0..<200, using: &generator) }
        uppers = Array(Set(uppers)).sorted() + [largest]
        let grid = Grid(axes: [Grid.Axis(dimension: dimension, uppers: uppers)])
        let table = uppers.map { _ in UInt32.random(in: 0..<4, using: &generator) }
        let diagram = try grid.diagram(table, in: arena)
        let edges = arena.edges(of: diagram)
        if diagram.constant != nil { continue }
        #expect(edges[0].lower == 0 && edges[edges.count - 1].upper == largest)
        for (before, after) in zip(edges, edges.dropFirst()) {
          #expect(after.lower == before.upper + 1 && after.child != before.child)
        }
        var ordered: [Diagram] = []
        for edge in edges where !ordered.contains(edge.child) { ordered.append(edge.child) }
        #expect(arena.children(of: diagram) == ordered)
        let groups = arena.groups(of: diagram)
        #expect(groups.map(\.child) == ordered)
        for (child, values) in groups {
          let expected = edges.filter { $0.child == child }
          switch values {
          case .narrow(let set):
            #expect(set.intervals.map { UInt128($0.lower) } == expected.map(\.lower))
            #expect(set.intervals.map { UInt128($0.upper) } == expected.map(\.upper))
          case .wide(let set):
            #expect(set.intervals.map(\.lower) == expected.map(\.lower))
            #expect(set.intervals.map(\.upper) == expected.map(\.upper))
          }
        }
      }
    }
  }

  @Test func aConstantHasNoEdges() {
    let arena = PacketArena()
    #expect(arena.edges(of: .constant(1)).isEmpty)
    #expect(arena.children(of: .constant(1)).isEmpty)
    #expect(arena.groups(of: .constant(1)).isEmpty)
    #expect(arena.answers(of: .constant(5)) == [5])
    #expect(arena.size(of: .constant(5)) == (0, 0))
    #expect(arena.answer(.constant(5)) { _ in 0 } == 5)
  }

  @Test func listsAnswersAndCountsSharedNodesOnce() throws {
    let arena = PacketArena()
    let port = try arena.choice(
      .destinationPort, in: IntervalSet<UInt32>(22), then: .constant(7), else: .constant(2))
    let diagram = try arena.cases(
      .source4, [(UInt32(5), port), (6, .constant(9)), (.max, port)])
    #expect(arena.answers(of: diagram) == [2, 7, 9])
    #expect(arena.size(of: diagram) == (2, 6))
  }

  @Test func projectsAndFixesAsTablesDo() throws {
    var generator = SeededGenerator(label: "projections")
    let arena = PacketArena()
    let grid = Grid.mixed
    let places = (0..<grid.count).map { cell -> [Int] in
      var rest = cell
      return grid.axes.reversed().map { axis in
        defer { rest /= axis.uppers.count }
        return rest % axis.uppers.count
      }.reversed()
    }
    for _ in 0..<40 {
      let table = grid.randomTable(answers: 3, using: &generator)
      let diagram = try grid.diagram(table, in: arena)
      let set = try arena.packets(of: diagram) { $0 == 1 }
      for (number, axis) in grid.axes.enumerated() {
        func line(_ cell: Int) -> [Int] {
          axis.uppers.indices.map { place in
            var moved = places[cell]
            moved[number] = place
            return grid.cell(moved)
          }
        }
        let projected = try arena.project(set, away: axis.dimension)
        #expect(
          grid.table(projected.diagram, in: arena)
            == (0..<grid.count).map { line($0).contains { table[$0] == 1 } ? 1 : 0 })
        for (place, upper) in axis.uppers.enumerated() {
          let fixed = try arena.fix(diagram, axis.dimension, to: upper)
          #expect(
            grid.table(fixed, in: arena) == (0..<grid.count).map { table[line($0)[place]] })
        }
      }
      #expect(try arena.project(set, away: .user) == set)
      #expect(try arena.fix(diagram, .user, to: 0) == diagram)
    }
    #expect(arena.brokenInvariants() == [])
  }

  @Test func witnessIsAMemberAndTakesWhatIsPreferred() throws {
    var generator = SeededGenerator(label: "witnesses")
    let arena = PacketArena()
    let grid = Grid.mixed
    for _ in 0..<100 {
      let table = grid.randomTable(answers: 2, using: &generator)
      let set = try grid.set(table.map { $0 == 1 }, in: arena)
      let plain = arena.witness(of: set) { _, _ in [] }
      #expect((plain == nil) == !table.contains(1))
      guard let plain else { continue }
      #expect(arena.answer(set.diagram) { plain[$0] ?? 0 } == 1)
      // Whoever prefers a member gets it.
      let cell = try #require((0..<grid.count).last { table[$0] == 1 })
      let wanted = grid.packet(in: cell)
      let chosen = try #require(
        arena.witness(of: set) { dimension, _ in [wanted[dimension] ?? 0] })
      for (dimension, value) in chosen.values { #expect(wanted[dimension] == value) }
    }
    #expect(arena.witness(of: .empty) { _, _ in [] } == nil)
    #expect(arena.witness(of: .all) { _, _ in [1] }?.values.isEmpty == true)
  }

  @Test func witnessPassesOverWhatTheSetLacksAndKnowsWhatWasChosen() throws {
    let arena = PacketArena()
    let set = try arena.intersection(
      arena.set(.source4, IntervalSet([IntervalSet<UInt32>.Interval(100, 200)])),
      arena.set(.destinationPort, IntervalSet<UInt32>(22)))
    var seen: [Dimension: UInt128?] = [:]
    let witness = arena.witness(of: set) { dimension, earlier in
      seen[dimension] = earlier[.source4]
      return dimension == .source4 ? [5, 150, 120] : [80, 443]
    }
    #expect(witness?.values == [.source4: 150, .destinationPort: 22])
    #expect(seen == [.source4: nil, .destinationPort: 150])
    #expect(arena.witness(of: set) { _, _ in [] }?[.source4] == 100)
  }

  @Test func regionsAreDisjointAndCoverExactlyWhatIsWanted() throws {
    var generator = SeededGenerator(label: "regions")
    let arena = PacketArena()
    let grid = Grid.mixed
    for _ in 0..<60 {
      let table = grid.randomTable(answers: 3, using: &generator)
      let diagram = try grid.diagram(table, in: arena)
      let (regions, isComplete) = arena.regions(of: diagram, limit: .max) { $0 != 0 }
      #expect(isComplete)
      var covered = PacketSet.empty
      for region in regions {
        var product = PacketSet.all
        for (dimension, values) in region.values {
          let set =
            switch values {
            case .narrow(let set): try arena.set(dimension, set)
            case .wide(let set): try arena.set(dimension, set)
            }
          product = try arena.intersection(product, set)
        }
        #expect(try arena.intersection(covered, product).isEmpty)
        #expect(try arena.isSubset(product, of: arena.packets(of: diagram) { $0 == region.answer }))
        covered = try arena.union(covered, product)
      }
      #expect(try covered == arena.packets(of: diagram) { $0 != 0 })
      if !regions.isEmpty {
        let some = arena.regions(of: diagram, limit: regions.count - 1) { $0 != 0 }
        #expect(some.regions == Array(regions.dropLast()) && !some.isComplete)
        let none = arena.regions(of: diagram, limit: 0) { $0 != 0 }
        #expect(none.regions.isEmpty && !none.isComplete)
      }
      let all = arena.regions(of: diagram, limit: regions.count) { $0 != 0 }
      #expect(all.regions == regions && all.isComplete)
    }
  }
}
