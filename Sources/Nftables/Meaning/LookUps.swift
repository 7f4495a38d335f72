import NetworkTypes
import PacketSpace

/// Look-ups in sets and verdict maps, as steps of a rule.
extension RulesetInterpreter {
  /// The set or map of a look-up; its key must be the fields of the look-up.
  func set(
    _ name: String, for key: Key, kind: NamedSet.Kind, in frame: Frame
  ) throws(RulesetMeaningError) -> NamedSet {
    guard let set = index.set(name) else { throw frame.fault(.missingSet(name)) }
    if set.kind != kind { throw frame.fault(.wrongSetKind(name)) }
    if key.parts.isEmpty || set.key != key.parts.map(\.field.dataType) {
      throw frame.fault(.keyMismatch(name))
    }
    let length = set.key.reduce(0) { $0 + ($1.length + 3) / 4 * 4 }
    if length > TableIndex.longestKey { throw frame.fault(.keyTooLong(name)) }
    for part in key.parts {
      if part.field == .time || part.field == .ipv6HopLimit {
        throw frame.fault(.unusableField(part.field))
      }
      if let length = part.prefixLength {
        let isAddress = [.ipv4Address, .ipv6Address].contains(part.field.dataType)
        let width = part.field.dataType.length * 8
        if !isAddress || !(0...width).contains(length) { throw frame.fault(.valueOutOfRange) }
      }
    }
    return set
  }

  /// A look-up of what a packet lacks ends the rule, whatever is looked up.
  func addPresence(of key: Key, to steps: inout RuleSteps) {
    for part in key.parts where part.field.mayBeAbsent {
      let none = ValueSet([], in: part.field.dimension)
      steps.add(part.field.dimension, none.others(upTo: part.field.largestPresent))
    }
  }

  // MARK: Sets

  func add(
    set name: String, _ key: Key, isNegated: Bool, to steps: inout RuleSteps, in frame: inout Frame
  ) throws(RulesetMeaningError) {
    let set = try self.set(name, for: key, kind: .set, in: frame)
    frame.weight += set.elements.count
    if set.isDynamic { throw frame.fault(.wrongSetKind(name)) }
    if key.parts.count == 1, let part = key.parts.first {
      try check(part.field, steps.known, in: frame)
      let values = try members(of: set, part, in: frame)
      steps.add(
        part.field.dimension, isNegated ? values.others(upTo: part.field.largestPresent) : values)
      return
    }
    // What is not found is not found whatever stands in the place of a port, unless that is the
    // question.
    if isNegated { for part in key.parts { try check(part.field, steps.known, in: frame) } }
    addPresence(of: key, to: &steps)
    guard case .tuples(let elements) = set.elements else {
      if set.elements.isEmpty {
        return steps.add(members: .constant(isNegated ? 1 : 0), of: .all)
      }
      throw frame.fault(.badElement(name))
    }
    var boxes = BoxList(of: key)
    var kinds = Knowledge.none
    for element in elements {
      let known = try append(
        element, leaf: .constant(1), of: set, key, steps.known, to: &boxes, in: frame)
      if element.verdict != nil { throw frame.fault(.badElement(name)) }
      kinds = kinds.union(known)
    }
    let diagram = try built(boxes, of: set, in: frame)
    let found = try frame.inSpace { () throws(PacketSpaceError) in
      try arena.map(diagram) { ($0 == 1) == isNegated ? 0 : 1 }
    }
    steps.add(members: found, of: isNegated ? .all : kinds)
  }

  /// The values of a set of one field, in its dimension.
  private func members(
    of set: NamedSet, _ part: Key.Part, in frame: Frame
  ) throws(RulesetMeaningError) -> ValueSet {
    let field = part.field
    switch (set.elements, field.dataType) {
    case (.none, _): return ValueSet([], in: field.dimension)
    case (.ipv4(let values), .ipv4Address):
      let values = try disjoint(values, of: set, in: frame)
      if part.prefixLength == nil { return .narrow(values) }
      var ranges: [ValueRange] = []
      for interval in values.intervals {
        field.appendValues(
          lower: UInt128(interval.lower), upper: UInt128(interval.upper),
          prefixLength: part.prefixLength, to: &ranges)
      }
      return ValueSet(ranges, in: field.dimension)
    case (.ipv6(let values), .ipv6Address):
      let values = try disjoint(values, of: set, in: frame)
      if part.prefixLength == nil { return .wide(values) }
      var ranges: [ValueRange] = []
      for interval in values.intervals {
        field.appendValues(
          lower: interval.lower, upper: interval.upper, prefixLength: part.prefixLength,
          to: &ranges)
      }
      return ValueSet(ranges, in: field.dimension)
    case (.ipv4, _), (.ipv6, _): throw frame.fault(.badElement(set.name))
    case (.tuples(let elements), _):
      var ranges: [ValueRange] = []
      ranges.reserveCapacity(elements.count)
      for element in elements {
        guard element.key.count == 1, element.verdict == nil else {
          throw frame.fault(.badElement(set.name))
        }
        try append(element.key[0], part, of: set, to: &ranges, in: frame)
      }
      if !areDisjoint(ranges) { throw frame.fault(.overlappingElements(set.name)) }
      return ValueSet(ranges, in: field.dimension)
    }
  }

  /// The same intervals, in the one form that equal sets have.
  private func disjoint<Bound>(
    _ set: IntervalSet<Bound>, of owner: NamedSet, in frame: Frame
  ) throws(RulesetMeaningError) -> IntervalSet<Bound> {
    let intervals = set.intervals
    var touches = false
    for index in intervals.indices {
      let interval = intervals[index]
      if interval.lower > interval.upper || (!owner.isInterval && interval.lower != interval.upper)
      {
        throw frame.fault(.badElement(owner.name))
      }
      guard index > 0 else { continue }
      let last = intervals[index - 1].upper
      if last >= interval.lower { throw frame.fault(.overlappingElements(owner.name)) }
      if last + 1 == interval.lower { touches = true }
    }
    return touches ? IntervalSet(intervals) : set
  }

  private func areDisjoint(_ ranges: [ValueRange]) -> Bool {
    var sorted = ranges
    if zip(ranges, ranges.dropFirst()).contains(where: { $0.lower > $1.lower }) {
      sorted.sort { $0.lower < $1.lower }
    }
    return !zip(sorted, sorted.dropFirst()).contains { $0.upper >= $1.lower }
  }

  // MARK: Verdict maps

  /// What is found has its answer; the rule goes on for what is not.
  func add(
    map name: String, _ key: Key, isLast: Bool, to steps: inout RuleSteps, in frame: inout Frame
  ) throws(RulesetMeaningError) {
    let map = try set(name, for: key, kind: .verdictMap, in: frame)
    if map.isDynamic { throw frame.fault(.wrongSetKind(name)) }
    // Where the rule ends anyway, not found and not readable are the same.
    if key.parts.count == 1 || !isLast {
      for part in key.parts { try check(part.field, steps.known, in: frame) }
    }
    if !isLast { addPresence(of: key, to: &steps) }
    guard case .tuples(let elements) = map.elements else {
      if map.elements.isEmpty { return }
      throw frame.fault(.badElement(name))
    }
    var answers: [Verdict: Diagram] = [:]
    var last: (verdict: Verdict, answer: Diagram)?
    var boxes = BoxList(of: key)
    let deepest = boxes.dimensions.last ?? .path
    // Answers that ask what the key asks, or earlier, cannot hang below it.
    var deep: [Diagram: Int] = [:]
    var parts: [(answer: Diagram, boxes: BoxList)] = []
    for element in elements {
      guard let verdict = element.verdict else { throw frame.fault(.badElement(name)) }
      let answer: Diagram
      if let last, last.verdict == verdict {
        answer = last.answer
      } else if let known = answers[verdict] {
        answer = known
      } else {
        answer = try meaning(of: verdict, in: &frame)
        answers[verdict] = answer
      }
      last = (verdict, answer)
      if let top = arena.dimension(of: answer), top <= deepest {
        let place = deep[answer] ?? parts.count
        if place == parts.count {
          deep[answer] = place
          parts.append((answer, BoxList(of: key)))
        }
        _ = try append(
          element, leaf: .constant(1), of: map, key, steps.known, to: &parts[place].boxes,
          in: frame)
      } else {
        _ = try append(element, leaf: answer, of: map, key, steps.known, to: &boxes, in: frame)
      }
    }
    frame.weight += elements.count
    // What is not found goes on: at the end of a rule, to the next one.
    let gap = isLast ? Flows.goesOn : Flows.nowhere
    let direct = try built(boxes, of: map, in: frame)
    if parts.isEmpty {
      let answer = try frame.inSpace { () throws(PacketSpaceError) in
        isLast ? try filled(direct, with: gap) : direct
      }
      return steps.add(.answer(answer))
    }
    // Elements of one answer are checked against those of another by where they are.
    var places = [(part: direct, weight: boxes.leaves.count)]
    var pieces: [(part: Diagram, weight: Int)] = []
    for part in parts {
      let set = try built(part.boxes, of: map, in: frame)
      places.append((set, part.boxes.leaves.count))
      let piece = try frame.inSpace { () throws(PacketSpaceError) in
        try restricted(part.answer, to: set, otherwise: gap)
      }
      pieces.append((piece, part.boxes.leaves.count + weight(of: part.answer)))
    }
    _ = try merged(places, of: map, in: frame)
    let answer = try frame.inSpace { () throws(PacketSpaceError) in
      let first = isLast ? try filled(direct, with: gap) : direct
      return try folded([(first, boxes.leaves.count)] + pieces, empty: gap) {
        (a, b) throws(PacketSpaceError) in
        try arena.combine(a, b) { a, b in
          if a == gap { return b }
          if b == gap { return a }
          // Where one of two constants is no gap, the other is one: the elements lie apart.
          return a.constant == nil || b.constant == nil ? nil : a
        }
      }
    }
    steps.add(.answer(answer))
  }

  // MARK: Elements

  /// Appends the boxes of an element, and says which packets can be found in it.
  private func append(
    _ element: Element, leaf: Diagram, of set: NamedSet, _ key: Key, _ known: Knowledge,
    to boxes: inout BoxList, in frame: Frame
  ) throws(RulesetMeaningError) -> Knowledge {
    guard element.key.count == key.parts.count else { throw frame.fault(.badElement(set.name)) }
    // Nearly every element is one box: a range of each dimension.
    boxes.scratch.removeAll(keepingCapacity: true)
    var isBox = boxes.dimensions.count == key.parts.count
    for index in key.parts.indices {
      let count = boxes.scratch.count
      try append(element.key[index], key.parts[index], of: set, to: &boxes.scratch, in: frame)
      if boxes.scratch.count != count + 1 { isBox = false }
    }
    if key.parts.count == 1 {
      boxes.appendScratch(leaf)
      return known
    }
    var values: [Dimension: ValueSet]?
    if !isBox {
      var found: [Dimension: ValueSet] = [:]
      for (field, part) in zip(element.key, key.parts) {
        var ranges: [ValueRange] = []
        try append(field, part, of: set, to: &ranges, in: frame)
        let dimension = part.field.dimension
        let own = ValueSet(ranges, in: dimension)
        found[dimension] = found[dimension].map { $0.intersection(own) } ?? own
      }
      values = found
    }
    var found = known
    if let values {
      found.learn(values)
    } else {
      for (part, range) in zip(key.parts, boxes.scratch) where part.field.tellsKinds {
        found.learn(part.field.dimension, CollectionOfOne(range))
      }
    }
    if found.isEmpty { return .none }
    for part in key.parts { try check(part.field, found, in: frame) }
    if let values { boxes.append(values, leaf: leaf) } else { boxes.appendBox(leaf) }
    return found
  }

  /// Appends the values of a dimension that one field of an element stands for.
  private func append(
    _ element: ElementField, _ part: Key.Part, of set: NamedSet, to ranges: inout [ValueRange],
    in frame: Frame
  ) throws(RulesetMeaningError) {
    let type = part.field.dataType
    switch element {
    case .interface(let name):
      if type != .interfaceName { throw frame.fault(.badElement(set.name)) }
      if !interfaces.tellsApart(name, isWildcard: false) {
        throw frame.fault(.unknownInterface(name))
      }
      if part.field == .outputInterface, !frame.context.knowsOutputInterface { return }
      let interfaceClass = UInt128(interfaces.classOf(name))
      ranges.append(ValueRange(interfaceClass, interfaceClass))
    case .range(let lower, let upper):
      if type == .interfaceName || lower > upper || upper > type.largest
        || (!set.isInterval && lower != upper)
      {
        throw frame.fault(.badElement(set.name))
      }
      part.field.appendValues(
        lower: lower, upper: upper, prefixLength: part.prefixLength, to: &ranges)
    }
  }

  // MARK: Building

  /// The diagram that answers the leaf of the box that a packet is in, else `nowhere`.
  private func built(
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
  private func merged(
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
