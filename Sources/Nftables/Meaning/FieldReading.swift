import NetworkTypes
import PacketSpace

extension Field {
  /// Whether it is what other fields need to be known of a packet.
  var tellsKinds: Bool { self == .nfProto || self == .l4Proto }

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

  /// The address that it is; nil of another field.
  var addressSide: AddressSide? {
    switch self {
    case .ipv4Source, .ipv6Source: .source
    case .ipv4Destination, .ipv6Destination: .destination
    default: nil
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
