import NetworkTypes
import PacketSpace

/// What the matches before it in a rule have left of a packet's kind.
///
/// Fields of a header are bytes at an offset for the kernel: where another header may stand, nobody
/// knows what it reads.
struct Knowledge {
  /// A bit for each value of `Dimension.family`.
  private var families: UInt8
  private var protocols: ProtocolSet

  static let all = Knowledge(families: 0b11, protocols: .all)
  static let none = Knowledge(families: 0, protocols: .none)

  init(families: UInt8, protocols: ProtocolSet) {
    self.families = families
    self.protocols = protocols
  }

  /// Whether no packet is left.
  var isEmpty: Bool { families == 0 || protocols.isEmpty }

  /// Whether every such packet has a field.
  func establishes(_ field: Field) -> Bool {
    let needed = field.needed
    return families & ~needed.families == 0 && protocols.isSubset(of: needed.protocols)
  }

  /// Whether every such packet is of one protocol.
  func isOnly(_ ipProtocol: UInt8) -> Bool { protocols.isSubset(of: ProtocolSet(ipProtocol)) }

  mutating func learn(_ values: [Dimension: ValueSet]) {
    if case .narrow(let set) = values[.family] {
      learn(.family, set.intervals.lazy.map { ValueRange(UInt128($0.lower), UInt128($0.upper)) })
    }
    if case .narrow(let set) = values[.ipProtocol] {
      learn(
        .ipProtocol, set.intervals.lazy.map { ValueRange(UInt128($0.lower), UInt128($0.upper)) })
    }
  }

  /// The value of a dimension is in one of some ranges.
  mutating func learn(_ dimension: Dimension, _ ranges: some Sequence<ValueRange>) {
    switch dimension {
    case .family:
      var found: UInt8 = 0
      for range in ranges {
        if range.lower == 0 { found |= 0b01 }
        if range.lower <= 1, range.upper >= 1 { found |= 0b10 }
      }
      families &= found
    case .ipProtocol:
      var found = ProtocolSet.none
      for range in ranges { found.insert(range) }
      protocols = protocols.intersection(found)
    default: break
    }
  }

  func intersection(_ other: Knowledge) -> Knowledge {
    Knowledge(
      families: families & other.families, protocols: protocols.intersection(other.protocols))
  }

  func union(_ other: Knowledge) -> Knowledge {
    Knowledge(families: families | other.families, protocols: protocols.union(other.protocols))
  }
}

/// A set of IP protocol numbers, a bit for each.
struct ProtocolSet: Hashable, Sendable {
  private var low: UInt128
  private var high: UInt128

  static let all = ProtocolSet(low: .max, high: .max)
  static let none = ProtocolSet(low: 0, high: 0)
  /// Those whose header begins with ports.
  static let withPorts: ProtocolSet = {
    var set = ProtocolSet.none
    for number in UInt8.min...UInt8.max where IPProtocol(number: number).hasPorts {
      set = set.union(ProtocolSet(number))
    }
    return set
  }()

  private init(low: UInt128, high: UInt128) {
    self.low = low
    self.high = high
  }

  init(_ number: UInt8) {
    let bit = UInt128(1) << UInt128(number & 127)
    self.init(low: number < 128 ? bit : 0, high: number < 128 ? 0 : bit)
  }

  var isEmpty: Bool { low == 0 && high == 0 }

  mutating func insert(_ range: ValueRange) {
    if range.lower == range.upper, let number = UInt8(exactly: range.lower) {
      return self = union(ProtocolSet(number))
    }
    var number = range.lower
    while number <= range.upper, let protocolNumber = UInt8(exactly: number) {
      self = union(ProtocolSet(protocolNumber))
      number += 1
    }
  }

  func isSubset(of other: ProtocolSet) -> Bool { low & ~other.low == 0 && high & ~other.high == 0 }

  func intersection(_ other: ProtocolSet) -> ProtocolSet {
    ProtocolSet(low: low & other.low, high: high & other.high)
  }

  func union(_ other: ProtocolSet) -> ProtocolSet {
    ProtocolSet(low: low | other.low, high: high | other.high)
  }
}

extension Field {
  /// The packets that have the field, as far as the rule itself has to know.
  fileprivate var needed: (families: UInt8, protocols: ProtocolSet) {
    let ipv4: UInt8 = 0b01
    let ipv6: UInt8 = 0b10
    let either = ipv4 | ipv6
    switch self {
    case .nfProto, .l4Proto, .inputInterface, .outputInterface, .socketUser, .time, .packetType:
      return (either, .all)
    case .ipv4Source, .ipv4Destination: return (ipv4, .all)
    case .ipv6Source, .ipv6Destination, .ipv6HopLimit: return (ipv6, .all)
    case .tcpDestinationPort: return (either, ProtocolSet(IPProtocol.tcp.number))
    case .udpSourcePort, .udpDestinationPort: return (either, ProtocolSet(IPProtocol.udp.number))
    case .transportDestinationPort, .originalDestinationPort: return (either, .withPorts)
    case .icmpType, .icmpCode: return (ipv4, ProtocolSet(IPProtocol.icmp.number))
    case .icmpv6Type, .icmpv6Code: return (ipv6, ProtocolSet(IPProtocol.icmpv6.number))
    }
  }
}
