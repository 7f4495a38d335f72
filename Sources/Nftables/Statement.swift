package import NetworkTypes

/// One statement of a rule.
///
/// A match that fails, or a field that the packet does not have, ends the rule; anything else has
/// its effect and goes on to the next statement.
///
/// Dependencies (`meta nfproto`, `meta l4proto`) are statements of their own, never implied.
package enum Statement: Hashable, Sendable {
  /// `FIELD OPERATOR VALUE`, the value in host byte order.
  case compare(Field, Comparison, UInt64)
  /// `ip saddr 192.0.2.0/28`, and the like for IPv6; negated with `!=`.
  ///
  /// A full-length prefix is a single address.
  case comparePrefix(Field, isNegated: Bool, AddressPrefix)
  /// `iifname "eth0"`, `iifname "bng*"`.
  case compareInterface(Field, isNegated: Bool, name: String, isWildcard: Bool)
  /// `FIELD { a, b }`: an anonymous set of at least two single values, sorted.
  case compareAny(Field, isNegated: Bool, [UInt64])
  /// `ct state established,related`: any of the bits is set.
  case ctState(Set<ConntrackState>)
  /// `ct state vmap { established : accept, … }`, in the order given.
  case ctStateMap([ConntrackStateVerdict])
  /// `KEY @set`.
  case lookup(Key, isNegated: Bool, set: String)
  /// `KEY vmap @map`.
  case verdictMap(Key, map: String)
  /// `fib saddr . iif oif missing` or `exists`: the route back to the source does not, or does, leave
  /// by the interface that the packet came in by.
  case reversePath(isMissing: Bool)
  /// `counter name "x"`.
  case counter(String)
  /// `counter name KEY map @map`: counts with the counter that the map has for the key; a packet that
  /// the map does not hold ends the rule.
  case counterMap(Key, map: String)
  /// `limit rate 10/second burst 20 packets`: goes on while under the rate.
  case limit(RateLimit)
  /// `log prefix "…"`, to the kernel log or an nfnetlink group.
  case log(prefix: String, group: UInt16?)
  /// `add @set { KEY limit rate … }`, `update @set { KEY counter }`: goes on while the element's own
  /// statement does; a set that is full ends the rule.
  case dynamicSet(DynamicSetOperation, Key, set: String, ElementStatement)
  /// `ct helper set "x"`.
  case setHelper(String)
  case reject(Reject)
  case verdict(Verdict)
}

/// A network prefix of either family; bits below the length are zero.
package enum AddressPrefix: Hashable, Sendable {
  case ipv4(IPv4Address, length: Int)
  case ipv6(IPv6Address, length: Int)
}

package enum Comparison: Hashable, Sendable {
  case equal
  case notEqual
  case less
  case greaterOrEqual
}

package struct ConntrackStateVerdict: Hashable, Sendable {
  package var state: ConntrackState
  package var verdict: Verdict

  package init(_ state: ConntrackState, _ verdict: Verdict) {
    self.state = state
    self.verdict = verdict
  }
}

/// Raw values are the bits that `ct state` compares: NF_CT_STATE_BIT in
/// linux/netfilter/nf_conntrack_common.h.
package enum ConntrackState: UInt32, Hashable, Sendable, CaseIterable {
  case invalid = 1
  case established = 2
  case related = 4
  case new = 8
  case untracked = 64

  package var name: String {
    switch self {
    case .invalid: "invalid"
    case .established: "established"
    case .related: "related"
    case .new: "new"
    case .untracked: "untracked"
    }
  }
}

package struct RateLimit: Hashable, Sendable {
  package var rate: UInt64
  /// Seconds: 1, 60, 3600 or 86400.
  package var unitSeconds: UInt64
  package var burst: UInt32
  /// nftables: `over`; goes on only above the rate.
  package var isOver: Bool

  package init(rate: UInt64, unitSeconds: UInt64, burst: UInt32, isOver: Bool = false) {
    self.rate = rate
    self.unitSeconds = unitSeconds
    self.burst = burst
    self.isOver = isOver
  }

  package var unitName: String {
    switch unitSeconds {
    case 60: "minute"
    case 3600: "hour"
    case 86400: "day"
    default: "second"
    }
  }
}

package enum DynamicSetOperation: Hashable, Sendable {
  case add
  case update
}

/// What a dynamic set's element carries.
package enum ElementStatement: Hashable, Sendable {
  case limit(RateLimit)
  /// `ct count N`: goes on while the key has at most N connections.
  case connectionCount(UInt32)
  /// `counter`: counts the packets that came to the element; always goes on.
  case counter
}

package enum Reject: Hashable, Sendable {
  /// `reject with tcp reset`; the rule must have matched TCP.
  case tcpReset
  /// `reject with icmpx admin-prohibited`.
  case adminProhibited
}

/// What is looked up: one field, or a concatenation of several.
package struct Key: Hashable, Sendable {
  package var parts: [Part]

  package init(_ parts: [Part]) { self.parts = parts }

  package init(_ fields: Field...) { parts = fields.map { Part($0) } }

  package struct Part: Hashable, Sendable {
    package var field: Field
    /// `ip6 saddr & ffff:ffff:ffff:ffff::` has 64; nil keeps every bit.
    package var prefixLength: Int?

    package init(_ field: Field, prefixLength: Int? = nil) {
      self.field = field
      self.prefixLength = prefixLength
    }
  }
}

/// A field of a packet or of what the kernel knows about it.
package enum Field: Hashable, Sendable, CaseIterable {
  /// `meta nfproto`.
  case nfProto
  /// `meta l4proto`.
  case l4Proto
  /// `iifname`.
  case inputInterface
  /// `oifname`.
  case outputInterface
  /// `meta skuid`: who created the socket; a packet without one has no such field.
  case socketUser
  /// `meta time`: nanoseconds since the epoch for the kernel; the values here are whole seconds.
  case time
  /// `meta pkttype`.
  case packetType
  /// `ip saddr`; needs nfproto ipv4 before it.
  case ipv4Source
  case ipv4Destination
  /// `ip6 saddr`; needs nfproto ipv6 before it.
  case ipv6Source
  case ipv6Destination
  /// `ip6 hoplimit`.
  case ipv6HopLimit
  /// `tcp dport`; needs l4proto tcp before it.
  case tcpDestinationPort
  /// `udp sport`, `udp dport`; need l4proto udp before them.
  case udpSourcePort
  case udpDestinationPort
  /// `th dport`: bytes 2 and 3 of the transport header, whatever it is.
  case transportDestinationPort
  /// `icmp type`; needs nfproto ipv4 and l4proto icmp before it.
  case icmpType
  case icmpCode
  /// `icmpv6 type`; needs nfproto ipv6 and l4proto ipv6-icmp before it.
  case icmpv6Type
  case icmpv6Code
  /// `ct original proto-dst`: the port that the sender dialled, before destination NAT.
  case originalDestinationPort

  package var dataType: DataType {
    switch self {
    case .nfProto: .nfProto
    case .l4Proto: .inetProto
    case .inputInterface, .outputInterface: .interfaceName
    case .socketUser: .uid
    case .time: .mark  // Compared only, never a key.
    case .packetType: .packetType
    case .ipv4Source, .ipv4Destination: .ipv4Address
    case .ipv6Source, .ipv6Destination: .ipv6Address
    case .ipv6HopLimit: .inetProto  // Compared only, never a key.
    case .tcpDestinationPort, .udpSourcePort, .udpDestinationPort, .transportDestinationPort,
      .originalDestinationPort:
      .inetService
    case .icmpType: .icmpType
    case .icmpCode: .icmpCode
    case .icmpv6Type: .icmpv6Type
    case .icmpv6Code: .icmpv6Code
    }
  }
}
