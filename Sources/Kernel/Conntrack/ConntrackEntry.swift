import CNetfilter
package import NetworkTypes

/// One direction of a tracked connection.
package struct ConntrackTuple: Hashable, Sendable {
  package var addresses: PacketHeaders.Addresses
  package var ipProtocol: IPProtocol
  /// Host byte order; nil of a protocol without ports.
  package var sourcePort: UInt16?
  package var destinationPort: UInt16?
  /// Of an echo and its like.
  package var icmpType: UInt8?
  package var icmpCode: UInt8?

  package init(addresses: PacketHeaders.Addresses, ipProtocol: IPProtocol) {
    self.addresses = addresses
    self.ipProtocol = ipProtocol
  }
}

/// A connection that conntrack knows, as ctnetlink tells it.
///
/// linux/netfilter/nfnetlink_conntrack.h: every number is in network order.
package struct ConntrackEntry: Hashable, Sendable {
  /// As the first packet came.
  package var original: ConntrackTuple
  /// As answers come: after destination NAT the original's destination is this source.
  package var reply: ConntrackTuple
  /// Whether a helper or another connection expected it: its first packet was `related`.
  package var isExpected = false
  /// TCP_CONNTRACK_*, linux/netfilter/nf_conntrack_tcp.h.
  package var tcpState: UInt8?
  /// Nil in the zone that everything is in unless a rule says otherwise.
  package var zone: UInt16?
  /// The kernel's own name for it, by which it is deleted.
  var identity = Identity()

  /// What tells the kernel which entry is meant, as the kernel has written it.
  struct Identity: Hashable, Sendable {
    /// Of CTA_TUPLE_ORIG; without it a deletion is of everything.
    var tuple: [UInt8] = []
    var id: [UInt8] = []
  }

  package init(original: ConntrackTuple, reply: ConntrackTuple) {
    self.original = original
    self.reply = reply
  }

  /// Whether it is over: TIME_WAIT and CLOSE carry nothing any more.
  package var isFinished: Bool { tcpState == 7 || tcpState == 8 }
}

extension ConntrackEntry {
  /// Of a message IPCTNL_MSG_CT_NEW.
  init(_ reply: NetlinkReply) throws(NetlinkError) {
    guard reply.payload.count >= 4 else { throw .malformedReply }
    do throws(Undecodable) {
      try self.init(attributes: reply.payload.dropFirst(4))
    } catch {
      throw .malformedReply
    }
  }

  private init(attributes: ArraySlice<UInt8>) throws(Undecodable) {
    var original: ArraySlice<UInt8>?
    var answer: ArraySlice<UInt8>?
    var isExpected = false
    var tcpState: UInt8?
    var zone: UInt16?
    var id: ArraySlice<UInt8>?
    var reader = AttributeReader(attributes)
    while let (type, value) = try reader.next() {
      switch UInt32(type) {
      case CTA_TUPLE_ORIG.rawValue: original = value
      case CTA_TUPLE_REPLY.rawValue: answer = value
      case CTA_TUPLE_MASTER.rawValue: isExpected = true
      case CTA_PROTOINFO.rawValue: tcpState = try Self.tcpState(in: value)
      case CTA_ZONE.rawValue: zone = try Self.number(UInt16.self, value)
      case CTA_ID.rawValue:
        guard value.count == 4 else { throw .malformed }
        id = value
      default: break
      }
    }
    guard let original, let answer, !original.isEmpty else { throw .malformed }
    let (tuple, zoneOfTuple) = try ConntrackTuple.read(original)
    let (replyTuple, zoneOfReply) = try ConntrackTuple.read(answer)
    self.init(original: tuple, reply: replyTuple)
    self.isExpected = isExpected
    self.tcpState = tcpState
    self.zone = zone ?? zoneOfTuple ?? zoneOfReply
    identity = Identity(tuple: Array(original), id: Array(id ?? []))
  }

  private static func tcpState(in info: ArraySlice<UInt8>) throws(Undecodable) -> UInt8? {
    var protocols = AttributeReader(info)
    while let (type, value) = try protocols.next() {
      guard UInt32(type) == CTA_PROTOINFO_TCP.rawValue else { continue }
      var facts = AttributeReader(value)
      while let (type, value) = try facts.next() {
        guard UInt32(type) == CTA_PROTOINFO_TCP_STATE.rawValue else { continue }
        return try number(UInt8.self, value)
      }
    }
    return nil
  }

  fileprivate static func number<Number: FixedWidthInteger>(
    _: Number.Type, _ value: ArraySlice<UInt8>
  ) throws(Undecodable) -> Number {
    guard value.count == Number.bitWidth / 8 else { throw .malformed }
    return value.reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }
}

extension ConntrackTuple {
  /// The tuple, and the zone that it alone is in.
  fileprivate static func read(
    _ bytes: ArraySlice<UInt8>
  ) throws(Undecodable) -> (ConntrackTuple, zone: UInt16?) {
    var addresses: PacketHeaders.Addresses?
    var transport: Transport?
    var zone: UInt16?
    var reader = AttributeReader(bytes)
    while let (type, value) = try reader.next() {
      switch UInt32(type) {
      case CTA_TUPLE_IP.rawValue: addresses = try readAddresses(value)
      case CTA_TUPLE_PROTO.rawValue: transport = try Transport(value)
      case CTA_TUPLE_ZONE.rawValue: zone = try ConntrackEntry.number(UInt16.self, value)
      default: break
      }
    }
    guard let addresses, let transport, let number = transport.number else { throw .malformed }
    var tuple = ConntrackTuple(addresses: addresses, ipProtocol: IPProtocol(number: number))
    if tuple.ipProtocol.hasPorts {
      tuple.sourcePort = transport.sourcePort
      tuple.destinationPort = transport.destinationPort
    }
    tuple.icmpType = transport.icmpType
    tuple.icmpCode = transport.icmpCode
    return (tuple, zone)
  }

  private struct Transport {
    var number: UInt8?
    var sourcePort: UInt16?
    var destinationPort: UInt16?
    var icmpType: UInt8?
    var icmpCode: UInt8?

    init(_ bytes: ArraySlice<UInt8>) throws(Undecodable) {
      var reader = AttributeReader(bytes)
      while let (type, value) = try reader.next() {
        switch UInt32(type) {
        case CTA_PROTO_NUM.rawValue: number = try ConntrackEntry.number(UInt8.self, value)
        case CTA_PROTO_SRC_PORT.rawValue:
          sourcePort = try ConntrackEntry.number(UInt16.self, value)
        case CTA_PROTO_DST_PORT.rawValue:
          destinationPort = try ConntrackEntry.number(UInt16.self, value)
        case CTA_PROTO_ICMP_TYPE.rawValue, CTA_PROTO_ICMPV6_TYPE.rawValue:
          icmpType = try ConntrackEntry.number(UInt8.self, value)
        case CTA_PROTO_ICMP_CODE.rawValue, CTA_PROTO_ICMPV6_CODE.rawValue:
          icmpCode = try ConntrackEntry.number(UInt8.self, value)
        default: break
        }
      }
    }
  }

  private static func readAddresses(
    _ bytes: ArraySlice<UInt8>
  ) throws(Undecodable) -> PacketHeaders.Addresses {
    var ipv4: (source: UInt32?, destination: UInt32?)
    var ipv6: (source: UInt128?, destination: UInt128?)
    var reader = AttributeReader(bytes)
    while let (type, value) = try reader.next() {
      switch UInt32(type) {
      case CTA_IP_V4_SRC.rawValue: ipv4.source = try ConntrackEntry.number(UInt32.self, value)
      case CTA_IP_V4_DST.rawValue: ipv4.destination = try ConntrackEntry.number(UInt32.self, value)
      case CTA_IP_V6_SRC.rawValue: ipv6.source = try ConntrackEntry.number(UInt128.self, value)
      case CTA_IP_V6_DST.rawValue: ipv6.destination = try ConntrackEntry.number(UInt128.self, value)
      default: break
      }
    }
    if let source = ipv4.source, let destination = ipv4.destination {
      return .ipv4(
        source: IPv4Address(bits: source), destination: IPv4Address(bits: destination))
    }
    if let source = ipv6.source, let destination = ipv6.destination {
      return .ipv6(
        source: IPv6Address(bits: source), destination: IPv6Address(bits: destination))
    }
    throw .malformed
  }
}
