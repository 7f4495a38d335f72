import Nftables

/// What a rule needs to know of a named set.
struct SetReference {
  var identifier: UInt32
  var isInterval: Bool
}

extension ExpressionWriter {
  /// Writes one statement; an anonymous set that it looks up has been declared as `anonymous`.
  mutating func statement(
    _ statement: Statement, anonymous: UInt32?, sets: [String: SetReference]
  ) throws(Unencodable) {
    func reference(_ name: String) throws(Unencodable) -> SetReference {
      guard let set = sets[name] else {
        throw Unencodable(reason: "a rule names set `\(name)`, which is not in its table")
      }
      return set
    }
    switch statement {
    case .compare(let field, let comparison, let value): try compare(field, comparison, value)
    case .comparePrefix(let field, let isNegated, let prefix):
      try comparePrefix(field, isNegated: isNegated, prefix)
    case .compareInterface(let field, let isNegated, let name, let isWildcard):
      try compareInterface(field, isNegated: isNegated, name: name, isWildcard: isWildcard)
    case .compareAny(let field, let isNegated, _):
      try load(field)
      try lookup(set: "__set%d", identifier: anonymous ?? 0, isNegated: isNegated)
    case .ctState(let states):
      try conntrack(key: 0, direction: nil, to: Self.firstRegister)
      try mask(states.reduce(0) { $0 | $1.rawValue }.hostBytes, namesOperation: false)
      try compare(.notEqual, UInt32(0).hostBytes)
    case .ctStateMap:
      try conntrack(key: 0, direction: nil, to: Self.firstRegister)
      try lookup(set: "__map%d", identifier: anonymous ?? 0, isVerdictMap: true)
    case .lookup(let key, let isNegated, let name):
      let set = try reference(name)
      try load(key, forIntervals: set.isInterval)
      try lookup(set: name, identifier: set.identifier, isNegated: isNegated)
    case .verdictMap(let key, let name):
      let set = try reference(name)
      try load(key, forIntervals: set.isInterval)
      try lookup(set: name, identifier: set.identifier, isVerdictMap: true)
    case .reversePath(let isMissing): try reversePath(isMissing: isMissing)
    case .counter(let name): try object(name, type: ObjectType.counter)
    case .counterMap(let key, let name):
      let set = try reference(name)
      try load(key, forIntervals: set.isInterval)
      try object(inMap: name, identifier: set.identifier)
    case .limit(let limit): rule.add(try limit.expression())
    case .log(let prefix, let group):
      try log(prefix: safeLogPrefix(prefix), group: group)
    case .dynamicSet(let operation, let key, let name, let statement):
      let set = try reference(name)
      try load(key, forIntervals: false)
      try dynamicSet(operation, set: name, identifier: set.identifier, statement: statement)
    case .setHelper(let name): try object(name, type: ObjectType.ctHelper)
    case .reject(let kind): try reject(kind)
    case .verdict(let kind): try verdict(kind)
    }
  }

  /// Writes two comparisons of neighbouring transport fields as one, where nft does.
  ///
  /// Returns whether it did.
  mutating func merged(_ first: Statement, _ second: Statement) throws(Unencodable) -> Bool {
    guard case .compare(let a, .equal, let aValue) = first,
      case .compare(let b, .equal, let bValue) = second,
      case .payload(let aBase, let aOffset, let aLength) = a.source,
      case .payload(let bBase, let bOffset, let bLength) = b.source,
      aBase == 2, bBase == 2, aOffset != bOffset, aLength == bLength
    else { return false }
    let aBytes = try Self.bytes(of: aValue, field: a)
    let bBytes = try Self.bytes(of: bValue, field: b)
    try payload(
      base: 2, offset: min(aOffset, bOffset), length: aLength + bLength, to: Self.firstRegister)
    try compare(.equal, aOffset < bOffset ? aBytes + bBytes : bBytes + aBytes)
    return true
  }
}
