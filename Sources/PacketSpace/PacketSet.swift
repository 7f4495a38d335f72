package import NetworkTypes

/// A set of packets: a diagram that answers 1 for its members and 0 for the others.
package struct PacketSet: Hashable, Sendable {
  package let diagram: Diagram

  /// - Parameter diagram: answers 1 and 0 only.
  package init(diagram: Diagram) { self.diagram = diagram }

  /// Nothing.
  package static let empty = PacketSet(diagram: .constant(0))
  /// Every combination of values, those that no packet can have included.
  package static let all = PacketSet(diagram: .constant(1))

  package var isEmpty: Bool { diagram == .constant(0) }
  package var isAll: Bool { diagram == .constant(1) }
}

extension PacketArena {
  /// The packets whose value of a dimension is in a set.
  package func set(
    _ dimension: Dimension, _ values: IntervalSet<UInt32>
  ) throws(PacketSpaceError) -> PacketSet {
    PacketSet(
      diagram: try choice(dimension, in: values, then: .constant(1), else: .constant(0)))
  }

  /// The same for a wide dimension.
  package func set(
    _ dimension: Dimension, _ values: IntervalSet<UInt128>
  ) throws(PacketSpaceError) -> PacketSet {
    PacketSet(
      diagram: try choice(dimension, in: values, then: .constant(1), else: .constant(0)))
  }

  /// The packets for which a function answers one of some numbers.
  package func packets(
    of diagram: Diagram, where isWanted: (UInt32) -> Bool
  ) throws(PacketSpaceError) -> PacketSet {
    PacketSet(diagram: try map(diagram) { isWanted($0) ? 1 : 0 })
  }

  package func union(_ a: PacketSet, _ b: PacketSet) throws(PacketSpaceError) -> PacketSet {
    PacketSet(diagram: try combine(a.diagram, b.diagram, by: Self.either))
  }

  /// The packets of any of some sets.
  package func union(_ sets: [PacketSet]) throws(PacketSpaceError) -> PacketSet {
    let union = try fold(sets.map(\.diagram), by: Self.either)
    return union.map { PacketSet(diagram: $0) } ?? .empty
  }

  private static func either(_ a: Diagram, _ b: Diagram) -> Diagram? {
    if a == .constant(1) || b == .constant(1) { return .constant(1) }
    if a == .constant(0) || a == b { return b }
    return b == .constant(0) ? a : nil
  }

  package func intersection(
    _ a: PacketSet, _ b: PacketSet
  ) throws(PacketSpaceError) -> PacketSet {
    PacketSet(
      diagram: try combine(a.diagram, b.diagram) { a, b in
        if a == .constant(0) || b == .constant(0) { return .constant(0) }
        if a == .constant(1) || a == b { return b }
        return b == .constant(1) ? a : nil
      })
  }

  /// What is in `a` and not in `b`.
  package func difference(_ a: PacketSet, _ b: PacketSet) throws(PacketSpaceError) -> PacketSet {
    PacketSet(
      diagram: try combine(a.diagram, b.diagram) { a, b in
        if a == .constant(0) || b == .constant(1) || a == b { return .constant(0) }
        if b == .constant(0) { return a }
        return nil
      })
  }

  package func complement(_ set: PacketSet) throws(PacketSpaceError) -> PacketSet {
    try difference(.all, set)
  }

  package func isSubset(_ a: PacketSet, of b: PacketSet) throws(PacketSpaceError) -> Bool {
    try difference(a, b).isEmpty
  }

  /// The function that answers as `diagram` inside a set and one number outside.
  package func restrict(
    _ diagram: Diagram, to set: PacketSet, otherwise outside: UInt32
  ) throws(PacketSpaceError) -> Diagram {
    let outside = Diagram.constant(outside)
    return try combine(set.diagram, diagram) { set, diagram in
      if set == .constant(0) || diagram == outside { return outside }
      return set == .constant(1) ? diagram : nil
    }
  }

  /// The packets for which two functions answer differently.
  package func differences(_ a: Diagram, _ b: Diagram) throws(PacketSpaceError) -> PacketSet {
    PacketSet(
      diagram: try combine(a, b) { a, b in
        if a == b { return .constant(0) }
        return a.constant != nil && b.constant != nil ? .constant(1) : nil
      })
  }
}
