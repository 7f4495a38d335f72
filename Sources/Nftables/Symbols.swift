import NetworkTypes

/// The words that nft knows for numbers of a type, where every version knows them.
///
/// Protocols are only those that nft's own grammar has as keywords: other names are read from
/// /etc/protocols, which a machine may lack.
func symbol(of value: UInt128, as type: DataType) -> String? {
  guard let number = UInt8(exactly: value) else { return nil }
  switch type {
  case .nfProto: return [2: "ipv4", 10: "ipv6"][number]
  case .inetProto:
    switch number {
    case 1: return "icmp"
    case 2: return "igmp"
    case 6: return "tcp"
    case 17: return "udp"
    case 33: return "dccp"
    case 50: return "esp"
    case 51: return "ah"
    case 58: return "icmpv6"
    case 132: return "sctp"
    case 136: return "udplite"
    default: return nil
    }
  case .packetType: return [1: "broadcast", 2: "multicast"][number]
  case .icmpType: return icmpTypes[number]
  case .icmpv6Type: return icmpv6Types[number]
  case .ipv4Address, .ipv6Address, .inetService, .mark, .ctState, .icmpCode, .icmpv6Code,
    .interfaceName, .uid:
    return nil
  }
}

private let icmpTypes: [UInt8: String] = [
  0: "echo-reply", 3: "destination-unreachable", 4: "source-quench", 5: "redirect",
  8: "echo-request", 9: "router-advertisement", 10: "router-solicitation", 11: "time-exceeded",
  12: "parameter-problem", 13: "timestamp-request", 14: "timestamp-reply",
]

private let icmpv6Types: [UInt8: String] = [
  1: "destination-unreachable", 2: "packet-too-big", 3: "time-exceeded", 4: "parameter-problem",
  128: "echo-request", 129: "echo-reply", 130: "mld-listener-query", 131: "mld-listener-report",
  132: "mld-listener-done", 133: "nd-router-solicit", 134: "nd-router-advert",
  135: "nd-neighbor-solicit", 136: "nd-neighbor-advert", 137: "nd-redirect",
  143: "mld2-listener-report",
]

/// A name with everything that nft's identifiers cannot hold replaced by `_`.
///
/// `validate` refuses such names; this keeps them from reaching the grammar all the same.
func safeName(_ name: String) -> String {
  if isLegalName(name) { return name }
  var bytes = name.utf8.prefix(nameLimit).map { isNameByte($0) ? $0 : UInt8(ascii: "_") }
  if bytes.first.map(isNameStart) != true { bytes.insert(UInt8(ascii: "_"), at: 0) }
  return String(decoding: bytes, as: UTF8.self)
}

/// NFT_NAME_MAXLEN of linux/netfilter/nf_tables.h, without its end.
let nameLimit = 255

func isLegalName(_ name: String) -> Bool {
  guard let first = name.utf8.first, name.utf8.count <= nameLimit else { return false }
  return isNameStart(first) && name.utf8.allSatisfy(isNameByte)
}

private func isNameStart(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "_"):
    true
  default: false
  }
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): true
  default: isNameStart(byte)
  }
}

/// The conntrack states in the order in which nft lists them.
func listingOrder(_ states: Set<ConntrackState>) -> [ConntrackState] {
  let order: [ConntrackState] = [.invalid, .new, .established, .related, .untracked]
  return order.filter { states.contains($0) }
}

/// The mask that keeps the first bits of an address; nil when every bit is kept.
func mask(prefixLength: Int?, of type: DataType) -> UInt128? {
  guard let prefixLength else { return nil }
  switch type {
  case .ipv4Address where prefixLength >= 0 && prefixLength < 32:
    return UInt128(UInt32.max &- Prefix<UInt32>.hostMask(length: prefixLength))
  case .ipv6Address where prefixLength >= 0 && prefixLength < 128:
    return UInt128.max &- Prefix<UInt128>.hostMask(length: prefixLength)
  default: return nil
  }
}
