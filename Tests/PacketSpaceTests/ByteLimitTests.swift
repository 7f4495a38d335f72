import NetworkTypes
import PacketSpace
import Testing

struct ByteLimitTests {
  private static let limit = 200_000
  private static let failure = PacketSpaceError.outOfSpace(limit: limit)

  /// Intervals of one value each, from `first`.
  private func values<Bound>(_ count: Bound, from first: Bound = 0) -> IntervalSet<Bound> {
    IntervalSet(canonical: (0..<count).map { .init(first + $0 * 3, first + $0 * 3) })
  }

  @Test func refusesASetThatIsTooLarge() throws {
    let arena = PacketArena(byteLimit: Self.limit)
    let before = arena.statistics.bytes
    #expect(throws: Self.failure) { try arena.set(.source4, values(1_000_000 as UInt32)) }
    #expect(throws: Self.failure) { try arena.set(.source6, values(1_000_000 as UInt128)) }
    #expect(throws: Self.failure) {
      try arena.cases(
        .source4,
        (0..<100_000).map { (upper: $0 == 99_999 ? UInt32.max : $0, then: .constant($0 % 2)) })
    }
    #expect(arena.statistics.bytes == before)
    #expect(try arena.set(.source4, values(10 as UInt32)).isEmpty == false)
    #expect(arena.brokenInvariants() == [])
  }

  @Test func refusesAnOperationThatGrowsTooLargeAndGoesOn() throws {
    let arena = PacketArena(byteLimit: Self.limit)
    // Each a comb of its own dimension: together every tooth of one has a copy of the other.
    var combs: [Diagram] = []
    for (number, dimension) in [Dimension.source4, .destination4, .destinationPort].enumerated() {
      let runs = (0..<200).map { value in
        (
          upper: value == 199 ? UInt32.max : UInt32(value),
          then: Diagram.constant(UInt32(value) << (8 * UInt32(number)))
        )
      }
      combs.append(try arena.cases(dimension, runs))
    }
    let wide = try arena.set(.source6, values(100 as UInt128))
    let sum: (Diagram, Diagram) -> Diagram? = { a, b in
      guard let a = a.constant, let b = b.constant else { return nil }
      return .constant(a + b)
    }
    for _ in 0..<3 {
      #expect(throws: Self.failure) { try arena.fold(combs, by: sum) }
      #expect(arena.statistics.bytes <= Self.limit)
      #expect(arena.brokenInvariants() == [])
    }
    // What there is, is there; what is known needs no memory.
    #expect(arena.answer(combs[1]) { _ in 7 } == 7 << 8)
    #expect(try arena.intersection(wide, wide) == wide)
    #expect(try arena.map(combs[0]) { $0 } == combs[0])
    #expect(try arena.combine(combs[0], .constant(0), by: sum) == combs[0])
  }

  @Test func refusesPairsWithoutEnd() throws {
    // Nothing is built, but every pair of nodes meets: the memo alone outgrows the limit.
    let arena = PacketArena(byteLimit: Self.limit)
    func comb(_ offset: UInt32) throws -> Diagram {
      let ports = try (0..<150).map { value in
        try arena.choice(
          .destinationPort, in: IntervalSet<UInt32>(offset + UInt32(value)), then: .constant(1),
          else: .constant(0))
      }
      return try arena.cases(
        offset == 0 ? .source4 : .destination4,
        ports.enumerated().map {
          (upper: $0.offset == 149 ? UInt32.max : UInt32($0.offset), then: $0.element)
        })
    }
    let a = try comb(0)
    let b = try comb(1000)
    #expect(throws: Self.failure) {
      try arena.combine(a, b) { a, b in
        a.constant != nil && b.constant != nil ? .constant(3) : nil
      }
    }
    #expect(arena.statistics.bytes <= Self.limit)
    #expect(try arena.combine(a, .constant(0)) { a, _ in a } == a)
  }

  @Test func neverTakesMoreThanTheLimit() throws {
    for limit in stride(from: 60_000, through: 400_000, by: 20_000) {
      let arena = PacketArena(byteLimit: limit)
      var count: UInt32 = 1
      while (try? arena.set(.source4, values(count))) != nil {
        #expect(arena.statistics.bytes <= limit)
        count = count * 5 / 4 + 1
      }
      #expect(arena.statistics.bytes <= limit)
      #expect(arena.brokenInvariants() == [])
    }
  }
}
