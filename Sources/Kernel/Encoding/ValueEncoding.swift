import Nftables

/// Why a value cannot be written; the encoder adds whose it is.
struct Unencodable: Error {
  let reason: String
  /// The error that it is, where it is not the value's fault.
  var cause: NetlinkError?

  /// Out of memory, the one reason for which libnftnl's calls fail here.
  static let outOfMemory = Unencodable(
    reason: "libnftnl", cause: .systemCall("libnftnl", errno: ErrorNumber.noMemory))

  /// What it is to whoever applies the table.
  func error(at origin: Origin) -> NetlinkError { cause ?? .invalidTable(reason, origin) }
}

/// The bytes of a value, `length` of them, the most significant first or last.
func encodeValue(_ value: UInt128, length: Int, isNetworkOrder: Bool) throws(Unencodable)
  -> [UInt8]
{
  guard length >= 16 || value >> UInt128(8 * length) == 0 else {
    throw Unencodable(reason: "`\(value)` does not fit \(length) bytes")
  }
  let network = Array(value.networkBytes.suffix(length))
  return isNetworkOrder ? network : network.reversed()
}

/// An interface name in the 16 bytes of IFNAMSIZ, the rest zero.
func encodeInterface(_ name: String) throws(Unencodable) -> [UInt8] {
  let bytes = Array(name.utf8)
  guard !bytes.isEmpty, bytes.count < 16 else {
    throw Unencodable(reason: "interface name `\(name)` is not of 1 to 15 bytes")
  }
  return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
}

/// The network mask of a prefix length, `bytes` long.
func encodeMask(prefixLength: Int, bytes: Int) -> [UInt8] {
  (0..<bytes).map { index in
    let bits = min(max(prefixLength - 8 * index, 0), 8)
    return bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xff << (8 - bits))
  }
}

extension DataType {
  /// The byte order that nft notes for a set of this type: 1 the machine's, 2 network, 0 unsaid.
  ///
  /// nft gives `nf_proto` and `inet_proto` none.
  var notedByteOrder: UInt32 {
    switch self {
    case .nfProto, .inetProto: 0
    case .mark, .ctState, .interfaceName, .uid, .packetType: 1
    case .ipv4Address, .ipv6Address, .inetService, .icmpType, .icmpv6Type, .icmpCode, .icmpv6Code:
      2
    }
  }

  /// Length in a concatenation: a multiple of four bytes.
  var paddedLength: Int { (length + 3) & ~3 }
}
