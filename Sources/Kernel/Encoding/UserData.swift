import Nftables

/// The notes that nft keeps with its objects: type, length, value, a byte each for the first two.
///
/// NFTNL_UDATA_*, libnftnl/udata.h. Without the notes as nft itself writes them, `nft list` shows
/// marks and interface names wrongly.
struct UserData {
  private(set) var bytes: [UInt8] = []

  /// A value longer than 255 bytes cannot be held and is a mistake of the caller's.
  mutating func append(_ type: UInt8, _ value: [UInt8]) {
    precondition(value.count <= 255, "user data of more than 255 bytes")
    bytes += [type, UInt8(value.count)] + value
  }

  mutating func append(_ type: UInt8, _ value: UInt32) { append(type, value.hostBytes) }

  /// A comment as every way out of an `Nftables.Table` writes it, with its NUL; nil for an empty one.
  static func text(_ comment: String?) -> [UInt8]? {
    guard let comment, !comment.isEmpty else { return nil }
    return Array(safeComment(comment).utf8) + [0]
  }

  /// The value of the first note of a type; nil where there is none or the bytes are broken.
  static func value(of type: UInt8, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = bytes
    while rest.count >= 2 {
      let noted = rest[rest.startIndex]
      let length = Int(rest[rest.startIndex + 1])
      rest = rest.dropFirst(2)
      guard rest.count >= length else { return nil }
      if noted == type { return rest.prefix(length) }
      rest = rest.dropFirst(length)
    }
    return nil
  }
}
