import Nftables

/// What reads a register and goes on or ends the rule.
extension RuleDecoder {
  mutating func compare(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 3)
    let number = try attributes.word(2)
    guard
      let comparison = [Comparison.equal, .notEqual, .less, .greaterOrEqual]
        .first(where: { $0.operation == number })
    else { throw Undecodable("compares in a way that is not known") }
    let value = try registers.use(at: try RegisterFile.word(of: try attributes.word(1)))
    for statement in try kind.statements(
      comparing: value, comparison, with: Array(try decodeValue(data: try attributes.bytes(3))))
    {
      try add(statement)
    }
  }

  mutating func lookup(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 5)
    let flags = try attributes.optionalWord(5) ?? 0
    guard flags & ~1 == 0 else { throw Undecodable("looks up in a way that is not known") }
    let isNegated = flags & 1 != 0
    let name = try attributes.text(1)
    let isMap = try attributes.optionalWord(3) == 0
    guard isMap || attributes[3] == nil else {
      throw Undecodable("loads a value from a map, which is not known")
    }
    let declaration = try sets.declaration(name)
    guard declaration.set.kind == (isMap ? .verdictMap : .set), !(isMap && isNegated) else {
      throw Undecodable("looks up in a map as if it were a set, or the other way about")
    }
    let word = try RegisterFile.word(of: try attributes.word(2))
    if declaration.isAnonymous,
      let statement = try anonymous(declaration, isNegated: isNegated, word: word)
    {
      return try add(statement)
    }
    let key = try key(of: declaration, at: word, forIntervals: declaration.set.isInterval)
    sets.use(name)
    try add(
      isMap
        ? .verdictMap(key, map: name) : .lookup(key, isNegated: isNegated, set: name))
  }

  /// A set of single values or a map of states that belongs to the rule alone; nil where it is
  /// another, which stays a set of its name.
  private mutating func anonymous(
    _ declaration: SetDeclaration, isNegated: Bool, word: Int
  ) throws(Undecodable) -> Statement? {
    let value = try registers.use(at: word)
    guard value.mask == nil, value.length == declaration.keyLength, !declaration.set.isInterval,
      case .field(let source) = value.source
    else { return nil }
    let listed = sets.listed(declaration.set.name)
    if source == .connectionState {
      guard declaration.set.kind == .verdictMap, !value.isTurned else { return nil }
      return .ctStateMap(try Self.stateVerdicts(listed))
    }
    let field = try kind.field(source)
    guard declaration.set.kind == .set, !field.isInterface, field.length <= 8, listed.count > 1,
      !value.isTurned || field.length == 1
    else { return nil }
    var values: [UInt64] = []
    for element in listed {
      guard !element.isIntervalEnd, element.keyEnd == nil else { throw .malformed }
      values.append(
        try field.number(
          UInt64(
            truncatingIfNeeded: decodeNumber(element.key, isNetworkOrder: !field.isHostOrder))))
    }
    return .compareAny(field, isNegated: isNegated, values.sorted())
  }

  private static func stateVerdicts(
    _ listed: [ListedElement]
  ) throws(Undecodable) -> [ConntrackStateVerdict] {
    var entries: [ConntrackStateVerdict] = []
    for element in listed {
      let number = UInt32(
        truncatingIfNeeded: decodeNumber(element.key, isNetworkOrder: false))
      guard let state = ConntrackState(rawValue: number), let verdict = element.verdict else {
        throw Undecodable("looks up connection states that are not known")
      }
      entries.append(ConntrackStateVerdict(state, verdict))
    }
    return entries.sorted { $0.state.rawValue < $1.state.rawValue }
  }

  /// The fields that a set's key is loaded from, each at a multiple of four bytes.
  mutating func key(
    of declaration: SetDeclaration, at first: Int, forIntervals isInterval: Bool
  ) throws(Undecodable) -> Key {
    if let untyped = declaration.untyped { throw untyped }
    var parts: [Key.Part] = []
    var word = first
    for type in declaration.set.key {
      let value = try registers.use(at: word)
      guard value.length == type.length, case .field(let source) = value.source,
        source != .connectionState
      else { throw Undecodable("looks up a value that is none of the set's type") }
      let field = try kind.field(source)
      guard field.dataType == type, field.length == type.length else {
        throw Undecodable("looks up a value that is none of the set's type")
      }
      let turns = isInterval && field.isHostOrder && !field.isInterface
      guard field.length == 1 || value.isTurned == turns else {
        throw Undecodable("looks up a value in another byte order than the set's")
      }
      var prefixLength: Int?
      if let mask = value.mask {
        prefixLength = decodePrefixLength(mask: mask)
        guard prefixLength != nil, [.ipv4Address, .ipv6Address].contains(type) else {
          throw Undecodable("looks up under a mask that is no prefix's")
        }
      }
      parts.append(Key.Part(field, prefixLength: prefixLength))
      word += type.paddedLength / 4
    }
    return Key(parts)
  }
}

extension Field {
  /// A number as the IR has it: of time, seconds.
  func number(_ value: UInt64) throws(Undecodable) -> UInt64 {
    guard self == .time else { return value }
    guard value % 1_000_000_000 == 0 else {
      throw Undecodable("has a time that is not of whole seconds")
    }
    return value / 1_000_000_000
  }
}
