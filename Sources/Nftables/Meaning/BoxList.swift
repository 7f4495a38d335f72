import NetworkTypes
import PacketSpace

/// The elements of a set as boxes of dimensions, each with what it answers.
struct BoxList {
  /// Ascending.
  let dimensions: [Dimension]
  /// The part of the key that each dimension of a row comes from.
  private let places: [Int]
  /// Row by row.
  private var ranges: ContiguousArray<ValueRange> = []
  private(set) var leaves: ContiguousArray<Diagram> = []
  /// The ranges of an element, on the way to `appendScratch` or `appendBox`.
  var scratch: [ValueRange] = []

  init(of key: Key) {
    let parts = key.parts.map(\.field.dimension)
    let dimensions = Set(parts).sorted()
    self.dimensions = dimensions
    places = dimensions.compactMap { parts.firstIndex(of: $0) }
  }

  func range(_ box: Int, _ level: Int) -> ValueRange { ranges[box * dimensions.count + level] }

  /// One box of the ranges of the parts of the key.
  mutating func appendBox(_ leaf: Diagram) {
    for place in places { ranges.append(scratch[place]) }
    leaves.append(leaf)
  }

  /// One box for each range of a single dimension.
  mutating func appendScratch(_ leaf: Diagram) {
    for range in scratch {
      ranges.append(range)
      leaves.append(leaf)
    }
  }

  /// The boxes of a product.
  mutating func append(_ values: [Dimension: ValueSet], leaf: Diagram) {
    let choices = dimensions.map { values[$0]?.ranges ?? [] }
    if choices.contains(where: \.isEmpty) { return }
    var place = [Int](repeating: 0, count: choices.count)
    while true {
      for (level, choice) in choices.enumerated() { ranges.append(choice[place[level]]) }
      leaves.append(leaf)
      var level = choices.count - 1
      while level >= 0, place[level] == choices[level].count - 1 {
        place[level] = 0
        level -= 1
      }
      if level < 0 { return }
      place[level] += 1
    }
  }
}

extension ValueSet {
  fileprivate var ranges: [ValueRange] {
    switch self {
    case .narrow(let set):
      set.intervals.map { ValueRange(UInt128($0.lower), UInt128($0.upper)) }
    case .wide(let set): set.intervals.map { ValueRange($0.lower, $0.upper) }
    }
  }
}

/// Boxes, as diagrams.
extension RulesetInterpreter {
  /// The diagram that answers the leaf of the box that a packet is in, else `nowhere`.
  func built(
    _ boxes: BoxList, of set: NamedSet, in frame: Frame
  ) throws(RulesetMeaningError) -> Diagram {
    if boxes.leaves.isEmpty { return Flows.nowhere }
    return try built(boxes, Array(boxes.leaves.indices)[...], level: 0, of: set, in: frame)
  }

  /// The same for some of the boxes, by their dimensions from `level` on.
  private func built(
    _ boxes: BoxList, _ members: ArraySlice<Int>, level: Int, of set: NamedSet, in frame: Frame
  ) throws(RulesetMeaningError) -> Diagram {
    if level == boxes.dimensions.count {
      if members.count > 1 { throw frame.fault(.overlappingElements(set.name)) }
      return members.first.map { boxes.leaves[$0] } ?? Flows.nowhere
    }
    let dimension = boxes.dimensions[level]
    var members = members
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      let a = boxes.range(a, level)
      let b = boxes.range(b, level)
      return a.lower < b.lower || (a.lower == b.lower && a.upper < b.upper)
    }
    if zip(members, members.dropFirst()).contains(where: { isBefore($1, $0) }) {
      members.sort(by: isBefore)
    }
    // Boxes with one range here go on together; where ranges lie apart there is nothing to merge.
    var groups: [(range: ValueRange, answer: Diagram)] = []
    groups.reserveCapacity(members.count)
    var liesApart = true
    var start = members.startIndex
    while start < members.endIndex {
      let range = boxes.range(members[start], level)
      var end = start + 1
      while end < members.endIndex, boxes.range(members[end], level) == range { end += 1 }
      if let last = groups.last, last.range.upper >= range.lower { liesApart = false }
      groups.append(
        (range, try built(boxes, members[start..<end], level: level + 1, of: set, in: frame)))
      start = end
    }
    if liesApart {
      return try frame.inSpace { () throws(PacketSpaceError) in try cases(dimension, groups) }
    }
    if level == boxes.dimensions.count - 1 { throw frame.fault(.overlappingElements(set.name)) }
    var pieces: [(part: Diagram, weight: Int)] = []
    for group in groups {
      let piece = try frame.inSpace { () throws(PacketSpaceError) in
        try cases(dimension, [group])
      }
      pieces.append((piece, 1))
    }
    return try merged(pieces, of: set, in: frame)
  }

  /// The function that answers by ranges that lie apart, and `nowhere` between them.
  private func cases(
    _ dimension: Dimension, _ groups: [(range: ValueRange, answer: Diagram)]
  ) throws(PacketSpaceError) -> Diagram {
    if dimension.isWide {
      var runs: [(upper: UInt128, then: Diagram)] = []
      runs.reserveCapacity(groups.count * 2 + 1)
      var next: UInt128 = 0
      var isDone = false
      for group in groups {
        if group.range.lower > next { runs.append((group.range.lower - 1, Flows.nowhere)) }
        runs.append((group.range.upper, group.answer))
        isDone = group.range.upper == .max
        next = group.range.upper &+ 1
      }
      if !isDone { runs.append((.max, Flows.nowhere)) }
      return try arena.cases(dimension, runs)
    }
    var runs: [(upper: UInt32, then: Diagram)] = []
    runs.reserveCapacity(groups.count * 2 + 1)
    var next: UInt32 = 0
    var isDone = false
    for group in groups {
      let lower = UInt32(truncatingIfNeeded: group.range.lower)
      let upper = UInt32(truncatingIfNeeded: group.range.upper)
      if lower > next { runs.append((lower - 1, Flows.nowhere)) }
      runs.append((upper, group.answer))
      isDone = upper == .max
      next = upper &+ 1
    }
    if !isDone { runs.append((.max, Flows.nowhere)) }
    return try arena.cases(dimension, runs)
  }

  /// Diagrams of which at most one says something of any packet.
  func merged(
    _ pieces: [(part: Diagram, weight: Int)], of set: NamedSet, in frame: Frame
  ) throws(RulesetMeaningError) -> Diagram {
    var overlaps = false
    let pieces = pieces.filter { $0.part != Flows.nowhere }
    let result = try frame.inSpace { () throws(PacketSpaceError) in
      try folded(pieces, empty: Flows.nowhere) { (a, b) throws(PacketSpaceError) in
        try arena.combine(a, b) { a, b in
          if a == Flows.nowhere { return b }
          if b == Flows.nowhere { return a }
          if a.constant == nil || b.constant == nil { return nil }
          overlaps = true
          return a
        }
      }
    }
    if overlaps { throw frame.fault(.overlappingElements(set.name)) }
    return result
  }
}
