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
    if set.isFilledAtRunTime {
      return try add(unknown: set, key, isNegated: isNegated, to: &steps, in: frame)
    }
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
      if element.verdict != nil || element.counter != nil {
        throw frame.fault(.badElement(name))
      }
      kinds = kinds.union(known)
    }
    let diagram = try built(boxes, of: set, in: frame)
    let found = try frame.inSpace { () throws(PacketSpaceError) in
      try arena.map(diagram) { ($0 == 1) == isNegated ? 0 : 1 }
    }
    steps.add(members: found, of: isNegated ? .all : kinds)
  }

  /// A set whose content nobody knows: whether it holds an address is a dimension of its own.
  private func add(
    unknown set: NamedSet, _ key: Key, isNegated: Bool, to steps: inout RuleSteps, in frame: Frame
  ) throws(RulesetMeaningError) {
    guard let part = key.parts.first, key.parts.count == 1, part.prefixLength == nil,
      let side = part.field.addressSide
    else { throw frame.fault(.keyMismatch(set.name)) }
    if !set.elements.isEmpty { throw frame.fault(.badElement(set.name)) }
    guard let number = network(set.name), 0..<Dimension.maximumNetworks ~= number else {
      throw frame.fault(.unknownNetwork(set.name))
    }
    try check(part.field, steps.known, in: frame)
    steps.add(
      .member(side, ofNetwork: number), .narrow(IntervalSet<UInt32>(isNegated ? 0 : 1)))
  }

  /// What is found is counted; the rule ends for what is not.
  func add(
    counterMap name: String, _ key: Key, to steps: inout RuleSteps, in frame: inout Frame
  ) throws(RulesetMeaningError) {
    let map = try set(name, for: key, kind: .counterMap, in: frame)
    frame.weight += map.elements.count
    if map.isDynamic || map.hasTimeouts { throw frame.fault(.wrongSetKind(name)) }
    guard let part = key.parts.first, key.parts.count == 1, part.prefixLength == nil,
      let side = part.field.addressSide
    else { throw frame.fault(.keyMismatch(name)) }
    try check(part.field, steps.known, in: frame)
    if case .tuples(let elements) = map.elements {
      for element in elements {
        guard let counter = element.counter else { throw frame.fault(.badElement(name)) }
        if !index.hasCounter(counter) { throw frame.fault(.missingObject(counter)) }
      }
    }
    steps.add(part.field.dimension, try members(of: map, part, in: frame))
    steps.add(.effect(.counterMap(name, by: side), only: [:]))
  }

  /// The values of a set of one field, in its dimension.
  private func members(
    of set: NamedSet, _ part: Key.Part, in frame: Frame
  ) throws(RulesetMeaningError) -> ValueSet {
    let field = part.field
    switch (set.elements, field.dataType) {
    case (.none, _): return ValueSet([], in: field.dimension)
    case (.ipv4, _) where set.kind != .set, (.ipv6, _) where set.kind != .set:
      throw frame.fault(.badElement(set.name))
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
        guard element.key.count == 1, element.verdict == nil,
          (element.counter != nil) == (set.kind == .counterMap)
        else {
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
    if map.isDynamic || map.hasTimeouts { throw frame.fault(.wrongSetKind(name)) }
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
}
