import Nftables

extension ElementWriter {
  /// The elements of a set or map of any type.
  mutating func tuples(_ elements: [Element], of set: NamedSet, into buffer: inout MessageBuffer)
    throws(Unencodable)
  {
    if set.isInterval, set.key.count == 1, let type = set.key.first {
      try intervalTuples(elements, type: type, of: set, into: &buffer)
    } else {
      for element in elements {
        let answer = try answer(of: element, in: set)
        var lower: [UInt8] = []
        var upper: [UInt8] = []
        guard element.key.count == set.key.count else {
          throw Unencodable(
            reason: "an element of set `\(set.name)` has the wrong number of fields")
        }
        for (field, type) in zip(element.key, set.key) {
          let ends = try bytes(of: field, type: type, isInterval: set.isInterval, in: set)
          lower += ends.lower
          upper += ends.upper
          if set.key.count > 1 {
            let padding = [UInt8](repeating: 0, count: type.paddedLength - type.length)
            lower += padding
            upper += padding
          }
        }
        guard set.isInterval || lower == upper else {
          throw Unencodable(reason: "set `\(set.name)` has a range but no intervals")
        }
        try self.element(
          key: lower, keyEnd: set.isInterval ? upper : nil, verdict: answer.verdict,
          counter: answer.counter, into: &buffer)
        boundary(&buffer)
      }
    }
    close(&buffer)
  }

  /// Intervals of one field, in ascending order, each a start and an exclusive end.
  private mutating func intervalTuples(
    _ elements: [Element], type: DataType, of set: NamedSet, into buffer: inout MessageBuffer
  ) throws(Unencodable) {
    var ranges: [(lower: UInt128, upper: UInt128, answer: Answer)] = []
    ranges.reserveCapacity(elements.count)
    for element in elements {
      guard element.key.count == 1, let field = element.key.first else {
        throw Unencodable(reason: "an element of set `\(set.name)` has the wrong number of fields")
      }
      let ends = try bytes(of: field, type: type, isInterval: true, in: set)
      let lower = ends.lower.reduce(0) { $0 << 8 | UInt128($1) }
      let upper = ends.upper.reduce(0) { $0 << 8 | UInt128($1) }
      ranges.append((lower, upper, try answer(of: element, in: set)))
    }
    ranges.sort { $0.lower < $1.lower }
    let length = type.length
    let last = UInt128.max >> UInt128(128 - 8 * length)
    func key(_ value: UInt128) -> [UInt8] { Array(value.networkBytes.suffix(length)) }
    for (index, range) in ranges.enumerated() {
      if index == 0, range.lower != 0 {
        try element(key: key(0), isIntervalEnd: true, into: &buffer)
      }
      let isOpen = range.upper == last
      try element(
        key: key(range.lower), isOpen: isOpen, verdict: range.answer.verdict,
        counter: range.answer.counter, into: &buffer)
      if !isOpen { try element(key: key(range.upper + 1), isIntervalEnd: true, into: &buffer) }
      boundary(&buffer)
    }
  }

  /// What a map answers for an element.
  private typealias Answer = (verdict: Verdict?, counter: [UInt8]?)

  private func answer(of element: Element, in set: NamedSet) throws(Unencodable) -> Answer {
    guard (element.verdict != nil) == (set.kind == .verdictMap),
      (element.counter != nil) == (set.kind == .counterMap)
    else {
      throw Unencodable(reason: "an element of `\(set.name)` must have what its map answers")
    }
    guard let counter = element.counter else { return (element.verdict, nil) }
    let name = Array(counter.utf8)
    guard (1...255).contains(name.count), !name.contains(0) else {
      throw Unencodable(reason: "a name is not of 1 to 255 bytes or has a NUL")
    }
    return (nil, name + [0])
  }

  /// Both ends of a field; in a set of intervals numbers are in network order, so that they can be
  /// compared byte by byte.
  private func bytes(
    of field: ElementField, type: DataType, isInterval: Bool, in set: NamedSet
  ) throws(Unencodable) -> (lower: [UInt8], upper: [UInt8]) {
    switch field {
    case .interface(let name):
      guard type == .interfaceName else {
        throw Unencodable(reason: "set `\(set.name)` has an interface where it has no name")
      }
      let bytes = try encodeInterface(name)
      return (bytes, bytes)
    case .range(let lower, let upper):
      guard type != .interfaceName, lower <= upper else {
        throw Unencodable(reason: "set `\(set.name)` has a range that its type does not")
      }
      let isNetworkOrder = isInterval || type.isBigEndian
      return (
        try encodeValue(lower, length: type.length, isNetworkOrder: isNetworkOrder),
        try encodeValue(upper, length: type.length, isNetworkOrder: isNetworkOrder)
      )
    }
  }
}
