import NetworkTypes
import Nftables

extension ExpressionWriter {
  /// Loads one field into a register.
  mutating func load(_ field: Field, to register: UInt32 = firstRegister) throws(Unencodable) {
    switch field.source {
    case .meta(let key): try meta(key: key, to: register)
    case .payload(let base, let offset, let length):
      try payload(base: base, offset: offset, length: length, to: register)
    case .conntrack(let key, let direction):
      try conntrack(key: key, direction: direction, to: register)
    }
  }

  /// Loads a field or a concatenation, each part at a multiple of four bytes.
  ///
  /// What looks up in intervals must be in network order; nft says so of single bytes too, in a
  /// concatenation.
  mutating func load(_ key: Key, forIntervals isInterval: Bool) throws(Unencodable) {
    var word = 0
    for part in key.parts {
      guard word < 16 else { throw Unencodable(reason: "a key is longer than 64 bytes") }
      let register = Self.register(word: word)
      try load(part.field, to: register)
      let type = part.field.dataType
      let isConcatenation = key.parts.count > 1
      if isInterval, part.field.isHostOrder, !part.field.isInterface,
        part.field.length > 1 || isConcatenation
      {
        try toNetworkOrder(length: part.field.length, in: register)
      }
      if let prefix = part.prefixLength {
        guard (0...(8 * type.length)).contains(prefix) else {
          throw Unencodable(reason: "a prefix of length \(prefix) is longer than its address")
        }
        try mask(
          encodeMask(prefixLength: prefix, bytes: type.length), in: register, namesOperation: true)
      }
      word += type.paddedLength / 4
    }
    guard word <= 16 else { throw Unencodable(reason: "a key is longer than 64 bytes") }
  }

  mutating func compare(_ field: Field, _ comparison: Comparison, _ value: UInt64)
    throws(Unencodable)
  {
    try load(field)
    // Registers are compared byte by byte: an order needs the most significant first.
    let turns = comparison.isOrdering && field.isHostOrder && field.length > 1
    if turns { try toNetworkOrder(length: field.length) }
    let bytes = try Self.bytes(of: value, field: field, isNetworkOrder: turns || !field.isHostOrder)
    try compare(comparison, bytes)
  }

  /// The bytes that a field is compared with; seconds become nanoseconds.
  static func bytes(of value: UInt64, field: Field, isNetworkOrder: Bool? = nil)
    throws(Unencodable) -> [UInt8]
  {
    guard !field.isInterface else {
      throw Unencodable(reason: "an interface cannot be compared with a number")
    }
    return try encodeValue(
      UInt128(value) * (field == .time ? 1_000_000_000 : 1), length: field.length,
      isNetworkOrder: isNetworkOrder ?? !field.isHostOrder)
  }

  /// A whole address is compared as it is, a prefix of whole bytes by those bytes alone, any other
  /// under a mask.
  mutating func comparePrefix(_ field: Field, isNegated: Bool, _ prefix: AddressPrefix)
    throws(Unencodable)
  {
    let address: [UInt8]
    let length: Int
    switch prefix {
    case .ipv4(let value, let bits): (address, length) = (value.bits.networkBytes, bits)
    case .ipv6(let value, let bits): (address, length) = (value.bits.networkBytes, bits)
    }
    guard case .payload(let base, let offset, let bytes) = field.source, bytes == address.count,
      (0...(8 * address.count)).contains(length)
    else { throw Unencodable(reason: "a prefix is compared with a field that is no such address") }
    let comparison: Comparison = isNegated ? .notEqual : .equal
    if length > 0, length % 8 == 0 {
      try payload(
        base: base, offset: offset, length: UInt32(length / 8), to: Self.firstRegister)
      try compare(comparison, Array(address.prefix(length / 8)))
    } else {
      try load(field)
      try mask(encodeMask(prefixLength: length, bytes: address.count), namesOperation: false)
      try compare(comparison, address)
    }
  }

  /// An exact name with its padding, a wildcard by its stem alone.
  mutating func compareInterface(
    _ field: Field, isNegated: Bool, name: String, isWildcard: Bool
  ) throws(Unencodable) {
    guard field.isInterface else {
      throw Unencodable(reason: "a field that is no interface is compared with `\(name)`")
    }
    let padded = try encodeInterface(name)
    try load(field)
    try compare(
      isNegated ? .notEqual : .equal, isWildcard ? Array(padded.prefix(name.utf8.count)) : padded)
  }
}
