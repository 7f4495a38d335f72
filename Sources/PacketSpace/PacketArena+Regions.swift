package import NetworkTypes

/// The values of one dimension that lead to one answer.
package enum ValueSet: Hashable, Sendable {
  case narrow(IntervalSet<UInt32>)
  case wide(IntervalSet<UInt128>)
}

/// A product of value sets, and what a function answers on it.
///
/// A dimension that is not named may have any value.
package struct Region: Hashable, Sendable {
  package var values: [Dimension: ValueSet]
  package var answer: UInt32

  package init(values: [Dimension: ValueSet], answer: UInt32) {
    self.values = values
    self.answer = answer
  }

  package func narrow(_ dimension: Dimension) -> IntervalSet<UInt32>? {
    if case .narrow(let set) = values[dimension] { return set }
    return nil
  }

  package func wide(_ dimension: Dimension) -> IntervalSet<UInt128>? {
    if case .wide(let set) = values[dimension] { return set }
    return nil
  }
}

extension PacketArena {
  /// Disjoint regions that make up the packets with a wanted answer, in the order of the values.
  ///
  /// All values of a dimension that go on alike are one region's, so that a set of a million
  /// prefixes with one fate is one region. Linear in the edges of the nodes on the way, times the
  /// ways that lead to a node.
  ///
  /// - Returns: at most `limit` regions, and whether these are all.
  package func regions(
    of diagram: Diagram, limit: Int, where isWanted: (UInt32) -> Bool
  ) -> (regions: [Region], isComplete: Bool) {
    var reaches: [Diagram: Bool] = [:]
    func canReach(_ diagram: Diagram) -> Bool {
      if let answer = diagram.constant { return isWanted(answer) }
      if let known = reaches[diagram] { return known }
      let result = children(of: diagram).contains(where: canReach)
      reaches[diagram] = result
      return result
    }
    var regions: [Region] = []
    var isComplete = true
    func walk(_ diagram: Diagram, _ values: [Dimension: ValueSet]) {
      if !canReach(diagram) { return }
      if regions.count == limit {
        isComplete = false
        return
      }
      guard let dimension = dimension(of: diagram) else {
        regions.append(Region(values: values, answer: diagram.constant ?? 0))
        return
      }
      for (child, set) in groups(of: diagram) where canReach(child) {
        var values = values
        values[dimension] = set
        walk(child, values)
        if !isComplete { return }
      }
    }
    walk(diagram, [:])
    return (regions, isComplete)
  }

  /// The children of a node, each with all values that lead to it, in the order of their first value.
  package func groups(of diagram: Diagram) -> [(child: Diagram, values: ValueSet)] {
    guard let dimension = dimension(of: diagram) else { return [] }
    let node = node(diagram)
    return dimension.isWide
      ? groups(node.edges(of: UInt128.self)).map { ($0, .wide($1)) }
      : groups(node.edges(of: UInt32.self)).map { ($0, .narrow($1)) }
  }

  private func groups<Bound>(_ edges: Edges<Bound>) -> [(
    child: Diagram, values: IntervalSet<Bound>
  )] {
    var places: [UInt32: Int] = [:]
    var sets: [(child: Diagram, intervals: [IntervalSet<Bound>.Interval])] = []
    // Edges go to and fro between few children: most are one of the last two.
    var last = (child: Diagram.constantBit, place: -1)
    var lastButOne = last
    var next: Bound = 0
    for index in 0..<edges.count {
      let child = edges.children[index]
      if child == lastButOne.child, lastButOne.place >= 0 {
        swap(&last, &lastButOne)
      } else {
        lastButOne = last
        last = (child, places[child] ?? sets.count)
        if last.place == sets.count {
          places[child] = sets.count
          sets.append((Diagram(bits: child), []))
        }
      }
      sets[last.place].intervals.append(.init(next, edges.uppers[index]))
      next = edges.uppers[index] &+ 1
    }
    return sets.map { ($0.child, IntervalSet(canonical: $0.intervals)) }
  }
}
