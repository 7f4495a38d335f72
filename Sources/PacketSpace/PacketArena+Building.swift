package import NetworkTypes

extension PacketArena {
  /// The function that answers as `inside` where the dimension's value is in a set, else as `outside`.
  ///
  /// Both must ask only later dimensions. Linear in the set.
  package func choice(
    _ dimension: Dimension, in set: IntervalSet<UInt32>, then inside: Diagram,
    else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    assert(!dimension.isWide && isBelow(inside, dimension) && isBelow(outside, dimension))
    if inside == outside || set.isEmpty { return outside }
    let base = narrowScratch.count
    var next: UInt32 = 0
    var isDone = false
    for interval in set.intervals {
      if interval.lower > next { narrowScratch.append(interval.lower - 1, outside.bits) }
      narrowScratch.append(interval.upper, inside.bits)
      isDone = interval.upper == .max
      next = interval.upper &+ 1
    }
    if !isDone { narrowScratch.append(.max, outside.bits) }
    return try makeNarrow(dimension, above: base)
  }

  /// The same for a wide dimension.
  package func choice(
    _ dimension: Dimension, in set: IntervalSet<UInt128>, then inside: Diagram,
    else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    assert(dimension.isWide && isBelow(inside, dimension) && isBelow(outside, dimension))
    if inside == outside || set.isEmpty { return outside }
    let base = wideScratch.count
    var next: UInt128 = 0
    var isDone = false
    for interval in set.intervals {
      if interval.lower > next { wideScratch.append(interval.lower - 1, outside.bits) }
      wideScratch.append(interval.upper, inside.bits)
      isDone = interval.upper == .max
      next = interval.upper &+ 1
    }
    if !isDone { wideScratch.append(.max, outside.bits) }
    return try makeWide(dimension, above: base)
  }

  /// The function that answers by runs of values: each run ends at its `upper`, begins after the one
  /// before, and the last one ends at the largest value.
  package func cases(
    _ dimension: Dimension, _ runs: [(upper: UInt32, then: Diagram)]
  ) throws(PacketSpaceError) -> Diagram {
    let base = narrowScratch.count
    var last: UInt32?
    for run in runs {
      assert(isBelow(run.then, dimension))
      precondition(last.map { $0 < run.upper } ?? true, "runs ascend")
      narrowScratch.extend(run.upper, run.then.bits, above: base)
      last = run.upper
    }
    precondition(last == .max, "the last run ends at the largest value")
    return try makeNarrow(dimension, above: base)
  }

  /// The same for a wide dimension.
  package func cases(
    _ dimension: Dimension, _ runs: [(upper: UInt128, then: Diagram)]
  ) throws(PacketSpaceError) -> Diagram {
    let base = wideScratch.count
    var last: UInt128?
    for run in runs {
      assert(isBelow(run.then, dimension))
      precondition(last.map { $0 < run.upper } ?? true, "runs ascend")
      wideScratch.extend(run.upper, run.then.bits, above: base)
      last = run.upper
    }
    precondition(last == .max, "the last run ends at the largest value")
    return try makeWide(dimension, above: base)
  }

  private func isBelow(_ diagram: Diagram, _ dimension: Dimension) -> Bool {
    top(diagram).map { dimension < $0 } ?? true
  }
}
