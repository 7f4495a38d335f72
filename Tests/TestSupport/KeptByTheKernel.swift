import NetworkTypes
package import Nftables

extension Table {
  /// The table as the kernel keeps it: what a table that was loaded and read back must be equal to.
  ///
  /// Without origins, counts, and what the packet path fills; texts made safe; elements, the values of
  /// anonymous sets and states in one order; and of fields that are the same bytes the one that the
  /// rule's own matches name. What it does to packets is the same.
  package var keptByTheKernel: Table {
    var table = self
    let none = Origin(index: 0)
    table.origin = none
    table.comment = kept(comment)
    table.objects = objects.map { object in
      var object = object
      object.origin = none
      object.startingCount = nil
      object.comment = kept(object.comment)
      return object
    }
    table.sets = sets.map { set in
      var set = set
      set.origin = none
      set.comment = kept(set.comment)
      set.elements = set.isDynamic || set.isFilledAtRunTime ? .none : kept(set.elements, of: set)
      return set
    }
    table.chains = chains.map { chain in
      var chain = chain
      chain.origin = none
      chain.comment = kept(chain.comment)
      chain.rules = chain.rules.map { rule in
        Rule(kept(rule.statements), comment: kept(rule.comment), origin: none)
      }
      return chain
    }
    return table
  }
}

private func kept(_ comment: String?) -> String? {
  comment.flatMap { $0.isEmpty ? nil : safeComment($0) }
}

private func kept(_ elements: Elements, of set: NamedSet) -> Elements {
  if elements.isEmpty { return .none }
  guard case .tuples(let tuples) = elements else { return elements }
  if set.kind == .set, set.key == [.ipv4Address] || set.key == [.ipv6Address] {
    let ranges = tuples.compactMap { tuple -> (UInt128, UInt128)? in
      if case .range(let lower, let upper) = tuple.key.first { (lower, upper) } else { nil }
    }
    if set.key == [.ipv6Address] {
      return .ipv6(IntervalSet(ranges.map { .init($0.0, $0.1) }))
    }
    return .ipv4(
      IntervalSet(
        ranges.map {
          .init(UInt32(truncatingIfNeeded: $0.0), UInt32(truncatingIfNeeded: $0.1))
        }))
  }
  return .tuples(tuples.sorted { isBefore($0.key, $1.key) })
}

private func isBefore(_ first: [ElementField], _ second: [ElementField]) -> Bool {
  for (one, other) in zip(first, second) where one != other {
    switch (one, other) {
    case (.range(let a, let b), .range(let c, let d)): return (a, b) < (c, d)
    case (.interface(let a), .interface(let b)): return a < b
    default: return false
    }
  }
  return false
}

private func kept(_ statements: [Statement]) -> [Statement] {
  var ipProtocol: UInt64?
  func named(_ field: Field) -> Field {
    guard
      field == .transportDestinationPort || field == .tcpDestinationPort
        || field == .udpDestinationPort
    else { return field }
    return switch ipProtocol {
    case 6: .tcpDestinationPort
    case 17: .udpDestinationPort
    default: .transportDestinationPort
    }
  }
  func named(_ key: Key) -> Key {
    Key(key.parts.map { Key.Part(named($0.field), prefixLength: $0.prefixLength) })
  }
  var result: [Statement] = []
  for statement in statements {
    var own = statement
    switch statement {
    case .compare(let field, let comparison, let value):
      own = .compare(named(field), comparison, value)
      if field == .l4Proto, comparison == .equal { ipProtocol = value }
      // nft merges neighbours, of which the order is lost.
      if case .compare(let before, .equal, _)? = result.last, comparison == .equal,
        let after = Field.neighbourAfter[named(field)], after == before
      {
        result.insert(own, at: result.count - 1)
        continue
      }
    case .compareAny(let field, let isNegated, let values):
      own = .compareAny(named(field), isNegated: isNegated, values.sorted())
    case .ctStateMap(let entries):
      own = .ctStateMap(entries.sorted { $0.state.rawValue < $1.state.rawValue })
    case .lookup(let key, let isNegated, let set):
      own = .lookup(named(key), isNegated: isNegated, set: set)
    case .verdictMap(let key, let map): own = .verdictMap(named(key), map: map)
    case .counterMap(let key, let map): own = .counterMap(named(key), map: map)
    case .dynamicSet(let operation, let key, let set, let element):
      own = .dynamicSet(operation, named(key), set: set, element)
    case .log(let prefix, let group): own = .log(prefix: safeLogPrefix(prefix), group: group)
    case .comparePrefix, .compareInterface, .ctState, .reversePath, .counter, .limit, .setHelper,
      .reject, .verdict:
      break
    }
    result.append(own)
  }
  return result
}

extension Field {
  fileprivate static let neighbourAfter: [Field: Field] = [
    .icmpType: .icmpCode, .icmpv6Type: .icmpv6Code, .udpSourcePort: .udpDestinationPort,
  ]
}
