import NetworkTypes
import PacketSpace
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

  @Test func possiblePacketsHaveAWitness() throws {
    let arena = PacketArena()
    let interfaces = InterfaceClasses(exact: ["eth0"], stems: ["bng"])
    let possible = try arena.possiblePackets(interfaces: interfaces, limiters: [true])
    let witness = try #require(arena.witness(of: possible) { _, _ in [] })
    #expect(witness[.path] == 0)
    #expect(arena.answer(possible.diagram) { witness[$0] ?? 0 } == 1)
  }
}
