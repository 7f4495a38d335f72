import NetworkTypes

extension JSONWriter {
  mutating func emit(_ statement: Statement) {
    switch statement {
    case .compare(let field, let comparison, let value):
      match(comparison.jsonOperator, { $0.emit(field) }) { json in
        json.emit(number: UInt128(value), as: field.dataType)
      }
    case .comparePrefix(let field, let isNegated, let prefix):
      match(isNegated ? "!=" : "==", { $0.emit(field) }) { $0.emit(prefix) }
    case .compareInterface(let field, let isNegated, let name, let isWildcard):
      match(isNegated ? "!=" : "==", { $0.emit(field) }) { json in
        json.string(safeComment(name, limit: 15) + (isWildcard ? "*" : ""))
      }
    case .compareAny(let field, let isNegated, let values):
      match(isNegated ? "!=" : "==", { $0.emit(field) }) { json in
        json.object("set") { json in
          json.array { json in
            for value in values { json.emit(number: UInt128(value), as: field.dataType) }
          }
        }
      }
    case .ctState(let states):
      match("in", { $0.emitConntrackState() }) { json in
        json.array { json in for state in listingOrder(states) { json.string(state.name) } }
      }
    case .ctStateMap(let entries):
      vmap({ $0.emitConntrackState() }) { json in
        json.object("set") { json in
          json.array { json in
            for entry in entries {
              json.array { json in
                json.string(entry.state.name)
                json.emit(entry.verdict)
              }
            }
          }
        }
      }
    case .lookup(let key, let isNegated, let set):
      match(isNegated ? "!=" : "==", { $0.emit(key) }) { $0.string("@" + safeName(set)) }
    case .verdictMap(let key, let map):
      vmap({ $0.emit(key) }) { $0.string("@" + safeName(map)) }
    case .reversePath(let isMissing):
      match("==", { $0.emitReversePath() }) { $0.bool(!isMissing) }
    case .counter(let name): object("counter") { $0.string(safeName(name)) }
    case .counterMap(let key, let map):
      object("counter") { json in
        json.object("map") { json in
          json.object { json in
            json.key("key")
            json.emit(key)
            json.key("data")
            json.string("@" + safeName(map))
          }
        }
      }
    case .limit(let limit): emit(limit)
    case .log(let prefix, let group): emitLog(prefix: safeLogPrefix(prefix), group: group)
    case .dynamicSet(let operation, let key, let set, let statement):
      emitDynamicSet(operation, key, set: set, statement)
    case .setHelper(let name): object("ct helper") { $0.string(safeName(name)) }
    case .reject(let reject): emit(reject)
    case .verdict(let verdict): emit(verdict)
    }
  }

  private mutating func match(
    _ comparison: StaticString, _ left: (inout JSONWriter) -> Void,
    _ right: (inout JSONWriter) -> Void
  ) {
    object("match") { json in
      json.object { json in
        json.key("op")
        json.plainString { $0.write(comparison) }
        json.key("left")
        left(&json)
        json.key("right")
        right(&json)
      }
    }
  }

  private mutating func vmap(
    _ key: (inout JSONWriter) -> Void, _ data: (inout JSONWriter) -> Void
  ) {
    object("vmap") { json in
      json.object { json in
        json.key("key")
        key(&json)
        json.key("data")
        data(&json)
      }
    }
  }

  private mutating func emitConntrackState() { member("ct", "key", "state") }

  /// `{OUTER: {KEY: VALUE}}`.
  private mutating func member(_ outer: StaticString, _ key: StaticString, _ value: StaticString) {
    object(outer) { json in
      json.object(key) { json in json.plainString { $0.write(value) } }
    }
  }

  private mutating func emitReversePath() {
    object("fib") { json in
      json.object { json in
        json.key("result")
        json.string("oif")
        json.key("flags")
        json.array { json in
          json.string("saddr")
          json.string("iif")
        }
      }
    }
  }

  private mutating func emit(_ limit: RateLimit) {
    object("limit") { json in
      json.object { json in
        json.key("rate")
        json.number(limit.rate)
        json.key("burst")
        json.number(UInt64(limit.burst))
        json.key("per")
        json.string(limit.unitName)
        if limit.isOver {
          json.key("inv")
          json.bool(true)
        }
      }
    }
  }

  private mutating func emitLog(prefix: String, group: UInt16?) {
    object("log") { json in
      if prefix.isEmpty, group == nil {
        json.null()
        return
      }
      json.object { json in
        if !prefix.isEmpty {
          json.key("prefix")
          json.string(prefix)
        }
        if let group {
          json.key("group")
          json.number(UInt64(group))
        }
      }
    }
  }

  private mutating func emitDynamicSet(
    _ operation: DynamicSetOperation, _ key: Key, set: String, _ statement: ElementStatement
  ) {
    object("set") { json in
      json.object { json in
        json.key("op")
        switch operation {
        case .add: json.string("add")
        case .update: json.string("update")
        }
        json.key("elem")
        json.emit(key)
        json.key("set")
        json.string("@" + safeName(set))
        json.key("stmt")
        json.array { json in
          switch statement {
          case .limit(let limit): json.emit(limit)
          case .connectionCount(let count):
            json.object("ct count") { json in
              json.object("val") { $0.number(UInt64(count)) }
            }
          case .counter: json.object("counter") { $0.null() }
          }
        }
      }
    }
  }

  private mutating func emit(_ reject: Reject) {
    object("reject") { json in
      json.object { json in
        json.key("type")
        switch reject {
        case .tcpReset: json.string("tcp reset")
        case .adminProhibited:
          json.string("icmpx")
          json.key("expr")
          json.string("admin-prohibited")
        }
      }
    }
  }

  private mutating func emit(_ prefix: AddressPrefix) {
    switch prefix {
    case .ipv4(let address, let length):
      if length >= 32 {
        plainString { $0.write(ipv4: address.bits) }
      } else {
        emitPrefix(length: length) { $0.write(ipv4: address.bits) }
      }
    case .ipv6(let address, let length):
      if length >= 128 {
        plainString { $0.write(ipv6: address.bits) }
      } else {
        emitPrefix(length: length) { $0.write(ipv6: address.bits) }
      }
    }
  }

  private mutating func emit(_ key: Key) {
    if key.parts.count == 1 {
      emit(key.parts[0])
      return
    }
    object("concat") { json in
      json.array { json in for part in key.parts { json.emit(part) } }
    }
  }

  private mutating func emit(_ part: Key.Part) {
    guard let mask = mask(prefixLength: part.prefixLength, of: part.field.dataType) else {
      emit(part.field)
      return
    }
    object("&") { json in
      json.array { json in
        json.emit(part.field)
        json.emit(number: mask, as: part.field.dataType)
      }
    }
  }

  private mutating func emit(number: UInt128, as type: DataType) {
    switch type {
    case .ipv4Address: plainString { $0.write(ipv4: UInt32(truncatingIfNeeded: number)) }
    case .ipv6Address: plainString { $0.write(ipv6: number) }
    default: self.number(UInt64(truncatingIfNeeded: number))
    }
  }

  private mutating func emit(_ field: Field) {
    switch field {
    case .nfProto: member("meta", "key", "nfproto")
    case .l4Proto: member("meta", "key", "l4proto")
    case .inputInterface: member("meta", "key", "iifname")
    case .outputInterface: member("meta", "key", "oifname")
    case .socketUser: member("meta", "key", "skuid")
    case .time: member("meta", "key", "time")
    case .packetType: member("meta", "key", "pkttype")
    case .ipv4Source: payload("ip", "saddr")
    case .ipv4Destination: payload("ip", "daddr")
    case .ipv6Source: payload("ip6", "saddr")
    case .ipv6Destination: payload("ip6", "daddr")
    case .ipv6HopLimit: payload("ip6", "hoplimit")
    case .tcpDestinationPort: payload("tcp", "dport")
    case .udpSourcePort: payload("udp", "sport")
    case .udpDestinationPort: payload("udp", "dport")
    case .transportDestinationPort: payload("th", "dport")
    case .icmpType: payload("icmp", "type")
    case .icmpCode: payload("icmp", "code")
    case .icmpv6Type: payload("icmpv6", "type")
    case .icmpv6Code: payload("icmpv6", "code")
    case .originalDestinationPort:
      object("ct") { json in
        json.object { json in
          json.key("key")
          json.string("proto-dst")
          json.key("dir")
          json.string("original")
        }
      }
    }
  }

  private mutating func payload(_ header: StaticString, _ field: StaticString) {
    object("payload") { json in
      json.object { json in
        json.key("protocol")
        json.plainString { $0.write(header) }
        json.key("field")
        json.plainString { $0.write(field) }
      }
    }
  }
}

extension Comparison {
  fileprivate var jsonOperator: StaticString {
    switch self {
    case .equal: "=="
    case .notEqual: "!="
    case .less: "<"
    case .greaterOrEqual: ">="
    }
  }
}
