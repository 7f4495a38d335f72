extension PacketArena {
  /// What a function answers for packets of a set, by the classes of their interfaces.
  ///
  /// Answers are taken as sets of bits, and joined. One walk for all pairs of classes: linear in the
  /// pairs of nodes that meet, times the classes. Nothing is built.
  ///
  /// - Parameter classes: how many there are.
  /// - Returns: by class of the input interface, then of the output interface; 0 where the set has no
  ///   such packet.
  package func bitsByInterface(
    of diagram: Diagram, within set: PacketSet, classes: Int
  ) -> [[UInt32]] {
    var walk = InterfaceWalk(arena: self, classes: classes)
    walk.visit(diagram, set.diagram)
    return walk.result
  }
}

private struct InterfaceWalk {
  private let arena: PacketArena
  private let classes: Int
  private(set) var result: [[UInt32]]
  /// By a function and a set that ask nothing before the output interface.
  private var known: [UInt64: [UInt32]] = [:]
  private var knownBits: [UInt64: UInt32] = [:]

  init(arena: PacketArena, classes: Int) {
    self.arena = arena
    self.classes = classes
    result = Array(repeating: Array(repeating: 0, count: classes), count: classes)
  }

  /// Above the input interface.
  mutating func visit(_ diagram: Diagram, _ set: Diagram) {
    if set == .constant(0) || diagram == .constant(0) { return }
    if asks(diagram, set, before: .inputInterface) {
      arena.forEachMeeting(of: diagram, set) { visit($0, $1) }
      return
    }
    for input in 0..<classes {
      let row = byOutput(
        diagram.fixed(.inputInterface, to: input, in: arena),
        set.fixed(.inputInterface, to: input, in: arena))
      Self.join(row, into: &result[input])
    }
  }

  /// Below the input interface; empty for no packets.
  private mutating func byOutput(_ diagram: Diagram, _ set: Diagram) -> [UInt32] {
    if set == .constant(0) || diagram == .constant(0) { return [] }
    let key = UInt64(diagram.bits) << 32 | UInt64(set.bits)
    if let row = known[key] { return row }
    var row = Array(repeating: UInt32(0), count: classes)
    if asks(diagram, set, before: .outputInterface) {
      arena.forEachMeeting(of: diagram, set) { Self.join(byOutput($0, $1), into: &row) }
    } else {
      for output in 0..<classes {
        row[output] = bits(
          of: diagram.fixed(.outputInterface, to: output, in: arena),
          set.fixed(.outputInterface, to: output, in: arena))
      }
    }
    known[key] = row
    return row
  }

  private mutating func bits(of diagram: Diagram, _ set: Diagram) -> UInt32 {
    let key = UInt64(diagram.bits) << 32 | UInt64(set.bits)
    if let bits = knownBits[key] { return bits }
    let bits = arena.answers(of: diagram, within: PacketSet(diagram: set)).reduce(0, |)
    knownBits[key] = bits
    return bits
  }

  private func asks(_ diagram: Diagram, _ set: Diagram, before dimension: Dimension) -> Bool {
    [diagram, set].contains { arena.dimension(of: $0).map { $0 < dimension } ?? false }
  }

  private static func join(_ row: [UInt32], into result: inout [UInt32]) {
    for (index, bits) in row.enumerated() { result[index] |= bits }
  }
}

extension Diagram {
  /// The function for one class; it asks nothing before that dimension.
  fileprivate func fixed(_ dimension: Dimension, to value: Int, in arena: PacketArena) -> Diagram {
    arena.dimension(of: self) == dimension ? arena.child(of: self, at: UInt128(value)) : self
  }
}
