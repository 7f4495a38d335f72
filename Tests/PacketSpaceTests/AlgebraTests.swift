import NetworkTypes
import PacketSpace
import TestSupport
import Testing

struct AlgebraTests {
  @Test func equalSetsAreOneHandle() throws {
    let arena = PacketArena()
    let low = try arena.set(.source4, IntervalSet([IntervalSet<UInt32>.Interval(0, 99)]))
    let high = try arena.set(.source4, IntervalSet([IntervalSet<UInt32>.Interval(100, .max)]))
    #expect(try arena.complement(low) == high)
    #expect(try arena.union(low, high) == .all)
    #expect(try arena.intersection(low, high) == .empty)
  }

  @Test func everySetOfTwoBitsByTwoBitsIsOneHandleAndNoOther() throws {
    let arena = PacketArena()
    let grid = Grid.small
    var handles: Set<PacketSet> = []
    for bits in 0..<1 << grid.count {
      let set = try grid.set((0..<grid.count).map { bits >> $0 & 1 == 1 }, in: arena)
      handles.insert(set)
      if bits % 97 == 0 {
        let table = grid.table(set.diagram, in: arena)
        #expect(table == (0..<grid.count).map { UInt32(bits >> $0 & 1) })
        let other = try grid.set((0..<grid.count).map { bits >> $0 & 1 == 0 }, in: arena)
        #expect(try arena.complement(set) == other)
      }
    }
    #expect(handles.count == 1 << grid.count)
    #expect(handles.contains(.empty) && handles.contains(.all))
    #expect(arena.brokenInvariants() == [])
  }

  @Test func everyPairOfTinySetsIsCombinedAsBitsAre() throws {
    let arena = PacketArena()
    let grid = Grid(axes: [
      Grid.Axis(dimension: .family, uppers: [0, Grid.narrowEnd]),
      Grid.Axis(dimension: .date, uppers: [5, 6, Grid.wideEnd]),
    ])
    let size = 1 << grid.count
    let sets = try (0..<size).map { bits in
      try grid.set((0..<grid.count).map { bits >> $0 & 1 == 1 }, in: arena)
    }
    var wrong = 0
    for a in 0..<size {
      for b in 0..<size {
        if try arena.union(sets[a], sets[b]) != sets[a | b] { wrong += 1 }
        if try arena.intersection(sets[a], sets[b]) != sets[a & b] { wrong += 1 }
        if try arena.difference(sets[a], sets[b]) != sets[a & ~b] { wrong += 1 }
        if try arena.isSubset(sets[a], of: sets[b]) != (a & ~b == 0) { wrong += 1 }
        if try arena.differences(sets[a].diagram, sets[b].diagram) != sets[a ^ b] { wrong += 1 }
      }
    }
    #expect(wrong == 0)
    #expect(arena.brokenInvariants() == [])
  }

  @Test func randomSetsObeyTheLaws() throws {
    var generator = SeededGenerator(label: "packet sets")
    let arena = PacketArena()
    let grid = Grid.mixed
    for _ in 0..<200 {
      let sets = try (0..<3).map { _ in
        try grid.set(grid.randomTable(answers: 2, using: &generator).map { $0 == 1 }, in: arena)
      }
      let (a, b, c) = (sets[0], sets[1], sets[2])
      let notA = try arena.complement(a)
      let notB = try arena.complement(b)
      #expect(try arena.complement(arena.union(a, b)) == arena.intersection(notA, notB))
      #expect(try arena.complement(arena.intersection(a, b)) == arena.union(notA, notB))
      #expect(
        try arena.intersection(a, arena.union(b, c))
          == arena.union(arena.intersection(a, b), arena.intersection(a, c)))
      #expect(
        try arena.union(a, arena.intersection(b, c))
          == arena.intersection(arena.union(a, b), arena.union(a, c)))
      #expect(try arena.difference(a, b) == arena.intersection(a, notB))
      #expect(try arena.complement(notA) == a)
      #expect(try arena.union(a, .empty) == a && arena.union(a, .all) == .all)
      #expect(try arena.intersection(a, .all) == a && arena.intersection(a, .empty) == .empty)
      #expect(try arena.difference(a, a) == .empty && arena.union(a, notA) == .all)
      #expect(try arena.union(sets) == arena.union(arena.union(a, b), c))
    }
    #expect(try arena.union([]) == .empty)
    #expect(arena.brokenInvariants() == [])
  }
}
