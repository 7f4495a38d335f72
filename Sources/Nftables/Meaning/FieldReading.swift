import NetworkTypes
import PacketSpace

/// What the matches before it in a rule have left of a packet's kind.
///
/// Fields of a header are bytes at an offset for the kernel: where another header may stand, nobody
/// knows what it reads.
struct Knowledge {
  /// Values of `Dimension.family`.
  var families = IntervalSet<UInt32>([.init(0, 1)])
  /// Values of `Dimension.ipProtocol`.
  var protocols = IntervalSet<UInt32>([.init(0, 255)])

  /// The IP protocols whose header begins with ports.
  static let withPorts = IntervalSet<UInt32>(
    (UInt8.min...UInt8.max).filter { IPProtocol(number: $0).hasPorts }
      .map { .init(UInt32($0), UInt32($0)) })

  /// Whether every such packet has a field.
  func establishes(_ field: Field) -> Bool {
    let needed = field.needed
    return needed.families.map(families.isSubset(of:)) ?? true
      && needed.protocols.map(protocols.isSubset(of:)) ?? true
  }

  mutating func learn(_ values: [Dimension: ValueSet]) {
    if case .narrow(let set) = values[.family] { families = families.intersection(set) }
    if case .narrow(let set) = values[.ipProtocol] { protocols = protocols.intersection(set) }
  }
}

extension Field {
  /// The packets that have the field, as far as the rule itself has to know; nil for any.
  fileprivate var needed: (families: IntervalSet<UInt32>?, protocols: IntervalSet<UInt32>?) {
    let ipv4 = IntervalSet<UInt32>(0)
    let ipv6 = IntervalSet<UInt32>(1)
    func only(_ ipProtocol: IPProtocol) -> IntervalSet<UInt32> {
      IntervalSet(UInt32(ipProtocol.number))
    }
    switch self {
    case .nfProto, .l4Proto, .inputInterface, .outputInterface, .socketUser, .time, .packetType:
      return (nil, nil)
    case .ipv4Source, .ipv4Destination: return (ipv4, nil)
    case .ipv6Source, .ipv6Destination, .ipv6HopLimit: return (ipv6, nil)
    case .tcpDestinationPort: return (nil, only(.tcp))
    case .udpSourcePort, .udpDestinationPort: return (nil, only(.udp))
    case .transportDestinationPort, .originalDestinationPort: return (nil, Knowledge.withPorts)
    case .icmpType, .icmpCode: return (ipv4, only(.icmp))
    case .icmpv6Type, .icmpv6Code: return (ipv6, only(.icmpv6))
    }
  }

  /// Where packets have the field; types and codes of ICMP share one.
  var dimension: Dimension {
    switch self {
    case .nfProto: .family
    case .l4Proto: .ipProtocol
    case .inputInterface: .inputInterface
    case .outputInterface: .outputInterface
    case .socketUser: .user
    case .time: .date
    case .packetType: .packetType
    case .ipv4Source: .source4
    case .ipv4Destination: .destination4
    case .ipv6Source: .source6
    case .ipv6Destination: .destination6
    case .ipv6HopLimit: .hopLimit
    case .tcpDestinationPort, .udpDestinationPort, .transportDestinationPort: .destinationPort
    case .udpSourcePort: .sourcePort
    case .icmpType, .icmpCode, .icmpv6Type, .icmpv6Code: .icmp
    case .originalDestinationPort: .originalPort
    }
  }

  /// The largest value of the dimension of a packet that has the field.
  var largestPresent: UInt128 {
    switch self {
    case .nfProto: 1
    case .l4Proto, .packetType: 255
    case .tcpDestinationPort, .udpDestinationPort, .transportDestinationPort, .udpSourcePort,
      .icmpType, .icmpCode, .icmpv6Type, .icmpv6Code, .originalDestinationPort:
      UInt128(Dimension.noPort - 1)
    case .socketUser: UInt128(Dimension.noUser - 1)
    case .ipv6HopLimit: 1
    case .inputInterface, .outputInterface, .ipv4Source, .ipv4Destination: UInt128(UInt32.max)
    case .ipv6Source, .ipv6Destination, .time: .max
    }
  }

  /// Whether a packet of a kind that has the field may still lack it.
  var mayBeAbsent: Bool { self == .socketUser || self == .originalDestinationPort }

  /// Whether the kernel takes it from conntrack.
  var isOfConnection: Bool { self == .originalDestinationPort }

  /// Appends the values of the dimension that stand for a range of the field's own numbers.
  func appendValues(
    lower: UInt128, upper: UInt128, prefixLength: Int?, to values: inout [ValueRange]
  ) {
    func clipped(_ largest: UInt128) {
      if lower <= largest { values.append(ValueRange(lower, min(upper, largest))) }
    }
    switch self {
    case .nfProto:
      for (family, value) in [(AddressFamily.ipv4, UInt128(0)), (.ipv6, 1)]
      where lower <= UInt128(family.rawValue) && UInt128(family.rawValue) <= upper {
        values.append(ValueRange(value, value))
      }
    case .icmpType, .icmpv6Type:
      if lower <= 255 { values.append(ValueRange(lower << 8, min(upper, 255) << 8 | 255)) }
    case .icmpCode, .icmpv6Code:
      if lower > 255 { break }
      if lower == 0, upper >= 255 {
        values.append(ValueRange(0, largestPresent))
      } else {
        for type in UInt128(0)...255 {
          values.append(ValueRange(type << 8 | lower, type << 8 | min(upper, 255)))
        }
      }
    case .ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination:
      guard let prefixLength else { return values.append(ValueRange(lower, upper)) }
      // The addresses whose bits above the length lie in the range.
      let width = dimension.isWide ? 128 : 32
      let hosts: UInt128 =
        prefixLength == 0
        ? largestPresent : largestPresent & ((UInt128(1) << UInt128(width - prefixLength)) - 1)
      let first = lower & hosts == 0 ? lower : (lower | hosts)
      if first != lower, first == largestPresent { return }
      let start = first == lower ? lower : first + 1
      let end = upper | hosts
      if start <= end, start <= upper { values.append(ValueRange(start, end)) }
    default: clipped(largestPresent)
    }
  }
}

/// A closed range of a dimension's values.
struct ValueRange: Hashable {
  var lower: UInt128
  var upper: UInt128

  init(_ lower: UInt128, _ upper: UInt128) {
    self.lower = lower
    self.upper = upper
  }
}

extension ValueSet {
  init(_ ranges: [ValueRange], in dimension: Dimension) {
    if dimension.isWide {
      self = .wide(IntervalSet(ranges.map { .init($0.lower, $0.upper) }))
    } else {
      self = .narrow(
        IntervalSet(
          ranges.map {
            .init(UInt32(truncatingIfNeeded: $0.lower), UInt32(truncatingIfNeeded: $0.upper))
          }))
    }
  }

  var isEmpty: Bool {
    switch self {
    case .narrow(let set): set.isEmpty
    case .wide(let set): set.isEmpty
    }
  }

  func intersection(_ other: ValueSet) -> ValueSet {
    switch (self, other) {
    case (.narrow(let a), .narrow(let b)): .narrow(a.intersection(b))
    case (.wide(let a), .wide(let b)): .wide(a.intersection(b))
    // A dimension has one width.
    case (.narrow, .wide), (.wide, .narrow): .narrow(IntervalSet())
    }
  }

  /// Everything else up to the largest value of packets that have the field.
  func others(upTo largest: UInt128) -> ValueSet {
    switch self {
    case .narrow(let set):
      .narrow(
        set.complement().intersection(
          IntervalSet([.init(0, UInt32(truncatingIfNeeded: largest))])))
    case .wide(let set):
      .wide(set.complement().intersection(IntervalSet([.init(0, largest)])))
    }
  }
}
