extension PacketArena {
  /// The answer for one packet; `value` is asked for the dimensions that matter.
  ///
  /// O(dimensions · log edges).
  package func answer(_ diagram: Diagram, at value: (Dimension) -> UInt128) -> UInt32 {
    var current = diagram
    while let dimension = top(current) {
      current = child(of: current, at: value(dimension))
    }
    return current.constant ?? 0
  }

  /// The child for one value of the dimension that a diagram asks first; itself if it is constant.
  package func child(of diagram: Diagram, at value: UInt128) -> Diagram {
    guard let dimension = top(diagram) else { return diagram }
    let node = node(diagram)
    if dimension.isWide { return child(node.edges(of: UInt128.self), at: value) }
    return child(node.edges(of: UInt32.self), at: UInt32(clamping: value))
  }

  private func child<Bound>(_ edges: Edges<Bound>, at value: Bound) -> Diagram {
    var low = 0
    var high = edges.count - 1
    while low < high {
      let middle = (low + high) / 2
      if edges.uppers[middle] < value { low = middle + 1 } else { high = middle }
    }
    return Diagram(bits: edges.children[low])
  }

  /// The dimension that a diagram asks first; nil for a constant.
  package func dimension(of diagram: Diagram) -> Dimension? { top(diagram) }

  /// The runs of a diagram's first dimension, ascending; the ends are closed.
  package func edges(
    of diagram: Diagram
  ) -> [(lower: UInt128, upper: UInt128, child: Diagram)] {
    var result: [(lower: UInt128, upper: UInt128, child: Diagram)] = []
    if !diagram.isConstant { result.reserveCapacity(Int(node(diagram).edgeCount)) }
    forEachEdge(of: diagram) { result.append(($0, $1, $2)) }
    return result
  }

  /// Calls `body` with the runs of a diagram's first dimension, as `edges` has them, without a copy.
  package func forEachEdge<Failure: Error>(
    of diagram: Diagram,
    _ body: (_ lower: UInt128, _ upper: UInt128, _ child: Diagram) throws(Failure) -> Void
  ) throws(Failure) {
    guard let dimension = top(diagram) else { return }
    if dimension.isWide {
      try forEachEdge(node(diagram).edges(of: UInt128.self), body)
    } else {
      try forEachEdge(node(diagram).edges(of: UInt32.self), body)
    }
  }

  private func forEachEdge<Bound, Failure: Error>(
    _ edges: Edges<Bound>, _ body: (UInt128, UInt128, Diagram) throws(Failure) -> Void
  ) throws(Failure) {
    var next: UInt128 = 0
    for index in 0..<edges.count {
      let upper = UInt128(edges.uppers[index])
      try body(next, upper, Diagram(bits: edges.children[index]))
      next = upper &+ 1
    }
  }

  /// The smallest value of a diagram's first dimension that does not lead to a child.
  ///
  /// Neighbouring edges differ, so it is one of the first two.
  func firstEdge(of diagram: Diagram, notTo unwanted: Diagram) -> (value: UInt128, child: Diagram)?
  {
    guard let dimension = top(diagram) else { return nil }
    let first = child(of: diagram, at: 0)
    if first != unwanted { return (0, first) }
    let node = node(diagram)
    let value =
      dimension.isWide
      ? node.edges(of: UInt128.self).uppers[0] + 1
      : UInt128(node.edges(of: UInt32.self).uppers[0]) + 1
    return (value, child(of: diagram, at: value))
  }

  /// The distinct children of a diagram, in the order of their first edge.
  package func children(of diagram: Diagram) -> [Diagram] {
    guard let dimension = top(diagram) else { return [] }
    return dimension.isWide
      ? children(node(diagram).edges(of: UInt128.self))
      : children(node(diagram).edges(of: UInt32.self))
  }

  private func children<Bound>(_ edges: Edges<Bound>) -> [Diagram] {
    var seen: Set<UInt32> = []
    var result: [Diagram] = []
    // Edges go to and fro between few children: most are one of the last two.
    var last = (Diagram.constantBit, Diagram.constantBit)
    for index in 0..<edges.count {
      let child = edges.children[index]
      if index > 1, child == last.0 || child == last.1 {
        last = (last.1, child)
        continue
      }
      last = (last.1, child)
      if seen.insert(child).inserted { result.append(Diagram(bits: child)) }
    }
    return result
  }

  /// The numbers that a function answers for any packet, ascending.
  package func answers(of diagram: Diagram) -> [UInt32] {
    var found: Set<UInt32> = []
    visit(diagram) { found.insert($0) }
    return found.sorted()
  }

  /// How many nodes and edges a diagram has, shared ones once.
  package func size(of diagram: Diagram) -> (nodes: Int, edges: Int) {
    var size = (nodes: 0, edges: 0)
    visit(diagram, node: { size = (size.nodes + 1, size.edges + $0) }, constant: { _ in })
    return size
  }

  private func visit(
    _ diagram: Diagram, node countEdges: (Int) -> Void = { _ in }, constant: (UInt32) -> Void
  ) {
    var seen: Set<UInt32> = [diagram.bits]
    var stack = [diagram]
    while let next = stack.popLast() {
      if let value = next.constant {
        constant(value)
        continue
      }
      countEdges(Int(node(next).edgeCount))
      for child in children(of: next) where seen.insert(child.bits).inserted {
        stack.append(child)
      }
    }
  }

  /// The set of packets that agree with a member in everything but one dimension.
  package func project(
    _ set: PacketSet, away dimension: Dimension
  ) throws(PacketSpaceError) -> PacketSet {
    var known: [Diagram: Diagram] = [:]
    func projected(_ diagram: Diagram) throws(PacketSpaceError) -> Diagram {
      guard let top = top(diagram), top <= dimension else { return diagram }
      if let result = known[diagram] { return result }
      var result = Diagram.constant(0)
      if top == dimension {
        let rests = children(of: diagram).map { PacketSet(diagram: $0) }
        result = try union(rests).diagram
      } else {
        result = try rebuilt(diagram, projected)
      }
      known[diagram] = result
      return result
    }
    return PacketSet(diagram: try projected(set.diagram))
  }

  /// The function once a dimension's value is known: it no longer asks it.
  package func fix(
    _ diagram: Diagram, _ dimension: Dimension, to value: UInt128
  ) throws(PacketSpaceError) -> Diagram {
    var known: [Diagram: Diagram] = [:]
    func fixed(_ diagram: Diagram) throws(PacketSpaceError) -> Diagram {
      guard let top = top(diagram), top <= dimension else { return diagram }
      if top == dimension { return child(of: diagram, at: value) }
      if let result = known[diagram] { return result }
      let result = try rebuilt(diagram, fixed)
      known[diagram] = result
      return result
    }
    return try fixed(diagram)
  }

  /// A node with each child replaced by one that asks only later dimensions than the node.
  private func rebuilt(
    _ diagram: Diagram, _ replace: (Diagram) throws(PacketSpaceError) -> Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let node = node(diagram)
    if node.dimension.isWide {
      var runs: [(upper: UInt128, then: Diagram)] = []
      runs.reserveCapacity(Int(node.edgeCount))
      try forEachEdge(of: diagram) { (_, upper, child) throws(PacketSpaceError) in
        runs.append((upper, try replace(child)))
      }
      return try cases(node.dimension, runs)
    }
    var runs: [(upper: UInt32, then: Diagram)] = []
    runs.reserveCapacity(Int(node.edgeCount))
    try forEachEdge(of: diagram) { (_, upper, child) throws(PacketSpaceError) in
      runs.append((UInt32(truncatingIfNeeded: upper), try replace(child)))
    }
    return try cases(node.dimension, runs)
  }
}
