import NetworkTypes
import PacketSpace
import Testing

struct BuildingTests {
  private typealias Narrow = IntervalSet<UInt32>
  private typealias Wide = IntervalSet<UInt128>

  @Test func choiceOfNothingAndOfEverythingIsNoNode() throws {
    let arena = PacketArena()
    let one = Diagram.constant(1)
    let two = Diagram.constant(2)
    #expect(try arena.choice(.source4, in: Narrow(), then: one, else: two) == two)
    #expect(try arena.choice(.source4, in: Narrow.all, then: one, else: two) == one)
    #expect(try arena.choice(.source6, in: Wide(), then: one, else: two) == two)
    #expect(try arena.choice(.source6, in: Wide.all, then: one, else: two) == one)
    #expect(try arena.choice(.source4, in: Narrow(7), then: one, else: one) == one)
    #expect(arena.statistics.nodes == 0)
  }

  @Test(
    arguments: [
      [(0, 0)], [(UInt32.max, .max)], [(0, 0), (.max, .max)], [(0, .max - 1)], [(1, .max)],
      [(0, 5), (7, 7), (9, .max)], [(1, 1), (3, .max - 1)],
    ] as [[(UInt32, UInt32)]])
  func choiceHoldsItsEnds(intervals: [(UInt32, UInt32)]) throws {
    let arena = PacketArena()
    let narrow = Narrow(canonical: intervals.map { .init($0.0, $0.1) })
    // The same at the ends of 128 bits.
    func widened(_ value: UInt32) -> UInt128 {
      value < 100 ? UInt128(value) : .max - UInt128(UInt32.max - value)
    }
    let wide = Wide(canonical: intervals.map { .init(widened($0.0), widened($0.1)) })
    let narrowSet = try arena.set(.source4, narrow).diagram
    let wideSet = try arena.set(.source6, wide).diagram
    let near = intervals.flatMap { [$0.0, $0.1, $0.0 &- 1, $0.1 &+ 1] } + [0, .max]
    for value in near {
      let expected: UInt32 = narrow.contains(value) ? 1 : 0
      #expect(arena.answer(narrowSet) { _ in UInt128(value) } == expected)
      #expect(arena.answer(wideSet) { _ in widened(value) } == expected)
    }
    #expect(arena.brokenInvariants() == [])
  }

  @Test func casesOfOneRunAreThatRun() throws {
    let arena = PacketArena()
    #expect(try arena.cases(.source4, [(UInt32.max, .constant(3))]) == .constant(3))
    #expect(try arena.cases(.source6, [(UInt128.max, .constant(3))]) == .constant(3))
    #expect(arena.statistics.nodes == 0)
  }

  @Test func casesThatAgreeAreOneRun() throws {
    let arena = PacketArena()
    let one = Diagram.constant(1)
    let two = Diagram.constant(2)
    let cases = try arena.cases(.source4, [(UInt32(0), one), (4, one), (5, two), (.max, two)])
    let choice = try arena.choice(
      .source4, in: Narrow([.init(0, 4)]), then: one, else: two)
    #expect(cases == choice)
    #expect(arena.edges(of: cases).map(\.upper) == [4, UInt128(UInt32.max)])
    #expect(try arena.cases(.source4, [(UInt32(0), one), (.max, one)]) == one)
  }

  @Test func oneSetInTwoDimensionsIsTwoDiagrams() throws {
    let arena = PacketArena()
    let source = try arena.set(.source4, Narrow(1))
    let destination = try arena.set(.destination4, Narrow(1))
    #expect(source != destination)
    #expect(arena.dimension(of: source.diagram) == .source4)
    #expect(arena.dimension(of: .constant(1)) == nil)
  }

  @Test func limitersHaveDimensionsOfTheirOwn() {
    #expect(Dimension.limiter(0).limiterIndex == 0)
    #expect(!Dimension.limiter(0).isWide)
    #expect(Dimension.date < .limiter(0))
    let last = Dimension.maximumLimiters - 1
    #expect(Dimension.limiter(last).limiterIndex == last)
    #expect(Dimension.date.limiterIndex == nil)
  }
}
