extension PacketArena {
  /// What is wrong with the form of the nodes; nothing, unless this room has a fault.
  ///
  /// For tests. Linear in all nodes and edges.
  package func brokenInvariants() -> [String] {
    var broken: [String] = []
    var known: Set<[UInt128]> = []
    for index in 0..<nodes.count {
      let diagram = Diagram(bits: UInt32(index))
      let dimension = node(diagram).dimension
      let largest = dimension.isWide ? UInt128.max : UInt128(UInt32.max)
      let edges = edges(of: diagram)
      var content = [UInt128(dimension.rawValue)]
      var before: (upper: UInt128, child: Diagram)?
      if edges.count < 2 { broken.append("node \(index) has \(edges.count) edges") }
      if edges.last?.upper != largest { broken.append("node \(index) ends early") }
      for edge in edges {
        if let before {
          if before.upper >= edge.upper { broken.append("node \(index) does not ascend") }
          if before.child == edge.child {
            broken.append("node \(index) has one child twice running")
          }
        }
        if !edge.child.isConstant {
          if edge.child.bits >= nodes.count {
            broken.append("node \(index) has a child that does not exist")
          } else if node(edge.child).dimension <= dimension {
            broken.append("node \(index) has a child that asks before it")
          }
        }
        before = (edge.upper, edge.child)
        content += [edge.upper, UInt128(edge.child.bits)]
      }
      if !known.insert(content).inserted { broken.append("node \(index) is there twice") }
    }
    if narrow.count > 0 || wide.count > 0 { broken.append("edges are left on a stack") }
    return broken
  }
}
