import NetworkTypes

/// The table as JSON for `nft -j -f`, version 1.0.6 or later: libnftables-json(5), schema 1.
///
/// One transaction replaces the table. Chains are declared before the maps and rules that name them.
/// nft 1.0.6 drops the comments of table, chains, sets and maps. `header` becomes a list under a key
/// of the metainfo that nft does not read. Linear in the output.
package func emitJSON(_ table: Table, header: [String] = []) -> [UInt8] {
  var json = JSONWriter()
  JSONEmitter(table: safeName(table.name)).emit(table, header: header, to: &json)
  return json.out.bytes
}

/// Writes declarations; statements are in an extension of their own.
struct JSONEmitter {
  let table: String

  func emit(_ table: Table, header: [String], to json: inout JSONWriter) {
    json.object("nftables") { json in
      json.array { json in
        line(&json) { json in
          json.object("metainfo") { json in
            json.object { json in
              json.key("json_schema_version")
              json.number(1)
              if header.isEmpty { return }
              json.key("comment")
              json.array { json in
                for line in header { json.string(safeComment(line, limit: 1024)) }
              }
            }
          }
        }
        line(&json) { json in json.object("add") { emitTable(&$0, comment: nil) } }
        line(&json) { json in json.object("delete") { emitTable(&$0, comment: nil) } }
        line(&json) { json in json.object("add") { emitTable(&$0, comment: table.comment) } }
        for object in table.objects {
          line(&json) { json in json.object("add") { emit(object, to: &$0) } }
        }
        for chain in table.chains {
          line(&json) { json in json.object("add") { emit(chain, to: &$0) } }
        }
        for set in table.sets {
          line(&json) { json in json.object("add") { emit(set, to: &$0) } }
        }
        for chain in table.chains {
          for rule in chain.rules {
            line(&json) { json in json.object("add") { emit(rule, in: chain, to: &$0) } }
          }
        }
      }
    }
    json.out.write("\n")
  }

  /// One command, on a line of its own.
  private func line(_ json: inout JSONWriter, _ body: (inout JSONWriter) -> Void) {
    json.newline()
    body(&json)
  }

  private func emitTable(_ json: inout JSONWriter, comment: String?) {
    json.object("table") { json in
      json.object { json in
        json.key("family")
        json.string("inet")
        json.key("name")
        json.string(table)
        if let comment, !comment.isEmpty {
          json.key("comment")
          json.string(safeComment(comment))
        }
      }
    }
  }

  /// The members that every object of a table has; the caller closes the object.
  private func identify(_ json: inout JSONWriter, name: String, comment: String?) {
    json.key("family")
    json.string("inet")
    json.key("table")
    json.string(table)
    json.key("name")
    json.string(safeName(name))
    if let comment, !comment.isEmpty {
      json.key("comment")
      json.string(safeComment(comment))
    }
  }

  private func emit(_ object: Object, to json: inout JSONWriter) {
    switch object.kind {
    case .counter:
      json.object("counter") { json in
        json.object { json in identify(&json, name: object.name, comment: object.comment) }
      }
    case .ctHelper(let type, let transport):
      json.object("ct helper") { json in
        json.object { json in
          identify(&json, name: object.name, comment: object.comment)
          json.key("type")
          json.string(safeComment(type, limit: 15))
          json.key("protocol")
          switch transport {
          case .tcp: json.string("tcp")
          case .udp: json.string("udp")
          }
          json.key("l3proto")
          json.string("inet")
        }
      }
    }
  }

  private func emit(_ chain: Chain, to json: inout JSONWriter) {
    json.object("chain") { json in
      json.object { json in
        identify(&json, name: chain.name, comment: chain.comment)
        guard let base = chain.base else { return }
        json.key("type")
        json.string("filter")
        json.key("hook")
        json.string(base.hook.name)
        json.key("prio")
        json.number(signed: base.priority)
        json.key("policy")
        switch base.policy {
        case .accept: json.string("accept")
        case .drop: json.string("drop")
        }
      }
    }
  }

  private func emit(_ set: NamedSet, to json: inout JSONWriter) {
    json.object(set.kind == .set ? "set" : "map") { json in
      json.object { json in
        identify(&json, name: set.name, comment: set.comment)
        json.key("type")
        if set.key.count == 1 {
          json.string(set.key[0].name)
        } else {
          json.array { json in for type in set.key { json.string(type.name) } }
        }
        switch set.kind {
        case .set: break
        case .verdictMap:
          json.key("map")
          json.string("verdict")
        case .counterMap:
          json.key("map")
          json.string("counter")
        }
        if let size = set.size {
          json.key("size")
          json.number(UInt64(size))
        }
        // nft 1.0.6 does not know `dynamic` here, and infers it from the rules that update the set.
        let flags = set.flagNames.filter { $0 != "dynamic" }
        if !flags.isEmpty {
          json.key("flags")
          json.array { json in for flag in flags { json.string(flag) } }
        }
        if let timeout = set.timeoutSeconds {
          json.key("timeout")
          json.number(timeout)
        }
        if !set.elements.isEmpty {
          json.key("elem")
          json.array { json in json.emit(set.elements, of: set) }
        }
      }
    }
  }

  private func emit(_ rule: Rule, in chain: Chain, to json: inout JSONWriter) {
    json.object("rule") { json in
      json.object { json in
        json.key("family")
        json.string("inet")
        json.key("table")
        json.string(table)
        json.key("chain")
        json.string(safeName(chain.name))
        if let comment = rule.comment, !comment.isEmpty {
          json.key("comment")
          json.string(safeComment(comment))
        }
        json.key("expr")
        json.array { json in for statement in rule.statements { json.emit(statement) } }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func emit(_ elements: Elements, of set: NamedSet) {
    switch elements {
    case .none: break
    case .ipv4(let set):
      for interval in set.intervals {
        newline()
        emit(ipv4Interval: interval)
      }
    case .ipv6(let set):
      for interval in set.intervals {
        newline()
        emit(ipv6Interval: interval)
      }
    case .tuples(let elements):
      for element in elements {
        newline()
        if element.verdict == nil, element.counter == nil {
          emit(element.key, types: set.key)
          continue
        }
        array { json in
          json.emit(element.key, types: set.key)
          if let verdict = element.verdict { json.emit(verdict) }
          if let counter = element.counter { json.string(safeName(counter)) }
        }
      }
    }
  }

  private mutating func emit(_ key: [ElementField], types: [DataType]) {
    if key.count == 1 {
      emit(key[0], as: types.first ?? .mark)
      return
    }
    object("concat") { json in
      json.array { json in
        for (index, field) in key.enumerated() {
          json.emit(field, as: index < types.count ? types[index] : .mark)
        }
      }
    }
  }

  private mutating func emit(_ field: ElementField, as type: DataType) {
    switch field {
    case .interface(let name): string(safeComment(name, limit: 15))
    case .range(let lower, let upper):
      switch type {
      case .ipv4Address:
        emit(
          ipv4Interval: .init(
            UInt32(truncatingIfNeeded: lower), UInt32(truncatingIfNeeded: upper)))
      case .ipv6Address: emit(ipv6Interval: .init(lower, upper))
      default:
        if lower == upper {
          number(UInt64(truncatingIfNeeded: lower))
        } else {
          object("range") { json in
            json.array { json in
              json.number(UInt64(truncatingIfNeeded: lower))
              json.number(UInt64(truncatingIfNeeded: upper))
            }
          }
        }
      }
    }
  }

  private mutating func emit(ipv4Interval interval: IntervalSet<UInt32>.Interval) {
    if interval.lower == interval.upper {
      plainString { $0.write(ipv4: interval.lower) }
    } else if let length = interval.prefixLength {
      emitPrefix(length: length) { $0.write(ipv4: interval.lower) }
    } else {
      emitRange({ $0.write(ipv4: interval.lower) }, { $0.write(ipv4: interval.upper) })
    }
  }

  private mutating func emit(ipv6Interval interval: IntervalSet<UInt128>.Interval) {
    if interval.lower == interval.upper {
      plainString { $0.write(ipv6: interval.lower) }
    } else if let length = interval.prefixLength {
      emitPrefix(length: length) { $0.write(ipv6: interval.lower) }
    } else {
      emitRange({ $0.write(ipv6: interval.lower) }, { $0.write(ipv6: interval.upper) })
    }
  }

  mutating func emitPrefix(length: Int, _ address: (inout ByteWriter) -> Void) {
    object("prefix") { json in
      json.object { json in
        json.key("addr")
        json.plainString(address)
        json.key("len")
        json.number(UInt64(clamping: length))
      }
    }
  }

  private mutating func emitRange(
    _ lower: (inout ByteWriter) -> Void, _ upper: (inout ByteWriter) -> Void
  ) {
    object("range") { json in
      json.array { json in
        json.plainString(lower)
        json.plainString(upper)
      }
    }
  }

  mutating func emit(_ verdict: Verdict) {
    switch verdict {
    case .accept: object("accept") { $0.null() }
    case .drop: object("drop") { $0.null() }
    case .return: object("return") { $0.null() }
    case .jump(let chain): object("jump") { $0.target(chain) }
    case .goto(let chain): object("goto") { $0.target(chain) }
    }
  }

  private mutating func target(_ chain: String) {
    object("target") { $0.string(safeName(chain)) }
  }
}
