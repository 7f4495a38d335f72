package import PacketSpace

/// Random members of a set of packets, near the values that matter.
package struct PacketSampler {
  private let arena: PacketArena
  private let possible: PacketSet
  private let dimensions: [Dimension]
  /// Values where something changes, by dimension.
  private let pool: [Dimension: [UInt128]]

  /// - Parameters:
  ///   - dimensions: those to give a value to.
  ///   - pool: values that rules speak of; their neighbours are tried as well.
  package init(
    of possible: PacketSet, in arena: PacketArena, dimensions: [Dimension],
    pool: [Dimension: [UInt128]]
  ) {
    self.arena = arena
    self.possible = possible
    self.dimensions = dimensions.sorted()
    self.pool = pool
  }

  /// A value for each dimension.
  package func packet(using generator: inout SeededGenerator) -> [Dimension: UInt128] {
    var values: [Dimension: UInt128] = [:]
    var current = possible.diagram
    for dimension in dimensions {
      let asks = arena.dimension(of: current) == dimension
      let edges =
        asks ? arena.edges(of: current).filter { $0.child != .constant(0) } : []
      let largest: UInt128 = dimension.isWide ? .max : UInt128(UInt32.max)
      var candidates: [UInt128] = []
      if let value = pool[dimension]?.randomElement(using: &generator) {
        candidates = [value, value &+ 1, value &- 1].filter { value in
          value <= largest
            && (!asks || edges.contains { $0.lower <= value && value <= $0.upper })
        }
      }
      let value: UInt128
      if let candidate = candidates.randomElement(using: &generator),
        Int.random(in: 0..<4, using: &generator) > 0
      {
        value = candidate
      } else if let edge = edges.randomElement(using: &generator) {
        value = UInt128.random(in: edge.lower...edge.upper, using: &generator)
      } else {
        value = UInt128.random(in: 0...largest, using: &generator)
      }
      values[dimension] = value
      if asks { current = arena.child(of: current, at: value) }
    }
    return values
  }
}
