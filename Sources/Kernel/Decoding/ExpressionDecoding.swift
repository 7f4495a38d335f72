import Nftables

/// One rule's expressions, read in the order in which the kernel runs them.
///
/// Loads go into a file of registers; what reads them becomes a statement.
struct RuleDecoder {
  /// The sets of the table by name.
  let sets: DecodedSets
  private(set) var statements: [Statement] = []
  var registers = RegisterFile()
  private(set) var kind = EstablishedKind()

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

  mutating func add(_ statement: Statement) throws(Undecodable) {
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
    case .ctStateMap, .verdictMap, .counter, .counterMap, .limit, .log, .dynamicSet, .setHelper,
      .reject,
      .verdict:
      false
    }
  }
}
