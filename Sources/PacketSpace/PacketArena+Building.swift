package import NetworkTypes

extension PacketArena {
  /// The function that answers as `inside` where the dimension's value is in a set, else as `outside`.
  ///
  /// Both must ask only later dimensions. Linear in the set.
  package func choice(
    _ dimension: Dimension, in set: IntervalSet<UInt32>, then inside: Diagram,
    else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    try choice(dimension, set, inside, outside, narrow)
  }

  /// The same for a wide dimension.
  package func choice(
    _ dimension: Dimension, in set: IntervalSet<UInt128>, then inside: Diagram,
    else outside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    try choice(dimension, set, inside, outside, wide)
  }

  /// The function that answers by runs of values: each run ends at its `upper`, begins after the one
  /// before, and the last one ends at the largest value.
  package func cases(
    _ dimension: Dimension, _ runs: [(upper: UInt32, then: Diagram)]
  ) throws(PacketSpaceError) -> Diagram {
    try cases(dimension, runs, narrow)
  }

  /// The same for a wide dimension.
  package func cases(
    _ dimension: Dimension, _ runs: [(upper: UInt128, then: Diagram)]
  ) throws(PacketSpaceError) -> Diagram {
    try cases(dimension, runs, wide)
  }

  private func choice<Bound>(
    _ dimension: Dimension, _ set: IntervalSet<Bound>, _ inside: Diagram, _ outside: Diagram,
    _ stack: EdgeStack<Bound>
  ) throws(PacketSpaceError) -> Diagram {
    precondition(dimension.isWide == (Bound.bitWidth == 128), "a dimension has one width")
    assert(isBelow(inside, dimension) && isBelow(outside, dimension))
    if inside == outside || set.isEmpty { return outside }
    let base = stack.count
    try reserve(2 * set.intervals.count + 1, on: stack)
    var next: Bound = 0
    for interval in set.intervals {
      if interval.lower > next { stack.extend(interval.lower - 1, outside.bits, above: base) }
      stack.extend(interval.upper, inside.bits, above: base)
      next = interval.upper &+ 1
    }
    if set.intervals.last?.upper != .max { stack.extend(.max, outside.bits, above: base) }
    return try make(dimension, stack, above: base)
  }

  private func cases<Bound>(
    _ dimension: Dimension, _ runs: [(upper: Bound, then: Diagram)], _ stack: EdgeStack<Bound>
  ) throws(PacketSpaceError) -> Diagram {
    precondition(dimension.isWide == (Bound.bitWidth == 128), "a dimension has one width")
    let base = stack.count
    try reserve(runs.count, on: stack)
    var last: Bound?
    for run in runs {
      assert(isBelow(run.then, dimension))
      precondition(last.map { $0 < run.upper } ?? true, "runs ascend")
      stack.extend(run.upper, run.then.bits, above: base)
      last = run.upper
    }
    precondition(last == .max, "the last run ends at the largest value")
    return try make(dimension, stack, above: base)
  }

  private func isBelow(_ diagram: Diagram, _ dimension: Dimension) -> Bool {
    top(diagram).map { dimension < $0 } ?? true
  }
}
