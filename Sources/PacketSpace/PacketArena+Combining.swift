extension PacketArena {
  /// The function that answers, for each packet, what `rule` makes of the answers of `a` and `b`.
  ///
  /// - Parameter rule: asked for pairs of diagrams; it must answer for two constants, and may answer
  ///   earlier where it already knows the whole result (`a` decides alone, say): that is what keeps
  ///   small changes to large functions cheap. It must answer alike for alike pairs, and must not use
  ///   this space.
  ///
  /// Linear in the pairs of nodes that meet; each pair is asked once.
  package func combine(
    _ a: Diagram, _ b: Diagram, by rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram {
    memo.removeAll()
    let marks = (narrowScratch.count, wideScratch.count)
    do {
      return try combined(a, b, rule)
    } catch {
      narrowScratch.truncate(to: marks.0)
      wideScratch.truncate(to: marks.1)
      throw error
    }
  }

  /// The function with each answer replaced.
  package func map(
    _ diagram: Diagram, _ replace: (UInt32) -> UInt32
  ) throws(PacketSpaceError) -> Diagram {
    try combine(diagram, .constant(0)) { a, _ in a.constant.map { .constant(replace($0)) } }
  }

  private func combined(
    _ a: Diagram, _ b: Diagram, _ rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram {
    if let known = rule(a, b) { return known }
    let key = UInt64(a.bits) << 32 | UInt64(b.bits)
    if let known = memo.value(of: key) { return Diagram(bits: known) }
    let aTop = top(a)
    let bTop = top(b)
    let result: Diagram
    switch (aTop, bTop) {
    case (nil, nil): preconditionFailure("an operation answers for constants")
    case (let dimension?, nil):
      result = try spread(a, dimension, rule, b, isLeft: true)
    case (nil, let dimension?):
      result = try spread(b, dimension, rule, a, isLeft: false)
    case (let left?, let right?):
      if left < right {
        result = try spread(a, left, rule, b, isLeft: true)
      } else if right < left {
        result = try spread(b, right, rule, a, isLeft: false)
      } else {
        result = try left.isWide ? mergeWide(a, b, left, rule) : mergeNarrow(a, b, left, rule)
      }
    }
    memo.insert(result.bits, for: key)
    return result
  }

  /// One side asks a dimension that the other does not.
  private func spread(
    _ asking: Diagram, _ dimension: Dimension, _ rule: (Diagram, Diagram) -> Diagram?,
    _ other: Diagram, isLeft: Bool
  ) throws(PacketSpaceError) -> Diagram {
    let node = nodes[Int(asking.bits)]
    let base = dimension.isWide ? wideScratch.count : narrowScratch.count
    for index in node.start..<node.start + node.count {
      let child = Diagram(bits: dimension.isWide ? wide.children[index] : narrow.children[index])
      let result = try isLeft ? combined(child, other, rule) : combined(other, child, rule)
      if dimension.isWide {
        wideScratch.extend(wide.uppers[index], result.bits, above: base)
      } else {
        narrowScratch.extend(narrow.uppers[index], result.bits, above: base)
      }
    }
    return try dimension.isWide
      ? makeWide(dimension, above: base) : makeNarrow(dimension, above: base)
  }

  private func mergeNarrow(
    _ a: Diagram, _ b: Diagram, _ dimension: Dimension, _ rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram {
    let left = nodes[Int(a.bits)]
    let right = nodes[Int(b.bits)]
    let base = narrowScratch.count
    var i = left.start
    var j = right.start
    while true {
      // Read anew each time: making a node may move the pool.
      let leftUpper = narrow.uppers[i]
      let rightUpper = narrow.uppers[j]
      let result = try combined(
        Diagram(bits: narrow.children[i]), Diagram(bits: narrow.children[j]), rule)
      narrowScratch.extend(min(leftUpper, rightUpper), result.bits, above: base)
      if leftUpper == rightUpper {
        if leftUpper == .max { break }
        i += 1
        j += 1
      } else if leftUpper < rightUpper {
        i += 1
      } else {
        j += 1
      }
    }
    return try makeNarrow(dimension, above: base)
  }

  private func mergeWide(
    _ a: Diagram, _ b: Diagram, _ dimension: Dimension, _ rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram {
    let left = nodes[Int(a.bits)]
    let right = nodes[Int(b.bits)]
    let base = wideScratch.count
    var i = left.start
    var j = right.start
    while true {
      let leftUpper = wide.uppers[i]
      let rightUpper = wide.uppers[j]
      let result = try combined(
        Diagram(bits: wide.children[i]), Diagram(bits: wide.children[j]), rule)
      wideScratch.extend(min(leftUpper, rightUpper), result.bits, above: base)
      if leftUpper == rightUpper {
        if leftUpper == .max { break }
        i += 1
        j += 1
      } else if leftUpper < rightUpper {
        i += 1
      } else {
        j += 1
      }
    }
    return try makeWide(dimension, above: base)
  }
}
