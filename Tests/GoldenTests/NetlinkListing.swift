import Compiler

/// A batch of netlink messages as text: each headed by what it is, its bytes sixteen a line.
///
/// Without `struct nlmsghdr`, whose parts the heading says: type, flags and length. Sequence numbers
/// and ports are not shown, so that a new message does not change the lines of all after it; one that
/// is out of sequence is marked. Of a long message of elements only the beginning is shown, and the
/// digest of all.
struct NetlinkListing {
  private(set) var text = ""

  /// More of a message of elements than this many bytes is cut.
  private static let longest = 512
  private static let shown = 256

  init(_ batch: [UInt8]) {
    var rest = batch[...]
    var index: UInt32 = 0
    while rest.count >= 16 {
      let length = Int(Self.host32(rest, 0))
      guard length >= 20, length <= rest.count else { break }
      add(Array(rest.prefix(length)), index: index)
      rest = rest.dropFirst((length + 3) & ~3)
      index += 1
    }
    if !rest.isEmpty { text += "trailing bytes: \(rest.count)\n" }
  }

  private mutating func add(_ message: [UInt8], index: UInt32) {
    let kind = Self.host32(message[...], 4)
    let type = UInt16(truncatingIfNeeded: kind)
    var heading = Self.names[type] ?? "type \(type)"
    if let name = Self.name(of: type, in: message[...]) { heading += " \(name)" }
    heading += Self.flags(UInt16(truncatingIfNeeded: kind >> 16))
    heading += ", \(message.count) bytes"
    if Self.host32(message[...], 8) != index { heading += ", OUT OF SEQUENCE" }
    if Self.host32(message[...], 12) != 0 { heading += ", OF A PORT" }
    text += heading + "\n"
    let body = message.dropFirst(16)
    guard type == Self.newSetElement, body.count > Self.longest else {
      dump(body)
      return
    }
    dump(body.prefix(Self.shown))
    text +=
      "  … \(body.count - Self.shown) bytes more; sha256 of all "
      + SHA256.hexadecimal(of: Array(body)) + "\n"
  }

  private mutating func dump(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while !rest.isEmpty {
      let row = rest.prefix(16)
      rest = rest.dropFirst(16)
      var words = ""
      for (index, byte) in row.enumerated() {
        words += index > 0 && index % 4 == 0 ? " " : ""
        words += (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      words += String(repeating: " ", count: 35 - words.utf8.count)
      let characters = row.map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: ".") }
      text += "  \(words)  |\(String(decoding: characters, as: UTF8.self))|\n"
    }
  }

  // MARK: What a message is

  /// NFT_MSG_NEWSETELEM of NFNL_SUBSYS_NFTABLES.
  private static let newSetElement: UInt16 = 0x0a0c

  /// NFNL_MSG_BATCH_*, linux/netfilter/nfnetlink.h; NFT_MSG_*, linux/netfilter/nf_tables.h.
  private static let names: [UInt16: String] = [
    0x0010: "BATCH_BEGIN", 0x0011: "BATCH_END", 0x0a00: "NEWTABLE", 0x0a02: "DELTABLE",
    0x0a03: "NEWCHAIN", 0x0a06: "NEWRULE", 0x0a09: "NEWSET", 0x0a0c: "NEWSETELEM",
    0x0a12: "NEWOBJ",
  ]

  /// The attribute that names the object, or the chain or set that it goes into.
  private static func name(of type: UInt16, in message: ArraySlice<UInt8>) -> String? {
    let wanted: UInt16
    switch type {
    case 0x0a00, 0x0a02: wanted = 1
    case 0x0a03: wanted = 3
    case 0x0a06, 0x0a09, 0x0a0c, 0x0a12: wanted = 2
    default: return nil
    }
    var rest = message.dropFirst(20)
    while rest.count >= 4 {
      let head = host32(rest, 0)
      let length = Int(head & 0xffff)
      guard length >= 4, length <= rest.count else { return nil }
      if UInt16(truncatingIfNeeded: head >> 16) & 0x3fff == wanted {
        return String(
          decoding: rest.dropFirst(4).prefix(length - 4).prefix { $0 != 0 }, as: UTF8.self)
      }
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return nil
  }

  /// NLM_F_*, linux/netlink.h; every message of ours is a request.
  private static func flags(_ flags: UInt16) -> String {
    let named: [(UInt16, String)] = [
      (0x4, " ack"), (0x100, " replace"), (0x200, " excl"), (0x400, " create"), (0x800, " append"),
    ]
    let rest = named.reduce(flags & ~1) { $0 & ~$1.0 }
    return named.filter { flags & $0.0 != 0 }.map(\.1).joined()
      + (flags & 1 == 0 ? " NO REQUEST" : "") + (rest == 0 ? "" : " flags \(rest)")
  }

  private static func host32(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
    let start = bytes.startIndex + offset
    return (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
  }
}
