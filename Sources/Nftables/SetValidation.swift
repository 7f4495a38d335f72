import NetworkTypes

extension TableValidator {
  mutating func check(_ set: NamedSet) {
    check(key: set.key, name: set.name, origin: set.origin)
    if set.isDynamic || set.isFilledAtRunTime, !set.elements.isEmpty {
      report(.notDynamic(set.name), set.name, set.origin)
    }
    if set.kind != .set {
      if set.elements.isEmpty { report(.emptyMap, set.name, set.origin) }
      // What a map answers is the table's own.
      if set.isDynamic || set.hasTimeouts {
        report(.wrongSetKind(set.name), set.name, set.origin)
      }
    }
    if set.timeoutSeconds != nil, !set.hasTimeouts { report(.badLimit, set.name, set.origin) }
    if set.size == 0 || set.timeoutSeconds == 0 { report(.badLimit, set.name, set.origin) }
    if let size = set.size, set.elements.count > Int(size) {
      report(.tooManyElements, set.name, set.origin)
    }
    switch set.elements {
    case .none: break
    case .ipv4(let intervals):
      check(intervals: intervals.intervals, type: .ipv4Address, of: set)
    case .ipv6(let intervals):
      check(intervals: intervals.intervals, type: .ipv6Address, of: set)
    case .tuples(let elements): check(elements, of: set)
    }
  }

  private mutating func check(key: [DataType], name: String, origin: Origin) {
    // NFT_REG32_COUNT registers of four bytes; TYPE_BITS of nft's datatype.h leave five places.
    let length = key.reduce(0) { $0 + ($1.length + 3) / 4 * 4 }
    if length > 64 { report(.keyTooLong(length), name, origin) }
    if key.isEmpty || key.count > 5 { report(.keyFieldCount(key.count), name, origin) }
  }

  private mutating func check<Bound>(
    intervals: [IntervalSet<Bound>.Interval], type: DataType, of set: NamedSet
  ) {
    if set.kind != .set || set.key != [type] {
      report(.badElement(0), set.name, set.origin)
      return
    }
    for (index, interval) in intervals.enumerated() {
      if interval.lower > interval.upper || (!set.isInterval && interval.lower != interval.upper) {
        report(.badElement(index), set.name, set.origin)
        return
      }
      // Touching intervals merge in nft's eyes, which would list differently from what was written.
      if index > 0, intervals[index - 1].upper >= interval.lower {
        report(.overlappingElements, set.name, set.origin)
        return
      }
    }
  }

  private mutating func check(_ elements: [Element], of set: NamedSet) {
    var isSound = true
    for (index, element) in elements.enumerated() where !isWellFormed(element, of: set) {
      report(.badElement(index), set.name, set.origin)
      isSound = false
    }
    for element in elements {
      if let target = element.verdict?.target {
        check(target: target, name: set.name, origin: set.origin, rule: nil)
      }
      if let counter = element.counter, !counters.contains(counter) {
        report(.unknownCounter(counter), set.name, set.origin)
      }
    }
    guard isSound else { return }
    if set.isInterval {
      if hasOverlap(elements) { report(.overlappingElements, set.name, set.origin) }
    } else if Set(elements.map(\.key)).count < elements.count {
      report(.overlappingElements, set.name, set.origin)
    }
  }

  private func isWellFormed(_ element: Element, of set: NamedSet) -> Bool {
    guard element.key.count == set.key.count else { return false }
    guard (element.verdict != nil) == (set.kind == .verdictMap),
      (element.counter != nil) == (set.kind == .counterMap)
    else { return false }
    for (field, type) in zip(element.key, set.key) {
      switch field {
      case .interface(let name):
        if type != .interfaceName || !isLegalInterface(name, isWildcard: false) { return false }
      case .range(let lower, let upper):
        if type == .interfaceName || lower > upper || upper > type.largest { return false }
        if !set.isInterval, lower != upper { return false }
      }
    }
    return true
  }

  /// Whether two boxes share a point.
  ///
  /// Splits along one field after another into groups that cannot touch, which is n log n when
  /// elements lie apart; what no field splits is compared pair by pair.
  private func hasOverlap(_ elements: [Element]) -> Bool {
    guard let width = elements.first?.key.count, width > 0 else { return false }
    var work: [(group: [Int], field: Int, tried: Int)] = [(Array(elements.indices), 0, 0)]
    while let (group, field, tried) = work.popLast() {
      if group.count < 2 { continue }
      if tried == width {
        if overlapsPairwise(group, elements) { return true }
        continue
      }
      let next = (field + 1) % width
      for part in split(group, elements, along: field) {
        work.append((part, next, part.count == group.count ? tried + 1 : 1))
      }
    }
    return false
  }

  /// The connected groups of the ranges of one field, as far as they are of several elements.
  private func split(_ group: [Int], _ elements: [Element], along field: Int) -> [[Int]] {
    var names: [String: [Int]] = [:]
    var ranges: [(lower: UInt128, upper: UInt128, index: Int)] = []
    for index in group {
      switch elements[index].key[field] {
      case .interface(let name): names[name, default: []].append(index)
      case .range(let lower, let upper): ranges.append((lower, upper, index))
      }
    }
    var groups = names.values.filter { $0.count > 1 }
    ranges.sort { ($0.lower, $0.index) < ($1.lower, $1.index) }
    var current: [Int] = []
    var end: UInt128 = 0
    for range in ranges {
      if !current.isEmpty, range.lower > end {
        if current.count > 1 { groups.append(current) }
        current.removeAll(keepingCapacity: true)
      }
      end = current.isEmpty ? range.upper : max(end, range.upper)
      current.append(range.index)
    }
    if current.count > 1 { groups.append(current) }
    return groups
  }

  private func overlapsPairwise(_ group: [Int], _ elements: [Element]) -> Bool {
    for (place, first) in group.enumerated() {
      for second in group[(place + 1)...]
      where zip(elements[first].key, elements[second].key).allSatisfy({ $0.meets($1) }) {
        return true
      }
    }
    return false
  }
}

extension ElementField {
  fileprivate func meets(_ other: ElementField) -> Bool {
    switch (self, other) {
    case (.interface(let a), .interface(let b)): a == b
    case (.range(let a, let b), .range(let c, let d)): a <= d && c <= b
    case (.interface, .range), (.range, .interface): false
    }
  }
}

extension Elements {
  var count: Int {
    switch self {
    case .none: 0
    case .ipv4(let set): set.intervals.count
    case .ipv6(let set): set.intervals.count
    case .tuples(let elements): elements.count
    }
  }
}

extension DataType {
  /// The largest number that a value holds.
  var largest: UInt128 {
    length >= 16 ? .max : (UInt128(1) << UInt128(8 * length)) - 1
  }
}
