package import NetworkTypes

/// A named set or map.
package struct NamedSet: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case set
    /// nftables: `type KEY : verdict`.
    case verdictMap
    /// nftables: `type KEY : counter`.
    ///
    /// An object map: elements name counters of the table.
    case counterMap
  }

  package var name: String
  package var kind: Kind
  /// One type, or several of a concatenation.
  package var key: [DataType]
  /// nftables: `flags interval`.
  ///
  /// Elements are ranges.
  package var isInterval: Bool
  /// nftables: `flags dynamic`.
  ///
  /// Filled from the packet path; declared without elements.
  package var isDynamic: Bool
  /// nftables: `timeout`.
  ///
  /// How long an element stays that brings no time of its own; whole seconds.
  package var timeoutSeconds: UInt64?
  /// nftables: `flags timeout`.
  ///
  /// Elements may expire.
  package var hasTimeouts: Bool
  /// nftables: `size`.
  package var size: UInt32?
  package var elements: Elements
  package var comment: String?
  package var origin: Origin

  package init(
    name: String, kind: Kind, key: [DataType], isInterval: Bool = false, isDynamic: Bool = false,
    timeoutSeconds: UInt64? = nil, hasTimeouts: Bool = false, size: UInt32? = nil,
    elements: Elements, comment: String? = nil, origin: Origin
  ) {
    self.name = name
    self.kind = kind
    self.key = key
    self.isInterval = isInterval
    self.isDynamic = isDynamic
    self.timeoutSeconds = timeoutSeconds
    self.hasTimeouts = hasTimeouts || timeoutSeconds != nil
    self.size = size
    self.elements = elements
    self.comment = comment
    self.origin = origin
  }
}

extension NamedSet {
  /// Whether the administrator fills it while it is in force: what it holds is no part of the table.
  ///
  /// Elements that may expire are in no set whose content is the table's own.
  package var isFilledAtRunTime: Bool { kind == .set && hasTimeouts && !isDynamic }
}

/// The elements of a set or map, in the order in which they are written; never overlapping.
package enum Elements: Hashable, Sendable {
  case none
  /// A set of `ipv4_addr` intervals; the bulk form, no object per element.
  case ipv4(IntervalSet<UInt32>)
  /// A set of `ipv6_addr` intervals; the bulk form.
  case ipv6(IntervalSet<UInt128>)
  /// Anything else: concatenations, interface names, maps.
  case tuples([Element])

  package var isEmpty: Bool {
    switch self {
    case .none: true
    case .ipv4(let set): set.isEmpty
    case .ipv6(let set): set.isEmpty
    case .tuples(let elements): elements.isEmpty
    }
  }
}

/// One element: a value or range per type of the key, and what a map answers.
package struct Element: Hashable, Sendable {
  package var key: [ElementField]
  package var verdict: Verdict?
  /// The counter that a counter map names.
  package var counter: String?

  package init(_ key: [ElementField], _ verdict: Verdict? = nil) {
    self.key = key
    self.verdict = verdict
  }

  package init(_ key: [ElementField], counter: String) {
    self.key = key
    self.counter = counter
  }
}

package enum ElementField: Hashable, Sendable {
  /// A closed range of numbers, in host byte order; a single value has equal ends.
  case range(UInt128, UInt128)
  /// An exact interface name.
  case interface(String)

  package static func value(_ value: some BinaryInteger) -> ElementField {
    .range(UInt128(value), UInt128(value))
  }
}

/// The type of a set's key or of a field.
///
/// Raw values are nft's own numbers, enum datatypes in nft's include/datatype.h; they go into set
/// declarations and user data.
package enum DataType: UInt32, Hashable, Sendable, CaseIterable {
  case nfProto = 2
  case ipv4Address = 7
  case ipv6Address = 8
  case inetProto = 12
  case inetService = 13
  case icmpType = 14
  case mark = 19
  case ctState = 26
  case icmpv6Type = 29
  case icmpCode = 32
  case icmpv6Code = 33
  case interfaceName = 41
  case uid = 24
  case packetType = 31

  /// As written after `type`.
  package var name: String {
    switch self {
    case .nfProto: "nf_proto"
    case .ipv4Address: "ipv4_addr"
    case .ipv6Address: "ipv6_addr"
    case .inetProto: "inet_proto"
    case .inetService: "inet_service"
    case .icmpType: "icmp_type"
    case .mark: "mark"
    case .ctState: "ct_state"
    case .icmpv6Type: "icmpv6_type"
    case .icmpCode: "icmp_code"
    case .icmpv6Code: "icmpv6_code"
    case .interfaceName: "ifname"
    case .uid: "uid"
    case .packetType: "pkt_type"
    }
  }

  /// Length of a value in bytes; in a concatenation each is padded to a multiple of four.
  package var length: Int {
    switch self {
    case .nfProto, .inetProto, .icmpType, .icmpv6Type, .icmpCode, .icmpv6Code, .packetType: 1
    case .inetService: 2
    case .ipv4Address, .mark, .ctState, .uid: 4
    case .ipv6Address, .interfaceName: 16
    }
  }

  /// Whether values stand in network byte order; the others are in the machine's.
  package var isBigEndian: Bool {
    switch self {
    case .ipv4Address, .ipv6Address, .inetProto, .inetService, .icmpType, .icmpv6Type, .icmpCode,
      .icmpv6Code:
      true
    case .nfProto, .mark, .ctState, .interfaceName, .uid, .packetType: false
    }
  }
}
