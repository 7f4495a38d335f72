/// Why a part of the kernel's ruleset cannot be said in the IR; whoever decodes adds where it is.
struct Undecodable: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }

  /// Bytes that do not add up.
  static let malformed = Undecodable("is not well-formed")
}

/// Netlink attributes one after the other, in the order of the bytes.
///
/// For lists; a step takes constant time and no memory of its own.
struct AttributeReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next attribute, its type without the nesting flags; nil at the end.
  mutating func next() throws(Undecodable) -> (type: UInt16, value: ArraySlice<UInt8>)? {
    if rest.isEmpty { return nil }
    guard let head = rest.host32(at: 0) else { throw .malformed }
    let length = Int(head & 0xffff)
    guard length >= 4, length <= rest.count else { throw .malformed }
    let value = rest.dropFirst(4).prefix(length - 4)
    rest = rest.dropFirst((length + 3) & ~3)
    return (UInt16(truncatingIfNeeded: head >> 16) & 0x3fff, value)
  }
}

/// The attributes of one object, each of which may stand once.
///
/// An attribute that is not known may say anything, so it is an error. Numbers are in network order.
struct Attributes {
  private var found: [(type: UInt16, value: ArraySlice<UInt8>)] = []

  init(_ bytes: ArraySlice<UInt8>, upTo limit: UInt16) throws(Undecodable) {
    var reader = AttributeReader(bytes)
    while let (type, value) = try reader.next() {
      guard (1...limit).contains(type) else {
        throw Undecodable("has attribute \(type), which is not known")
      }
      guard self[type] == nil else { throw .malformed }
      found.append((type, value))
    }
  }

  subscript(type: UInt16) -> ArraySlice<UInt8>? {
    found.first { $0.type == type }?.value
  }

  func bytes(_ type: UInt16) throws(Undecodable) -> ArraySlice<UInt8> {
    guard let value = self[type] else { throw .malformed }
    return value
  }

  /// A number of exactly so many bytes; nil where there is none.
  func number(_ type: UInt16, bytes: Int) throws(Undecodable) -> UInt64? {
    guard let value = self[type] else { return nil }
    guard value.count == bytes, let number = value.networkNumber else { throw .malformed }
    return number
  }

  func word(_ type: UInt16) throws(Undecodable) -> UInt32 {
    guard let number = try optionalWord(type) else { throw .malformed }
    return number
  }

  func optionalWord(_ type: UInt16) throws(Undecodable) -> UInt32? {
    try number(type, bytes: 4).map { UInt32(truncatingIfNeeded: $0) }
  }

  func doubleWord(_ type: UInt16) throws(Undecodable) -> UInt64 {
    guard let number = try number(type, bytes: 8) else { throw .malformed }
    return number
  }

  /// A text with its terminating NUL, which need not be there.
  func text(_ type: UInt16) throws(Undecodable) -> String {
    guard let text = try optionalText(type) else { throw .malformed }
    return text
  }

  func optionalText(_ type: UInt16) throws(Undecodable) -> String? {
    guard let value = self[type] else { return nil }
    let end = value.firstIndex(of: 0) ?? value.endIndex
    guard value[end...].count <= 1 || value[end...].allSatisfy({ $0 == 0 }),
      let text = String(validating: value[..<end], as: UTF8.self)
    else { throw .malformed }
    return text
  }

  /// Refuses attributes that would make the object another than the one that is known.
  func refuse(_ types: [UInt16: String]) throws(Undecodable) {
    for (type, _) in found {
      if let meaning = types[type] { throw Undecodable(meaning) }
    }
  }
}

extension UserData {
  /// The comment among an object's notes; a comment is text for people, so broken bytes are mended.
  static func comment(_ type: UInt8, in notes: ArraySlice<UInt8>?) -> String? {
    guard let notes, let value = value(of: type, in: notes) else { return nil }
    return String(decoding: value.prefix { $0 != 0 }, as: UTF8.self)
  }
}
