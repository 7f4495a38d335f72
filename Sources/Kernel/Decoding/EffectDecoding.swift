import Nftables

/// What does something to the packet, or decides.
extension RuleDecoder {
  mutating func dynamicSet(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 11)
    // NFT_DYNSET_F_EXPR
    guard (try attributes.optionalWord(9) ?? 0) & ~2 == 0, attributes[5] == nil,
      try attributes.number(6, bytes: 8) ?? 0 == 0
    else { throw Undecodable("changes a set in a way that is not known") }
    let operation: DynamicSetOperation
    switch try attributes.word(3) {
    case 0: operation = .add
    case 1: operation = .update
    default: throw Undecodable("changes a set in a way that is not known")
    }
    let element = try ElementStatement(dynamicSet: attributes)
    let name = try attributes.text(1)
    let declaration = try sets.declaration(name)
    guard declaration.set.isDynamic, declaration.set.kind == .set, !declaration.set.isInterval
    else { throw Undecodable("changes a set that is not for that") }
    let key = try key(
      of: declaration, at: try RegisterFile.word(of: try attributes.word(4)), forIntervals: false)
    sets.use(name)
    try add(.dynamicSet(operation, key, set: name, element))
  }

  mutating func object(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 5)
    if let word = try attributes.optionalWord(3) {
      guard attributes[1] == nil, attributes[2] == nil else { throw .malformed }
      let name = try attributes.text(4)
      let declaration = try sets.declaration(name)
      guard declaration.set.kind == .counterMap, !declaration.isAnonymous else {
        throw Undecodable("looks up an object in what is no map of counters")
      }
      let key = try key(
        of: declaration, at: try RegisterFile.word(of: word),
        forIntervals: declaration.set.isInterval)
      return try add(.counterMap(key, map: name))
    }
    guard attributes[4] == nil, attributes[5] == nil else { throw .malformed }
    let name = try attributes.text(2)
    switch try attributes.word(1) {
    case ObjectType.counter: try add(.counter(name))
    case ObjectType.ctHelper: try add(.setHelper(name))
    case let type: throw Undecodable("uses an object of type \(type), which is not known")
    }
  }

  mutating func log(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 6)
    // LOGLEVEL_WARNING of linux/kern_levels.h is what the kernel takes where a rule says nothing.
    guard try attributes.optionalWord(5) ?? 4 == 4, try attributes.optionalWord(6) ?? 0 == 0,
      attributes[3] == nil, try attributes.number(4, bytes: 2) ?? 0 == 0
    else { throw Undecodable("logs with options that are not known") }
    let group = try attributes.number(1, bytes: 2).map { UInt16(truncatingIfNeeded: $0) }
    try add(.log(prefix: try attributes.optionalText(2) ?? "", group: group))
  }

  mutating func reject(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 2)
    let code = try attributes.number(2, bytes: 1)
    switch (try attributes.word(1), code ?? 0) {
    case (1, 0): try add(.reject(.tcpReset))
    case (2, 3): try add(.reject(.adminProhibited))
    default: throw Undecodable("rejects in a way that is not known")
    }
  }

  mutating func immediate(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 2)
    guard try attributes.word(1) == 0 else {
      throw Undecodable("loads a value of its own, which is not known")
    }
    try add(.verdict(try Verdict(data: try attributes.bytes(2))))
  }
}

extension ElementStatement {
  /// Reads the one statement that NFTA_DYNSET_* gives each element.
  init(dynamicSet attributes: Attributes) throws(Undecodable) {
    let statement: ArraySlice<UInt8>
    switch (attributes[7], attributes[10]) {
    case (let single?, nil): statement = single
    case (nil, let list?):
      var reader = AttributeReader(list)
      guard let (_, only) = try reader.next(), try reader.next() == nil else {
        throw Undecodable("adds elements with more than one statement, which is not known")
      }
      statement = only
    default: throw Undecodable("adds elements without a statement, which is not known")
    }
    let expression = try Attributes(statement, upTo: 2)
    switch try expression.text(1) {
    case "limit": self = .limit(try RateLimit(try expression.bytes(2)))
    case "connlimit":
      let attributes = try Attributes(try expression.bytes(2), upTo: 2)
      guard try attributes.optionalWord(2) ?? 0 == 0 else {
        throw Undecodable("counts connections in a way that is not known")
      }
      self = .connectionCount(try attributes.word(1))
    case "counter":
      let attributes = try Attributes(expression[2] ?? [], upTo: 3)
      guard try attributes.number(1, bytes: 8) ?? 0 == 0,
        try attributes.number(2, bytes: 8) ?? 0 == 0
      else { throw Undecodable("adds elements with a count of their own, which is not known") }
      self = .counter
    default: throw Undecodable("adds elements with a statement that is not known")
    }
  }
}

extension RateLimit {
  /// Reads NFTA_LIMIT_*.
  init(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 6)
    let flags = try attributes.optionalWord(5) ?? 0
    let unit = try attributes.doubleWord(2)
    guard try attributes.optionalWord(4) ?? 0 == 0, flags & ~1 == 0,
      [1, 60, 3600, 86400].contains(unit)
    else { throw Undecodable("limits in a way that is not known") }
    self.init(
      rate: try attributes.doubleWord(1), unitSeconds: unit, burst: try attributes.word(3),
      isOver: flags & 1 != 0)
  }
}
