import Nftables

/// A set's declaration as the kernel lists it.
struct SetDeclaration {
  /// Its elements are decoded later.
  var set: NamedSet
  var isAnonymous: Bool
  /// Length of a key in bytes, as the kernel has it.
  var keyLength: Int
  /// Why no named set can be like it: of an anonymous set whose type has no name of its own.
  var untyped: Undecodable?

  /// Reads NFTA_SET_*.
  init(_ attributes: Attributes, origin: Origin) throws(Undecodable) {
    let flags = try attributes.optionalWord(3) ?? 0
    try attributes.refuse([
      17: "has statements of its own", 18: "has statements of its own",
    ])
    isAnonymous = flags & Flag.anonymous != 0
    let known =
      Flag.interval | Flag.map | Flag.timeout | Flag.evaluated | Flag.object | Flag.concatenation
      | (isAnonymous ? Flag.anonymous | Flag.constant : 0)
    guard flags & ~known == 0 else {
      throw Undecodable("has flags 0x\(String(flags & ~known, radix: 16)), which are not known")
    }
    let isMap = flags & Flag.map != 0
    // NFT_DATA_VERDICT
    if isMap, try attributes.word(6) != 0xffff_ff00 {
      throw Undecodable("maps to values, which is not known")
    }
    let isObjectMap = flags & Flag.object != 0
    guard isObjectMap == (attributes[15] != nil), !(isMap && isObjectMap) else { throw .malformed }
    if isObjectMap, try attributes.word(15) != ObjectType.counter {
      throw Undecodable("maps to objects that are no counters, which is not known")
    }
    keyLength = Int(try attributes.word(5))
    guard (1...64).contains(keyLength) else { throw .malformed }
    var key: [DataType] = []
    do throws(Undecodable) {
      key = try Self.key(try attributes.word(4), length: keyLength)
    } catch {
      // The field that looks it up says the type as well.
      guard isAnonymous else { throw error }
      untyped = error
    }
    let isConcatenation = key.count > 1
    let isInterval = flags & Flag.interval != 0
    guard (flags & Flag.concatenation != 0) == (isInterval && isConcatenation) || !isInterval else {
      throw Undecodable("has intervals of a concatenation as a whole, which are not known")
    }
    let description = try attributes[9].map { bytes throws(Undecodable) in
      try Attributes(bytes, upTo: 2)
    }
    if let lengths = description?[2] {
      guard try Self.fieldLengths(lengths) == key.map({ UInt32($0.length) }) else {
        throw Undecodable("has fields of other lengths than its types")
      }
    } else if isInterval, isConcatenation {
      throw .malformed
    }
    var timeout: UInt64?
    if flags & Flag.timeout != 0 {
      // Without one, elements bring their own.
      let milliseconds = try attributes.number(11, bytes: 8) ?? 0
      guard milliseconds % 1000 == 0 else {
        throw Undecodable("has a timeout that is not of whole seconds")
      }
      timeout = milliseconds == 0 ? nil : milliseconds / 1000
    }
    set = NamedSet(
      name: try attributes.text(2),
      kind: isMap ? .verdictMap : isObjectMap ? .counterMap : .set, key: key,
      isInterval: isInterval, isDynamic: flags & Flag.evaluated != 0, timeoutSeconds: timeout,
      hasTimeouts: flags & Flag.timeout != 0, size: try description?.optionalWord(1),
      elements: .none,
      comment: UserData.comment(7, in: attributes[13]), origin: origin)
  }

  /// The types that a number packs, six bits to each.
  private static func key(_ packed: UInt32, length: Int) throws(Undecodable) -> [DataType] {
    var key: [DataType] = []
    var rest = packed
    while rest != 0 {
      guard let type = DataType(rawValue: rest & 0x3f) else {
        throw Undecodable("has a key of type \(rest & 0x3f), which is not known")
      }
      key.insert(type, at: 0)
      rest >>= 6
    }
    let expected =
      key.count > 1 ? key.reduce(0) { $0 + $1.paddedLength } : key.first?.length ?? 0
    guard expected == length else {
      throw Undecodable("has a key of another length than its types")
    }
    return key
  }

  /// NFTA_SET_DESC_CONCAT: a list of NFTA_SET_FIELD_LEN.
  private static func fieldLengths(_ bytes: ArraySlice<UInt8>) throws(Undecodable) -> [UInt32] {
    var lengths: [UInt32] = []
    var reader = AttributeReader(bytes)
    while let (_, field) = try reader.next() {
      lengths.append(try Attributes(field, upTo: 1).word(1))
    }
    return lengths
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
