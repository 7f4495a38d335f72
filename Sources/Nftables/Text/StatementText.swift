import NetworkTypes

extension TextEmitter {
  mutating func emit(_ statement: Statement) {
    switch statement {
    case .compare(let field, let comparison, let value):
      out.write(field.text)
      out.write(comparison.text)
      emit(number: UInt128(value), as: field.numberType)
    case .comparePrefix(let field, let isNegated, let prefix):
      out.write(field.text)
      out.write(isNegated ? " != " : " ")
      emit(prefix)
    case .compareInterface(let field, let isNegated, let name, let isWildcard):
      out.write(field.text)
      out.write(isNegated ? " != " : " ")
      emitInterface(name, isWildcard: isWildcard)
    case .compareAny(let field, let isNegated, let values):
      out.write(field.text)
      out.write(isNegated ? " != { " : " { ")
      for (index, value) in values.enumerated() {
        if index > 0 { out.write(", ") }
        emit(number: UInt128(value), as: field.numberType)
      }
      out.write(" }")
    case .ctState(let states):
      out.write("ct state ")
      out.write(listingOrder(states).map(\.name).joined(separator: ","))
    case .ctStateMap(let entries):
      out.write("ct state vmap { ")
      for (index, entry) in entries.enumerated() {
        if index > 0 { out.write(", ") }
        out.write(entry.state.name)
        out.write(" : ")
        emit(entry.verdict)
      }
      out.write(" }")
    case .lookup(let key, let isNegated, let set):
      emit(key)
      out.write(isNegated ? " != @" : " @")
      out.write(safeName(set))
    case .verdictMap(let key, let map):
      emit(key)
      out.write(" vmap @")
      out.write(safeName(map))
    case .reversePath(let isMissing):
      out.write("fib saddr . iif oif ")
      out.write(isMissing ? "missing" : "exists")
    case .counter(let name):
      // Quoted by nft itself in listings: the name of an object here is a string expression.
      out.write("counter name \"")
      out.write(safeName(name))
      out.write("\"")
    case .counterMap(let key, let map):
      out.write("counter name ")
      emit(key)
      out.write(" map @")
      out.write(safeName(map))
    case .limit(let limit): emit(limit)
    case .log(let prefix, let group):
      out.write("log")
      let safe = safeLogPrefix(prefix)
      if !safe.isEmpty {
        out.write(" prefix \"")
        out.write(safe)
        out.write("\"")
      }
      if let group {
        out.write(" group ")
        out.write(decimal: UInt64(group))
      }
    case .dynamicSet(let operation, let key, let set, let statement):
      switch operation {
      case .add: out.write("add @")
      case .update: out.write("update @")
      }
      out.write(safeName(set))
      out.write(" { ")
      emit(key)
      out.write(" ")
      switch statement {
      case .limit(let limit): emit(limit)
      case .connectionCount(let count):
        out.write("ct count ")
        out.write(decimal: UInt64(count))
      case .counter: out.write("counter")
      }
      out.write(" }")
    case .setHelper(let name):
      out.write("ct helper set \"")
      out.write(safeName(name))
      out.write("\"")
    case .reject(.tcpReset): out.write("reject with tcp reset")
    case .reject(.adminProhibited): out.write("reject with icmpx admin-prohibited")
    case .verdict(let verdict): emit(verdict)
    }
  }

  private mutating func emit(_ limit: RateLimit) {
    out.write("limit rate ")
    if limit.isOver { out.write("over ") }
    out.write(decimal: limit.rate)
    out.write("/")
    out.write(limit.unitName)
    out.write(" burst ")
    out.write(decimal: UInt64(limit.burst))
    out.write(" packets")
  }

  private mutating func emit(_ prefix: AddressPrefix) {
    switch prefix {
    case .ipv4(let address, let length):
      out.write(ipv4: address.bits)
      if length < 32 {
        out.write("/")
        out.write(decimal: UInt64(clamping: length))
      }
    case .ipv6(let address, let length):
      out.write(ipv6: address.bits)
      if length < 128 {
        out.write("/")
        out.write(decimal: UInt64(clamping: length))
      }
    }
  }

  private mutating func emit(_ key: Key) {
    for (index, part) in key.parts.enumerated() {
      if index > 0 { out.write(" . ") }
      out.write(part.field.text)
      if let mask = mask(prefixLength: part.prefixLength, of: part.field.dataType) {
        out.write(" & ")
        emit(number: mask, as: part.field.dataType)
      }
    }
  }
}

extension Comparison {
  /// As written between field and value, spaces included.
  fileprivate var text: StaticString {
    switch self {
    case .equal: " "
    case .notEqual: " != "
    case .less: " < "
    case .greaterOrEqual: " >= "
    }
  }
}

extension Field {
  /// As nft writes it.
  fileprivate var text: StaticString {
    switch self {
    case .nfProto: "meta nfproto"
    case .l4Proto: "meta l4proto"
    case .inputInterface: "iifname"
    case .outputInterface: "oifname"
    case .socketUser: "meta skuid"
    case .time: "meta time"
    case .packetType: "meta pkttype"
    case .ipv4Source: "ip saddr"
    case .ipv4Destination: "ip daddr"
    case .ipv6Source: "ip6 saddr"
    case .ipv6Destination: "ip6 daddr"
    case .ipv6HopLimit: "ip6 hoplimit"
    case .tcpDestinationPort: "tcp dport"
    case .udpSourcePort: "udp sport"
    case .udpDestinationPort: "udp dport"
    case .transportDestinationPort: "th dport"
    case .icmpType: "icmp type"
    case .icmpCode: "icmp code"
    case .icmpv6Type: "icmpv6 type"
    case .icmpv6Code: "icmpv6 code"
    case .originalDestinationPort: "ct original proto-dst"
    }
  }

  /// How its numbers are written: the key's type, but plain numbers where that only lends its size.
  var numberType: DataType {
    switch self {
    case .ipv6HopLimit, .time: .mark
    default: dataType
    }
  }
}
