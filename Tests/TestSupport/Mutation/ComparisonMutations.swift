import NetworkTypes
import Nftables

extension TableMutation {
  /// Edits of what a rule asks of a packet.
  static let comparisons = [
    statement("negate a comparison") { statement, _ in
      switch statement {
      case .compare(let field, .equal, let value): .compare(field, .notEqual, value)
      case .compare(let field, .notEqual, let value): .compare(field, .equal, value)
      case .compare(let field, .less, let value): .compare(field, .greaterOrEqual, value)
      case .compare(let field, .greaterOrEqual, let value): .compare(field, .less, value)
      case .comparePrefix(let field, let isNegated, let prefix):
        .comparePrefix(field, isNegated: !isNegated, prefix)
      case .compareInterface(let field, let isNegated, let name, let isWildcard):
        .compareInterface(field, isNegated: !isNegated, name: name, isWildcard: isWildcard)
      case .compareAny(let field, let isNegated, let values):
        .compareAny(field, isNegated: !isNegated, values)
      case .lookup(let key, let isNegated, let set): .lookup(key, isNegated: !isNegated, set: set)
      default: nil
      }
    },
    statement("a compared value off by one") { statement, generator in
      guard case .compare(let field, let comparison, let value) = statement else { return nil }
      let up = Bool.random(using: &generator)
      return .compare(field, comparison, up || value == 0 ? value &+ 1 : value - 1)
    },
    statement("one of several values off by one") { statement, generator in
      guard case .compareAny(let field, let isNegated, var values) = statement,
        let index = values.indices.randomElement(using: &generator)
      else { return nil }
      values[index] &+= 1
      return .compareAny(field, isNegated: isNegated, Array(Set(values)).sorted())
    },
    statement("one of several values lost") { statement, generator in
      guard case .compareAny(let field, let isNegated, var values) = statement, values.count > 1,
        let index = values.indices.randomElement(using: &generator)
      else { return nil }
      values.remove(at: index)
      return .compareAny(field, isNegated: isNegated, values)
    },
    statement("a compared prefix one bit wider or narrower") { statement, generator in
      guard case .comparePrefix(let field, let isNegated, let prefix) = statement else {
        return nil
      }
      let step = Bool.random(using: &generator) ? 1 : -1
      return prefix.resized(by: step).map { .comparePrefix(field, isNegated: isNegated, $0) }
    },
    statement("source and destination exchanged") { statement, _ in
      switch statement {
      case .comparePrefix(let field, let isNegated, let prefix):
        return field.opposite.map { .comparePrefix($0, isNegated: isNegated, prefix) }
      case .lookup(let key, let isNegated, let set):
        return key.turned.map { .lookup($0, isNegated: isNegated, set: set) }
      case .counterMap(let key, let map):
        return key.turned.map { .counterMap($0, map: map) }
      case .dynamicSet(let operation, let key, let set, .counter):
        return key.turned.map { .dynamicSet(operation, $0, set: set, .counter) }
      default: return nil
      }
    },
    statement("another set of conntrack states") { statement, generator in
      guard case .ctState(var states) = statement,
        let state = ConntrackState.allCases.randomElement(using: &generator)
      else { return nil }
      if states.remove(state) == nil { states.insert(state) }
      return states.isEmpty ? nil : .ctState(states)
    },
    statement("a conntrack state lost from a map") { statement, generator in
      guard case .ctStateMap(var entries) = statement, entries.count > 1,
        let index = entries.indices.randomElement(using: &generator)
      else { return nil }
      entries.remove(at: index)
      return .ctStateMap(entries)
    },
    statement("another verdict for a conntrack state") { statement, generator in
      guard case .ctStateMap(var entries) = statement,
        let index = entries.indices.randomElement(using: &generator)
      else { return nil }
      entries[index].verdict = entries[index].verdict == .accept ? .drop : .accept
      return .ctStateMap(entries)
    },
    statement("the reverse path's other answer") { statement, _ in
      guard case .reversePath(let isMissing) = statement else { return nil }
      return .reversePath(isMissing: !isMissing)
    },
  ]
}

extension AddressPrefix {
  fileprivate func resized(by step: Int) -> AddressPrefix? {
    switch self {
    case .ipv4(let address, let length):
      guard 1...32 ~= length + step else { return nil }
      let host = Prefix<UInt32>.hostMask(length: length + step)
      return .ipv4(IPv4Address(bits: address.bits & ~host), length: length + step)
    case .ipv6(let address, let length):
      guard 1...128 ~= length + step else { return nil }
      let host = Prefix<UInt128>.hostMask(length: length + step)
      return .ipv6(IPv6Address(bits: address.bits & ~host), length: length + step)
    }
  }
}

extension Key {
  /// With the other end's addresses; nil where it has none.
  fileprivate var turned: Key? {
    guard parts.contains(where: { $0.field.opposite != nil }) else { return nil }
    return Key(
      parts.map { Part($0.field.opposite ?? $0.field, prefixLength: $0.prefixLength) })
  }
}

extension Field {
  fileprivate var opposite: Field? {
    switch self {
    case .ipv4Source: .ipv4Destination
    case .ipv4Destination: .ipv4Source
    case .ipv6Source: .ipv6Destination
    case .ipv6Destination: .ipv6Source
    default: nil
    }
  }
}
