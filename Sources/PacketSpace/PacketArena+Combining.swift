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
    return try start(a, b, rule)
  }

  /// The function with each answer replaced.
  package func map(
    _ diagram: Diagram, _ replace: (UInt32) -> UInt32
  ) throws(PacketSpaceError) -> Diagram {
    try combine(diagram, .constant(0)) { a, _ in a.constant.map { .constant(replace($0)) } }
  }

  /// Combines with what the memo holds, which must be of the same rule.
  func start(
    _ a: Diagram, _ b: Diagram, _ rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram {
    precondition(!isCombining, "a rule does not use the arena")
    isCombining = true
    defer { isCombining = false }
    do {
      return try combined(a, b, rule)
    } catch {
      // Give back what an operation needs only while it runs: there may be room for a smaller one.
      narrow.removeAll()
      wide.removeAll()
      memo.release()
      throw error
    }
  }

  private func combined(
    _ a: Diagram, _ b: Diagram, _ rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram {
    if let known = rule(a, b) { return known }
    let key = UInt64(a.bits) << 32 | UInt64(b.bits)
    if let known = memo.value(of: key) { return Diagram(bits: known) }
    let left = top(a)
    let right = top(b)
    let result: Diagram
    if let left, left == right {
      result =
        try left.isWide
        ? merge(node(a), node(b), wide, rule) : merge(node(a), node(b), narrow, rule)
    } else if let left, right.map({ left < $0 }) ?? true {
      func replace(_ child: Diagram) throws(PacketSpaceError) -> Diagram {
        try combined(child, b, rule)
      }
      result = try left.isWide ? spread(node(a), wide, replace) : spread(node(a), narrow, replace)
    } else if let right {
      func replace(_ child: Diagram) throws(PacketSpaceError) -> Diagram {
        try combined(a, child, rule)
      }
      result = try right.isWide ? spread(node(b), wide, replace) : spread(node(b), narrow, replace)
    } else {
      preconditionFailure("an operation answers for constants")
    }
    try remember(result, for: key)
    return result
  }

  /// Both sides ask the same dimension.
  private func merge<Bound>(
    _ a: Node, _ b: Node, _ stack: EdgeStack<Bound>, _ rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram {
    let left: Edges<Bound> = a.edges()
    let right: Edges<Bound> = b.edges()
    let base = stack.count
    try reserve(left.count + right.count, on: stack)
    var i = 0
    var j = 0
    var recent = RecentAnswers()
    while true {
      let key = UInt64(left.children[i]) << 32 | UInt64(right.children[j])
      let result: Diagram
      if let known = recent[key] {
        result = known
      } else {
        result = try combined(
          Diagram(bits: left.children[i]), Diagram(bits: right.children[j]), rule)
        recent.add(result, for: key)
      }
      let upper = min(left.uppers[i], right.uppers[j])
      stack.extend(upper, result.bits, above: base)
      if upper == .max { break }
      // Which side ends first is as good as random: no branch may depend on it.
      let isLeft = left.uppers[i] == upper ? 1 : 0
      let isRight = right.uppers[j] == upper ? 1 : 0
      i += isLeft
      j += isRight
    }
    return try make(a.dimension, stack, above: base)
  }

  /// One side asks a dimension that the other does not.
  @inline(__always)
  private func spread<Bound>(
    _ node: Node, _ stack: EdgeStack<Bound>,
    _ replace: (Diagram) throws(PacketSpaceError) -> Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let edges: Edges<Bound> = node.edges()
    let base = stack.count
    try reserve(edges.count, on: stack)
    var recent = RecentAnswers()
    for index in 0..<edges.count {
      let key = UInt64(edges.children[index])
      let result: Diagram
      if let known = recent[key] {
        result = known
      } else {
        result = try replace(Diagram(bits: edges.children[index]))
        recent.add(result, for: key)
      }
      stack.extend(edges.uppers[index], result.bits, above: base)
    }
    return try make(node.dimension, stack, above: base)
  }
}

/// The last two answers of one walk over edges.
///
/// A long list is one node whose edges go to the same two children in turn: nine steps in ten end
/// here.
private struct RecentAnswers {
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  private var firstAnswer: Diagram?
  private var secondAnswer: Diagram?

  @inline(__always)
  subscript(_ key: UInt64) -> Diagram? {
    if key == first, let firstAnswer { return firstAnswer }
    return key == second ? secondAnswer : nil
  }

  @inline(__always)
  mutating func add(_ answer: Diagram, for key: UInt64) {
    second = first
    secondAnswer = firstAnswer
    first = key
    firstAnswer = answer
  }
}
