extension PacketArena {
  /// The numbers that a function answers for packets of a set, ascending.
  ///
  /// Nothing is built. Linear in the pairs of nodes that meet and the edges of the set's; a node of
  /// the function that is far larger than the set's is searched, not walked.
  package func answers(of diagram: Diagram, within set: PacketSet) -> [UInt32] {
    var found: Set<UInt32> = []
    var seen: Set<UInt64> = []
    var stack: [(diagram: Diagram, set: Diagram)] = []
    func push(_ diagram: Diagram, _ set: Diagram) {
      if set == .constant(0) { return }
      if let answer = diagram.constant {
        found.insert(answer)
        return
      }
      if seen.insert(UInt64(diagram.bits) << 32 | UInt64(set.bits)).inserted {
        stack.append((diagram, set))
      }
    }
    push(diagram, set.diagram)
    while let (diagram, set) = stack.popLast() { forEachMeeting(of: diagram, set, push) }
    return found.sorted()
  }

  /// Calls `body` with what a function and a set become once the first dimension that either asks is
  /// known, for each of its values; those at which nothing is in the set may be left out.
  ///
  /// One of the two asks something.
  func forEachMeeting(
    of diagram: Diagram, _ set: Diagram, _ body: (Diagram, Diagram) -> Void
  ) {
    let left = dimension(of: diagram)
    guard let right = dimension(of: set), left.map({ right <= $0 }) ?? true else {
      for child in children(of: diagram) { body(child, set) }
      return
    }
    if left != right {
      for child in children(of: set) { body(diagram, child) }
    } else if right.isWide {
      forEachMeeting(node(diagram).edges(of: UInt128.self), node(set).edges(), body)
    } else {
      forEachMeeting(node(diagram).edges(of: UInt32.self), node(set).edges(), body)
    }
  }

  /// Calls `body` with the children whose edges have a value in common, those of the set's edges that
  /// lead nowhere left out.
  private func forEachMeeting<Bound>(
    _ edges: Edges<Bound>, _ setEdges: Edges<Bound>, _ body: (Diagram, Diagram) -> Void
  ) {
    var place = 0
    var last: UInt64?
    for index in 0..<setEdges.count {
      let set = setEdges.children[index]
      if set == Diagram.constantBit { continue }
      let lower: Bound = index == 0 ? 0 : setEdges.uppers[index - 1] + 1
      place = edges.index(holding: lower, from: place)
      while true {
        let key = UInt64(edges.children[place]) << 32 | UInt64(set)
        if key != last { body(Diagram(bits: edges.children[place]), Diagram(bits: set)) }
        last = key
        if edges.uppers[place] >= setEdges.uppers[index] { break }
        place += 1
      }
    }
  }
}

extension Edges {
  /// The edge that holds a value, which is not before the edge `start`.
  ///
  /// O(log of how far it is).
  fileprivate func index(holding value: Bound, from start: Int) -> Int {
    var step = 1
    var low = start
    while low + step < count, uppers[low + step - 1] < value {
      low += step
      step *= 2
    }
    var high = Swift.min(low + step, count) - 1
    while low < high {
      let middle = (low + high) / 2
      if uppers[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
