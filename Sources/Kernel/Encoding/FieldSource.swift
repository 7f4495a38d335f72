import Nftables

/// Where the kernel loads a field from.
enum FieldSource: Equatable {
  /// enum nft_meta_keys.
  case meta(key: UInt32)
  /// enum nft_payload_bases (1 network, 2 transport); offset and length in bytes.
  case payload(base: UInt32, offset: UInt32, length: UInt32)
  /// enum nft_ct_keys; a direction (0 original) where the key has one.
  case conntrack(key: UInt32, direction: UInt8?)
}

extension Field {
  var source: FieldSource {
    switch self {
    case .nfProto: .meta(key: 15)
    case .l4Proto: .meta(key: 16)
    case .inputInterface: .meta(key: 6)
    case .outputInterface: .meta(key: 7)
    case .socketUser: .meta(key: 10)
    case .time: .meta(key: 30)
    case .packetType: .meta(key: 19)
    case .ipv4Source: .payload(base: 1, offset: 12, length: 4)
    case .ipv4Destination: .payload(base: 1, offset: 16, length: 4)
    case .ipv6Source: .payload(base: 1, offset: 8, length: 16)
    case .ipv6Destination: .payload(base: 1, offset: 24, length: 16)
    case .ipv6HopLimit: .payload(base: 1, offset: 7, length: 1)
    case .tcpDestinationPort, .udpDestinationPort, .transportDestinationPort:
      .payload(base: 2, offset: 2, length: 2)
    case .udpSourcePort: .payload(base: 2, offset: 0, length: 2)
    case .icmpType, .icmpv6Type: .payload(base: 2, offset: 0, length: 1)
    case .icmpCode, .icmpv6Code: .payload(base: 2, offset: 1, length: 1)
    case .originalDestinationPort: .conntrack(key: 12, direction: 0)
    }
  }

  /// Length of a value in bytes; of time, whose data type stands for another, eight.
  var length: Int {
    switch self {
    case .time: 8
    default: dataType.length
    }
  }

  /// Whether what the kernel loads is in the machine's byte order.
  ///
  /// A meta field is, whatever its data type says: nft notes `meta l4proto` as host order.
  var isHostOrder: Bool {
    if case .meta = source { true } else { false }
  }

  var isInterface: Bool { dataType == .interfaceName }

  /// The number of its type as the key of an anonymous set.
  var keyType: UInt32 {
    switch self {
    case .time: 43  // TYPE_TIME_DATE, nft's include/datatype.h.
    case .ipv6HopLimit: 4  // TYPE_INTEGER
    default: dataType.rawValue
    }
  }

  /// nft's note of the expression that an anonymous set was written behind.
  ///
  /// NFTNL_UDATA_SET_KEY_TYPEOF: the kind of expression (9 meta, 7 payload, 12 ct) and, nested, what
  /// it loads. The protocol and field numbers are nft's own: enum proto_desc_id and the header
  /// enumerations of its include/proto.h.
  var typeOf: [UInt8] {
    var inner = UserData()
    let expression: UInt32
    switch source {
    case .meta(let key):
      expression = 9
      inner.append(0, key)
    case .conntrack(let key, let direction):
      expression = 12
      inner.append(0, key)
      if let direction { inner.append(1, UInt32(direction)) }
    case .payload:
      expression = 7
      let (header, field) = headerField
      inner.append(0, header)
      inner.append(1, field)
      // A field of no type of its own also has its length in bits.
      if self == .ipv6HopLimit { inner.append(4, UInt32(8)) }
    }
    var outer = UserData()
    outer.append(0, expression)
    outer.append(1, inner.bytes)
    return outer.bytes
  }

  private var headerField: (header: UInt32, field: UInt32) {
    switch self {
    case .icmpType: (4, 1)
    case .icmpCode: (4, 2)
    case .udpSourcePort: (6, 1)
    case .udpDestinationPort: (6, 2)
    case .tcpDestinationPort: (8, 2)
    case .transportDestinationPort: (11, 2)
    case .ipv4Source: (12, 11)
    case .ipv4Destination: (12, 12)
    case .ipv6HopLimit: (13, 7)
    case .ipv6Source: (13, 8)
    case .ipv6Destination: (13, 9)
    case .icmpv6Type: (14, 1)
    case .icmpv6Code: (14, 2)
    case .nfProto, .l4Proto, .inputInterface, .outputInterface, .socketUser, .time, .packetType,
      .originalDestinationPort:
      (0, 0)
    }
  }
}
