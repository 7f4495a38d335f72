import Nftables

/// One rule's expressions, read in the order in which the kernel runs them.
///
/// Loads go into a file of registers; what reads them becomes a statement.
struct RuleDecoder {
  /// The sets of the table by name.
  let sets: DecodedSets
  private(set) var statements: [Statement] = []
  private var registers = RegisterFile()
  private var kind = EstablishedKind()

  init(sets: DecodedSets) { self.sets = sets }

  /// Runs one expression.
  mutating func decode(_ name: String, _ data: ArraySlice<UInt8>) throws(Undecodable) {
    switch name {
    case "meta": try meta(data)
    case "payload": try payload(data)
    case "ct": try conntrack(data)
    case "fib": try reversePath(data)
    case "bitwise": try mask(data)
    case "byteorder": try turn(data)
    case "cmp": try compare(data)
    case "lookup": try lookup(data)
    case "dynset": try dynamicSet(data)
    case "objref": try object(data)
    case "limit": try add(.limit(RateLimit(data)))
    case "log": try log(data)
    case "reject": try reject(data)
    case "immediate": try immediate(data)
    default: throw Undecodable("is of a kind that is not known")
    }
  }

  /// Ends the rule.
  func finish() throws(Undecodable) {
    guard registers.areAllUsed else {
      throw Undecodable("loads a value that nothing looks at")
    }
  }

  private mutating func add(_ statement: Statement) throws(Undecodable) {
    if !statement.isMatch, !registers.areAllUsed {
      // The load may end the rule where the packet lacks the field, and does so before the effect.
      throw Undecodable("has an effect between the load of a value and its use")
    }
    kind.learn(statement)
    statements.append(statement)
  }

  // MARK: - Loads

  private mutating func meta(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 3)
    try attributes.refuse([3: "changes the packet's metadata, which is not known"])
    let source = FieldSource.meta(key: try attributes.word(2))
    let field = try kind.field(source)
    try registers.load(
      LoadedValue(source: .field(source), length: field.length),
      at: try RegisterFile.word(of: try attributes.word(1)))
  }

  private mutating func payload(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 8)
    try attributes.refuse([5: "changes the packet, which is not known"])
    let base = try attributes.word(2)
    let offset = try attributes.word(3)
    let length = try attributes.word(4)
    guard base == 1 || base == 2, (1...16).contains(length) else {
      throw Undecodable("reads a part of the packet that is not known")
    }
    try registers.load(
      LoadedValue(
        source: .field(.payload(base: base, offset: offset, length: length)), length: Int(length)),
      at: try RegisterFile.word(of: try attributes.word(1)))
  }

  private mutating func conntrack(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 4)
    try attributes.refuse([4: "changes the connection, which is not known"])
    let direction = try attributes.number(3, bytes: 1).map { UInt8(truncatingIfNeeded: $0) }
    let source = FieldSource.conntrack(key: try attributes.word(2), direction: direction)
    let length = source == .connectionState ? 4 : try kind.field(source).length
    try registers.load(
      LoadedValue(source: .field(source), length: length),
      at: try RegisterFile.word(of: try attributes.word(1)))
  }

  /// NFTA_FIB_F_SADDR and NFTA_FIB_F_IIF, and of the result whether it is there.
  private mutating func reversePath(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 3)
    guard try attributes.word(2) == 1, try attributes.word(3) == 0x29 else {
      throw Undecodable("asks for a route in a way that is not known")
    }
    try registers.load(
      LoadedValue(source: .reversePath, length: 4),
      at: try RegisterFile.word(of: try attributes.word(1)))
  }

  private mutating func mask(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 7)
    guard try attributes.optionalWord(6) ?? 0 == 0, attributes[7] == nil else {
      throw Undecodable("computes in a way that is not known")
    }
    let mask = try decodeValue(data: try attributes.bytes(4))
    let difference = try decodeValue(data: try attributes.bytes(5))
    var value = try registers.use(at: try RegisterFile.word(of: try attributes.word(1)))
    guard try attributes.word(3) == UInt32(value.length), mask.count == value.length,
      difference.count == value.length, difference.allSatisfy({ $0 == 0 }), value.mask == nil,
      value.source.isMaskable
    else { throw Undecodable("computes in a way that is not known") }
    value.mask = Array(mask)
    try registers.load(value, at: try RegisterFile.word(of: try attributes.word(2)))
  }

  private mutating func turn(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 5)
    var value = try registers.use(at: try RegisterFile.word(of: try attributes.word(1)))
    let size = try attributes.word(5)
    guard try attributes.word(3) == 1, try attributes.word(4) == UInt32(value.length),
      [1, 2, 4, 8].contains(value.length), size == UInt32(max(value.length, 2)), !value.isTurned,
      value.mask == nil, case .field(let source) = value.source,
      try kind.field(source).isHostOrder
    else { throw Undecodable("turns bytes in a way that is not known") }
    value.isTurned = true
    try registers.load(value, at: try RegisterFile.word(of: try attributes.word(2)))
  }

  // MARK: - Matches

  private mutating func compare(_ data: ArraySlice<UInt8>) throws(Undecodable) {
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

  private mutating func lookup(_ data: ArraySlice<UInt8>) throws(Undecodable) {
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
    guard (declaration.set.kind == .verdictMap) == isMap, !(isMap && isNegated) else {
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
  private mutating func key(
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

  // MARK: - Effects

  private mutating func dynamicSet(_ data: ArraySlice<UInt8>) throws(Undecodable) {
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
    let element: ElementStatement
    switch try expression.text(1) {
    case "limit": element = .limit(try RateLimit(try expression.bytes(2)))
    case "connlimit":
      let attributes = try Attributes(try expression.bytes(2), upTo: 2)
      guard try attributes.optionalWord(2) ?? 0 == 0 else {
        throw Undecodable("counts connections in a way that is not known")
      }
      element = .connectionCount(try attributes.word(1))
    default: throw Undecodable("adds elements with a statement that is not known")
    }
    let name = try attributes.text(1)
    let declaration = try sets.declaration(name)
    guard declaration.set.isDynamic, declaration.set.kind == .set, !declaration.set.isInterval
    else { throw Undecodable("changes a set that is not for that") }
    let key = try key(
      of: declaration, at: try RegisterFile.word(of: try attributes.word(4)), forIntervals: false)
    sets.use(name)
    try add(.dynamicSet(operation, key, set: name, element))
  }

  private mutating func object(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 5)
    guard attributes[3] == nil, attributes[4] == nil, attributes[5] == nil else {
      throw Undecodable("looks up an object, which is not known")
    }
    let name = try attributes.text(2)
    switch try attributes.word(1) {
    case ObjectType.counter: try add(.counter(name))
    case ObjectType.ctHelper: try add(.setHelper(name))
    case let type: throw Undecodable("uses an object of type \(type), which is not known")
    }
  }

  private mutating func log(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 6)
    // LOGLEVEL_WARNING of linux/kern_levels.h is what the kernel takes where a rule says nothing.
    guard try attributes.optionalWord(5) ?? 4 == 4, try attributes.optionalWord(6) ?? 0 == 0,
      attributes[3] == nil, try attributes.number(4, bytes: 2) ?? 0 == 0
    else { throw Undecodable("logs with options that are not known") }
    let group = try attributes.number(1, bytes: 2).map { UInt16(truncatingIfNeeded: $0) }
    try add(.log(prefix: try attributes.optionalText(2) ?? "", group: group))
  }

  private mutating func reject(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 2)
    let code = try attributes.number(2, bytes: 1)
    switch (try attributes.word(1), code ?? 0) {
    case (1, 0): try add(.reject(.tcpReset))
    case (2, 3): try add(.reject(.adminProhibited))
    default: throw Undecodable("rejects in a way that is not known")
    }
  }

  private mutating func immediate(_ data: ArraySlice<UInt8>) throws(Undecodable) {
    let attributes = try Attributes(data, upTo: 2)
    guard try attributes.word(1) == 0 else {
      throw Undecodable("loads a value of its own, which is not known")
    }
    try add(.verdict(try Verdict(data: try attributes.bytes(2))))
  }
}

extension FieldSource {
  static let connectionState = FieldSource.conntrack(key: 0, direction: nil)
}

extension LoadedValue.Source {
  /// Of a prefix of an address, and of connection states.
  fileprivate var isMaskable: Bool {
    switch self {
    case .field(.conntrack): self == .field(.connectionState)
    case .field(.payload(1, _, _)): true
    case .field, .reversePath: false
    }
  }
}

extension Statement {
  /// Whether it does nothing but go on or end the rule.
  fileprivate var isMatch: Bool {
    switch self {
    case .compare, .comparePrefix, .compareInterface, .compareAny, .ctState, .lookup, .reversePath:
      true
    case .ctStateMap, .verdictMap, .counter, .limit, .log, .dynamicSet, .setHelper, .reject,
      .verdict:
      false
    }
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
