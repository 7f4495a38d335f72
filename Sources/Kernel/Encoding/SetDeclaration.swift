import Nftables

/// What NFT_MSG_NEWSET says of a set, named or anonymous.
struct SetDeclaration {
  var name: String
  var identifier: UInt32
  /// NFT_SET_*.
  var flags: UInt32
  var keyType: UInt32
  var keyLength: Int
  var isVerdictMap: Bool
  var size: UInt32?
  /// Of the fields of a concatenation of intervals, in bytes; empty for anything else.
  var fieldLengths: [Int] = []
  var timeoutMilliseconds: UInt64?
  var userData: [UInt8]

  /// Writes NFTA_SET_*.
  func encode(table: String, into buffer: inout MessageBuffer) {
    buffer.attribute(1, table)
    buffer.attribute(2, name)
    buffer.attribute(3, flags)
    buffer.attribute(4, keyType)
    buffer.attribute(5, UInt32(keyLength))
    if isVerdictMap {
      buffer.attribute(6, UInt32(0xffff_ff00))  // NFT_DATA_VERDICT
      buffer.attribute(7, UInt32(0))
    }
    buffer.attribute(10, identifier)
    if size != nil || !fieldLengths.isEmpty {
      buffer.nested(9) { description in
        if let size { description.attribute(1, size) }
        if !fieldLengths.isEmpty {
          description.nested(2) { fields in
            for length in fieldLengths {
              fields.nested(1) { $0.attribute(1, UInt32(length)) }
            }
          }
        }
      }
    }
    if let timeoutMilliseconds { buffer.attribute(11, timeoutMilliseconds) }
    buffer.attribute(13, bytes: userData)
  }
}

extension SetDeclaration {
  /// NFT_SET_*, linux/netfilter/nf_tables.h.
  enum Flag {
    static let anonymous: UInt32 = 0x01
    static let constant: UInt32 = 0x02
    static let interval: UInt32 = 0x04
    static let map: UInt32 = 0x08
    static let timeout: UInt32 = 0x10
    static let evaluated: UInt32 = 0x20
    static let concatenation: UInt32 = 0x80
  }

  init(_ set: NamedSet, identifier: UInt32) throws(Unencodable) {
    let isConcatenation = set.key.count > 1
    name = set.name
    self.identifier = identifier
    isVerdictMap = set.kind == .verdictMap
    keyLength =
      isConcatenation
      ? set.key.reduce(0) { $0 + $1.paddedLength } : set.key.first.map(\.length) ?? 0
    guard (1...64).contains(keyLength) else {
      throw Unencodable(reason: "the key of set `\(set.name)` is not of 1 to 64 bytes")
    }
    guard set.key.count <= 5 else {
      // Six bits to a type, in 32.
      throw Unencodable(reason: "the key of set `\(set.name)` has more than 5 fields")
    }
    keyType = set.key.reduce(0) { $0 << 6 | $1.rawValue }
    size = set.size
    flags = 0
    if set.isInterval { flags |= Flag.interval }
    if isVerdictMap { flags |= Flag.map }
    if set.isDynamic { flags |= Flag.evaluated }
    if set.isInterval && isConcatenation {
      flags |= Flag.concatenation
      fieldLengths = set.key.map(\.length)
    }
    if let seconds = set.timeoutSeconds {
      flags |= Flag.timeout
      let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
      guard !overflow else {
        throw Unencodable(reason: "the timeout of set `\(set.name)` is too long")
      }
      timeoutMilliseconds = milliseconds
    }
    var data = UserData()
    data.append(0, isConcatenation ? 0 : set.key.first?.notedByteOrder ?? 0)
    if isVerdictMap { data.append(1, UInt32(0)) }
    if isConcatenation {
      var typeOf = UserData()
      typeOf.append(0, UInt32(13))  // EXPR_CONCAT, nft's include/expression.h.
      typeOf.append(1, [])
      data.append(3, typeOf.bytes)
    }
    if isVerdictMap { data.append(6, UInt32(0)) }
    if let text = UserData.text(set.comment) { data.append(7, text) }
    userData = data.bytes
  }

  /// `FIELD { a, b }`.
  init(anonymous field: Field, identifier: UInt32, count: Int) {
    name = "__set%d"
    self.identifier = identifier
    flags = Flag.anonymous | Flag.constant
    keyType = field.keyType
    keyLength = field.length
    isVerdictMap = false
    size = UInt32(clamping: count)
    var data = UserData()
    data.append(0, UInt32(field.isHostOrder ? 1 : 2))
    data.append(3, field.typeOf)
    userData = data.bytes
  }

  /// `ct state vmap { … }`.
  init(conntrackStates identifier: UInt32, count: Int) {
    name = "__map%d"
    self.identifier = identifier
    flags = Flag.anonymous | Flag.constant | Flag.map
    keyType = DataType.ctState.rawValue
    keyLength = 4
    isVerdictMap = true
    size = UInt32(clamping: count)
    var typeOf = UserData()
    typeOf.append(0, UInt32(1))  // EXPR_VERDICT
    typeOf.append(1, [])
    var data = UserData()
    data.append(0, UInt32(1))
    data.append(1, UInt32(0))
    data.append(4, typeOf.bytes)
    data.append(6, UInt32(0))
    userData = data.bytes
  }
}
