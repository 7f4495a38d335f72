/// One thing that tells packets apart; raw values are the variable order of every diagram.
///
/// Values are unsigned numbers: 128 bits wide where `isWide`, else 32. A packet that lacks a field
/// has the value `none` of that dimension. The order puts what large lists speak of (addresses)
/// above what few values are told apart by (state, service), so that a list of a million prefixes
/// is one node whose edges share a handful of children, whatever else the rules look at.
package struct Dimension: RawRepresentable, Hashable, Comparable, Sendable {
  package let rawValue: UInt16

  @inlinable
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  @inlinable
  package static func < (a: Dimension, b: Dimension) -> Bool { a.rawValue < b.rawValue }

  /// `PathValue`.
  package static let path = Dimension(rawValue: 0)
  /// 0 IPv4, 1 IPv6.
  package static let family = Dimension(rawValue: 1)
  /// A class of `InterfaceClasses`.
  package static let inputInterface = Dimension(rawValue: 2)
  /// Addresses are integers in host byte order; those of the other family do not exist.
  package static let source4 = Dimension(rawValue: 3)
  package static let destination4 = Dimension(rawValue: 4)
  package static let source6 = Dimension(rawValue: 5)
  package static let destination6 = Dimension(rawValue: 6)
  package static let outputInterface = Dimension(rawValue: 7)
  /// `StateValue`.
  package static let state = Dimension(rawValue: 8)
  /// 0…255: ICMP over IPv6 and protocol 58 over IPv4 exist.
  package static let ipProtocol = Dimension(rawValue: 9)
  /// 0…65535, or `noPort`.
  package static let destinationPort = Dimension(rawValue: 10)
  package static let sourcePort = Dimension(rawValue: 11)
  /// `type << 8 | code` of protocol 1 over IPv4 and 58 over IPv6, or `noPort`.
  package static let icmp = Dimension(rawValue: 12)
  /// 1 where the hop limit is 255, else 0.
  package static let hopLimit = Dimension(rawValue: 13)
  /// nftables: `meta pkttype`: 0 to this host, 1 broadcast, 2 multicast.
  package static let packetType = Dimension(rawValue: 14)
  /// Who created the sending socket, or `noUser`.
  package static let user = Dimension(rawValue: 15)
  /// The destination port before NAT, or `noPort` where conntrack knows none.
  package static let originalPort = Dimension(rawValue: 16)
  /// 0 where the route back to the source leaves by the input interface, 1 where it does not.
  package static let reversePath = Dimension(rawValue: 17)
  /// Seconds since the epoch; wide.
  package static let date = Dimension(rawValue: 18)

  /// Whether one of the packet's addresses is in the n-th network that is filled at run time: 1 or 0;
  /// `index` is below `maximumNetworks`.
  ///
  /// A packet has addresses of one family, and a network is asked of one end for each, so this is
  /// every content that its sets of either family can have.
  package static func member(_ side: AddressSide, ofNetwork index: Int) -> Dimension {
    precondition(0..<maximumNetworks ~= index, "networks are counted before they are numbered")
    return Dimension(rawValue: firstNetwork + 2 * UInt16(index) + (side == .source ? 0 : 1))
  }

  /// How many networks can be told apart that are filled at run time; whoever numbers them refuses
  /// more.
  package static let maximumNetworks = 64

  private static let firstNetwork: UInt16 = 32

  /// Nil where the dimension is no network's.
  package var networkMembership: (side: AddressSide, index: Int)? {
    guard rawValue >= Self.firstNetwork, rawValue < Self.firstLimiter else { return nil }
    let place = rawValue - Self.firstNetwork
    return (place % 2 == 0 ? .source : .destination, Int(place / 2))
  }

  /// What the n-th limiter says: `LimiterValue`; `index` is below `maximumLimiters`.
  package static func limiter(_ index: Int) -> Dimension {
    precondition(0..<maximumLimiters ~= index, "limiters are counted before they are numbered")
    return Dimension(rawValue: firstLimiter + UInt16(index))
  }

  /// How many limiters can be told apart; whoever numbers them refuses more.
  ///
  /// Operations recur once for each dimension, so it is the stack that sets the limit: a debug build
  /// takes up to 4 kB a level.
  package static let maximumLimiters = 1024

  private static let firstLimiter = firstNetwork + 2 * UInt16(maximumNetworks)

  /// Nil where the dimension is no limiter's.
  package var limiterIndex: Int? {
    rawValue >= Self.firstLimiter ? Int(rawValue - Self.firstLimiter) : nil
  }

  /// Whether values have 128 bits.
  @inlinable
  package var isWide: Bool { rawValue == 5 || rawValue == 6 || rawValue == 18 }

  package static let noPort: UInt32 = 65536
  /// The kernel's own invalid user id.
  package static let noUser: UInt32 = .max
}

/// One of a packet's two addresses.
package enum AddressSide: String, Hashable, Sendable, CaseIterable {
  case source
  case destination
}

/// Where a packet passes: values of `Dimension.path`.
package enum PathValue: UInt32, Hashable, Sendable, CaseIterable {
  /// prerouting, then input.
  case inbound = 0
  /// prerouting, then forward.
  case forward = 1
  /// output.
  case outbound = 2
}

/// What conntrack says: values of `Dimension.state`.
package enum StateValue: UInt32, Hashable, Sendable, CaseIterable {
  case new = 0
  case established = 1
  case related = 2
  case invalid = 3
  case untracked = 4
}

/// What a limiter says to a packet: values of `Dimension.limiter`.
package enum LimiterValue: UInt32, Hashable, Sendable, CaseIterable {
  case room = 0
  case over = 1
  /// Of a limiter per source: its table has no place for this one.
  case full = 2
}
