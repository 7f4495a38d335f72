/// One packet: a value for every dimension that was asked, and for those that were not what the
/// chooser prefers.
package struct Witness: Hashable, Sendable {
  package private(set) var values: [Dimension: UInt128]

  package subscript(_ dimension: Dimension) -> UInt128? { values[dimension] }

  package init(values: [Dimension: UInt128] = [:]) { self.values = values }
}

extension PacketArena {
  /// A member of a set, with the values that read best where the set leaves a choice.
  ///
  /// - Parameter preferred: values of a dimension, best first; the first that the set holds is taken,
  ///   else the smallest that it holds. Given what was chosen for earlier dimensions.
  ///
  /// Nil for the empty set. A dimension that the set does not ask is not in the answer.
  package func witness(
    of set: PacketSet, preferring preferred: (Dimension, Witness) -> [UInt128]
  ) -> Witness? {
    if set.isEmpty { return nil }
    var values: [Dimension: UInt128] = [:]
    var current = set.diagram
    while let dimension = dimension(of: current) {
      var chosen: (value: UInt128, child: Diagram)?
      for value in preferred(dimension, Witness(values: values)) {
        let child = child(of: current, at: value)
        if child != .constant(0) {
          chosen = (value, child)
          break
        }
      }
      if chosen == nil { chosen = firstEdge(of: current, notTo: .constant(0)) }
      // A node that is not the empty set has an edge that does not lead there.
      guard let chosen else { return nil }
      values[dimension] = chosen.value
      current = chosen.child
    }
    return Witness(values: values)
  }
}
