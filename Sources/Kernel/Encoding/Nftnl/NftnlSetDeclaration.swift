import CNetfilter
import Nftables

extension NftnlSet {
  /// A named set without its elements.
  static func make(_ set: NamedSet, identifier: UInt32, table: String) throws(Unencodable)
    -> NftnlSet
  {
    let isConcatenation = set.key.count > 1
    let isVerdictMap = set.kind == .verdictMap
    let isCounterMap = set.kind == .counterMap
    let length =
      isConcatenation
      ? set.key.reduce(0) { $0 + $1.paddedLength } : set.key.first.map(\.length) ?? 0
    guard (1...64).contains(length) else {
      throw Unencodable(reason: "the key of set `\(set.name)` is not of 1 to 64 bytes")
    }
    guard set.key.count <= 5 else {
      // Six bits to a type, in 32.
      throw Unencodable(reason: "the key of set `\(set.name)` has more than 5 fields")
    }
    var flags: UInt32 = 0
    if set.isInterval { flags |= Flag.interval }
    if isVerdictMap { flags |= Flag.map }
    if isCounterMap { flags |= Flag.object }
    if set.isDynamic { flags |= Flag.evaluated }
    if set.isInterval && isConcatenation { flags |= Flag.concatenation }
    if set.hasTimeouts { flags |= Flag.timeout }
    var notes = UserData()
    notes.append(0, isConcatenation ? 0 : set.key.first?.notedByteOrder ?? 0)
    if isVerdictMap { notes.append(1, UInt32(0)) }
    if isConcatenation {
      var typeOf = UserData()
      typeOf.append(0, UInt32(13))  // EXPR_CONCAT, nft's include/expression.h.
      typeOf.append(1, [])
      notes.append(3, typeOf.bytes)
    }
    if isVerdictMap || isCounterMap { notes.append(6, UInt32(0)) }
    if let text = UserData.text(set.comment) { notes.append(7, text) }
    var owner = try make(
      set.name, identifier: identifier, table: table, flags: flags,
      keyType: set.key.reduce(0) { $0 << 6 | $1.rawValue }, keyLength: length, size: set.size,
      notes: notes)
    if isCounterMap { try owner.set(NFTNL_SET_OBJ_TYPE, ObjectType.counter) }
    if set.isInterval && isConcatenation {
      // libnftnl copies the lengths of the fields into 16 bytes, and counts them up to a zero.
      try owner.set(
        NFTNL_SET_DESC_CONCAT, bytes: set.key.map { UInt8(clamping: $0.length) }, limit: 5)
    }
    if let seconds = set.timeoutSeconds {
      let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
      guard !overflow else {
        throw Unencodable(reason: "the timeout of set `\(set.name)` is too long")
      }
      try owner.set(NFTNL_SET_TIMEOUT, milliseconds)
    }
    return owner
  }

  /// `FIELD { a, b }`.
  static func make(anonymous field: Field, identifier: UInt32, count: Int, table: String)
    throws(Unencodable) -> NftnlSet
  {
    var notes = UserData()
    notes.append(0, UInt32(field.isHostOrder ? 1 : 2))
    notes.append(3, field.typeOf)
    return try make(
      "__set%d", identifier: identifier, table: table, flags: Flag.anonymous | Flag.constant,
      keyType: field.keyType, keyLength: field.length, size: UInt32(clamping: count), notes: notes)
  }

  /// `ct state vmap { … }`.
  static func make(conntrackStates identifier: UInt32, count: Int, table: String)
    throws(Unencodable) -> NftnlSet
  {
    var typeOf = UserData()
    typeOf.append(0, UInt32(1))  // EXPR_VERDICT
    typeOf.append(1, [])
    var notes = UserData()
    notes.append(0, UInt32(1))
    notes.append(1, UInt32(0))
    notes.append(4, typeOf.bytes)
    notes.append(6, UInt32(0))
    return try make(
      "__map%d", identifier: identifier, table: table,
      flags: Flag.anonymous | Flag.constant | Flag.map, keyType: DataType.ctState.rawValue,
      keyLength: 4, size: UInt32(clamping: count), notes: notes)
  }

  /// What every set says.
  private static func make(
    _ name: String, identifier: UInt32, table: String, flags: UInt32, keyType: UInt32,
    keyLength: Int, size: UInt32?, notes: UserData
  ) throws(Unencodable) -> NftnlSet {
    var set = try make(nftnl_set_alloc())
    try set.set(NFTNL_SET_TABLE, table)
    try set.set(NFTNL_SET_NAME, name)
    try set.set(NFTNL_SET_ID, identifier)
    try set.set(NFTNL_SET_FLAGS, flags)
    try set.set(NFTNL_SET_KEY_TYPE, keyType)
    try set.set(NFTNL_SET_KEY_LEN, UInt32(keyLength))
    if flags & Flag.map != 0 {
      try set.set(NFTNL_SET_DATA_TYPE, UInt32(0xffff_ff00))  // NFT_DATA_VERDICT
      try set.set(NFTNL_SET_DATA_LEN, UInt32(0))
    }
    if let size { try set.set(NFTNL_SET_DESC_SIZE, size) }
    try set.set(NFTNL_SET_USERDATA, notes: notes)
    return set
  }

  /// NFT_SET_*, linux/netfilter/nf_tables.h.
  private enum Flag {
    static var anonymous: UInt32 { 0x01 }
    static var constant: UInt32 { 0x02 }
    static var interval: UInt32 { 0x04 }
    static var map: UInt32 { 0x08 }
    static var timeout: UInt32 { 0x10 }
    static var evaluated: UInt32 { 0x20 }
    static var object: UInt32 { 0x40 }
    static var concatenation: UInt32 { 0x80 }
  }
}
