import Nftables

/// What the rule has established of its packets before a statement.
///
/// Fields of different headers are the same bytes to the kernel: only what the rule has matched says
/// which of them is meant. Where it has not, the field that may be of any protocol is meant, or none.
struct EstablishedKind {
  var family: UInt64?
  var ipProtocol: UInt64?

  mutating func learn(_ statement: Statement) {
    switch statement {
    case .compare(.nfProto, .equal, let value): family = value
    case .compare(.l4Proto, .equal, let value): ipProtocol = value
    default: break
    }
  }

  /// The field of a source that is `length` bytes long.
  func field(_ source: FieldSource) throws(Undecodable) -> Field {
    guard let field = Field.allCases.first(where: { $0.source == source && admits($0) }) else {
      throw Undecodable("reads \(description(of: source)), which is not known")
    }
    return field
  }

  /// The fields whose bytes, one behind the other, are loaded at once.
  ///
  /// nft merges comparisons of neighbouring fields of the transport header.
  func neighbours(offset: UInt32, length: UInt32) -> [Field]? {
    let first: FieldSource
    let second: FieldSource
    switch (offset, length) {
    case (0, 2):
      first = .payload(base: 2, offset: 0, length: 1)
      second = .payload(base: 2, offset: 1, length: 1)
    case (0, 4):
      first = .payload(base: 2, offset: 0, length: 2)
      second = .payload(base: 2, offset: 2, length: 2)
    default: return nil
    }
    guard let first = try? field(first), let second = try? field(second) else { return nil }
    return [first, second]
  }

  /// Whether the field may be meant by its bytes.
  private func admits(_ field: Field) -> Bool {
    switch field {
    case .ipv4Source, .ipv4Destination: family != 10
    case .ipv6Source, .ipv6Destination, .ipv6HopLimit: family != 2
    case .tcpDestinationPort: ipProtocol == 6
    case .udpSourcePort, .udpDestinationPort: ipProtocol == 17
    case .icmpType, .icmpCode: ipProtocol == 1
    case .icmpv6Type, .icmpv6Code: ipProtocol == 58
    case .nfProto, .l4Proto, .inputInterface, .outputInterface, .socketUser, .time, .packetType,
      .transportDestinationPort, .originalDestinationPort:
      true
    }
  }

  /// An address of which the first bytes are loaded, and its length in bytes.
  func address(offset: UInt32, length: UInt32) -> (field: Field, length: Int)? {
    for field: Field in [.ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination] {
      if case .payload(1, offset, let whole) = field.source, (1...whole).contains(length),
        admits(field)
      {
        return (field, Int(whole))
      }
    }
    return nil
  }

  private func description(of source: FieldSource) -> String {
    switch source {
    case .meta(let key): return "`meta` key \(key)"
    case .conntrack(let key, _): return "`ct` key \(key)"
    case .payload(let base, let offset, let length):
      let header = base == 1 ? "network" : "transport"
      return "\(length) bytes at offset \(offset) of the \(header) header"
    }
  }
}
