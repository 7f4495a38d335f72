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
    let node = nodes[Int(diagram.bits)]
    var low = node.start
    var high = node.start + node.count - 1
    while low < high {
      let middle = (low + high) / 2
      let upper = dimension.isWide ? wide.uppers[middle] : UInt128(narrow.uppers[middle])
      if upper < value { low = middle + 1 } else { high = middle }
    }
    return Diagram(bits: dimension.isWide ? wide.children[low] : narrow.children[low])
  }

  /// The dimension that a diagram asks first; nil for a constant.
  package func dimension(of diagram: Diagram) -> Dimension? { top(diagram) }

  /// The runs of a diagram's first dimension, ascending; the ends are closed.
  package func edges(
    of diagram: Diagram
  ) -> [(lower: UInt128, upper: UInt128, child: Diagram)] {
    guard let dimension = top(diagram) else { return [] }
    let node = nodes[Int(diagram.bits)]
    var next: UInt128 = 0
    return (node.start..<node.start + node.count).map { index in
      let upper = dimension.isWide ? wide.uppers[index] : UInt128(narrow.uppers[index])
      defer { next = upper &+ 1 }
      return (
        next, upper, Diagram(bits: dimension.isWide ? wide.children[index] : narrow.children[index])
      )
    }
  }

  /// The distinct children of a diagram, in the order of their first edge.
  package func children(of diagram: Diagram) -> [Diagram] {
    guard let dimension = top(diagram) else { return [] }
    let node = nodes[Int(diagram.bits)]
    var seen: Set<UInt32> = []
    var result: [Diagram] = []
    for index in node.start..<node.start + node.count {
      let child = dimension.isWide ? wide.children[index] : narrow.children[index]
      if result.last?.bits != child, seen.insert(child).inserted {
        result.append(Diagram(bits: child))
      }
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
      countEdges(nodes[Int(next.bits)].count)
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
        for child in children(of: diagram) {
          result = try union(PacketSet(diagram: result), PacketSet(diagram: child)).diagram
        }
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
    let node = nodes[Int(diagram.bits)]
    if node.dimension.isWide {
      var runs: [(upper: UInt128, then: Diagram)] = []
      for edge in edges(of: diagram) { runs.append((edge.upper, try replace(edge.child))) }
      return try cases(node.dimension, runs)
    }
    var runs: [(upper: UInt32, then: Diagram)] = []
    for edge in edges(of: diagram) {
      runs.append((UInt32(truncatingIfNeeded: edge.upper), try replace(edge.child)))
    }
    return try cases(node.dimension, runs)
  }
}
