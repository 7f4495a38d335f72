extension PacketArena {
  /// A set that agrees with another one wherever packets are possible, and asks as little as it can.
  ///
  /// For people: what tells apart only packets that cannot be is not asked, and what an exception is
  /// made of is told rather than what the rest is. `set` must be within
  /// `possible`; everything possible becomes `.all`. Linear in the pairs of nodes that meet.
  package func simplified(
    _ set: PacketSet, within possible: PacketSet
  ) throws(PacketSpaceError) -> PacketSet {
    var known: [Pair: Diagram] = [:]
    func simplified(_ set: Diagram, _ possible: Diagram) throws(PacketSpaceError) -> Diagram {
      if set == .constant(0) || set == .constant(1) { return set }
      if set == possible { return .constant(1) }
      let pair = Pair(set: set, possible: possible)
      if let result = known[pair] { return result }
      let tops = [dimension(of: set), dimension(of: possible)].compactMap { $0 }
      guard let top = tops.min() else { return set }
      // Runs of values in which neither side changes; nil where nothing is possible.
      var pieces: [(upper: UInt128, then: Diagram?)] = []
      let left = runs(of: set, top)
      let right = runs(of: possible, top)
      var i = 0
      var j = 0
      while i < left.count, j < right.count {
        let upper = min(left[i].upper, right[j].upper)
        let then: Diagram? =
          right[j].child == .constant(0)
          ? nil : try simplified(left[i].child, right[j].child)
        pieces.append((upper, then))
        if left[i].upper == upper { i += 1 }
        // The other side may have ended here as well.
        if right[j].upper == upper { j += 1 }
      }
      // What is not possible goes with what most of the rest does.
      let usual = usual(pieces) ?? .constant(0)
      var merged: [(upper: UInt128, then: Diagram)] = []
      for piece in pieces {
        let then = piece.then ?? usual
        if merged.last?.then == then {
          merged[merged.count - 1].upper = piece.upper
        } else {
          merged.append((piece.upper, then))
        }
      }
      let result: Diagram
      if merged.count == 1 {
        result = merged[0].then
      } else if top.isWide {
        result = try cases(top, merged)
      } else {
        result = try cases(top, merged.map { (UInt32(truncatingIfNeeded: $0.upper), $0.then) })
      }
      known[pair] = result
      return result
    }
    return PacketSet(diagram: try simplified(set.diagram, possible.diagram))
  }

  /// What most values lead to; nil where nothing is possible, or everything is.
  private func usual(_ pieces: [(upper: UInt128, then: Diagram?)]) -> Diagram? {
    if !pieces.contains(where: { $0.then == nil }) { return nil }
    var weights: [Diagram: UInt128] = [:]
    var order: [Diagram] = []
    var next: UInt128 = 0
    for piece in pieces {
      if let then = piece.then {
        if weights[then] == nil { order.append(then) }
        // All values together are one too many.
        let (sum, overflow) = weights[then, default: 0]
          .addingReportingOverflow(piece.upper - next)
        weights[then] = overflow ? .max : sum
      }
      next = piece.upper &+ 1
    }
    return order.max { weights[$0, default: 0] < weights[$1, default: 0] }
  }

  private struct Pair: Hashable {
    var set: Diagram
    var possible: Diagram
  }

  /// The runs of a dimension, which a diagram asks first or not at all.
  private func runs(
    of diagram: Diagram, _ dimension: Dimension
  ) -> [(upper: UInt128, child: Diagram)] {
    guard self.dimension(of: diagram) == dimension else {
      return [(dimension.isWide ? .max : UInt128(UInt32.max), diagram)]
    }
    var runs: [(upper: UInt128, child: Diagram)] = []
    forEachEdge(of: diagram) { runs.append(($1, $2)) }
    return runs
  }

  /// The packets of a region.
  package func packets(of region: Region) throws(PacketSpaceError) -> PacketSet {
    var set = Diagram.constant(1)
    for (dimension, values) in region.values.sorted(by: { $0.key > $1.key }) {
      switch values {
      case .narrow(let values):
        set = try choice(dimension, in: values, then: set, else: .constant(0))
      case .wide(let values):
        set = try choice(dimension, in: values, then: set, else: .constant(0))
      }
    }
    return PacketSet(diagram: set)
  }
}
