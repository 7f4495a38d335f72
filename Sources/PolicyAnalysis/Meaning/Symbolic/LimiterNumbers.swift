package import PacketSpace
package import PolicyLanguage

extension ResolvedPolicy {
  /// The rules with a limit, in the order inbound, forward, outbound.
  package var limitedRules: [ResolvedRule] {
    [inbound.rules, forward?.rules ?? [], outbound.rules].flatMap { rules in
      rules.filter { $0.limit != nil }
    }
  }
}

extension Limit {
  /// Whether it counts each source apart, and may thus find its table full.
  package var isPerSource: Bool {
    switch self {
    case .rate(_, _, _, let perSource): perSource
    case .connectionsPerSource: true
    }
  }
}

/// The limiters and dynamic networks of one or more policies as numbers: a rule's limiter is known by
/// the rule's name, a network by its own.
///
/// Policies that are compared share one value, so that a limit which both have is one limit, and a
/// network one network.
package struct LimiterNumbers: Hashable, Sendable {
  /// Names of rules by number: of one policy, in the order of its `limitedRules`.
  package private(set) var rules: [String] = []
  /// By number, for `possiblePackets`.
  package private(set) var isPerSource: [Bool] = []
  /// Names of networks that are filled at run time, by number.
  package private(set) var networks: [String] = []
  private var numbers: [String: Int] = [:]

  /// Throws where there are more limits or networks than dimensions.
  package init(of policies: [ResolvedPolicy]) throws(PacketSpaceError) {
    for rule in policies.flatMap(\.limitedRules) {
      let perSource = rule.limit?.isPerSource ?? false
      if let known = numbers[rule.name] {
        isPerSource[known] = isPerSource[known] || perSource
        continue
      }
      if rules.count == Dimension.maximumLimiters {
        throw .tooManyLimiters(limit: Dimension.maximumLimiters)
      }
      numbers[rule.name] = rules.count
      rules.append(rule.name)
      isPerSource.append(perSource)
    }
    for network in policies.flatMap(\.dynamicNetworks) {
      _ = try number(ofNetwork: network.name.value)
    }
  }

  /// The number of a network that is filled at run time; nil where no policy has it.
  package func network(_ name: String) -> Int? { networks.firstIndex(of: name) }

  /// The same, given now if it has none.
  package mutating func number(ofNetwork name: String) throws(PacketSpaceError) -> Int {
    if let known = network(name) { return known }
    if networks.count == Dimension.maximumNetworks {
      throw .tooManyNetworks(limit: Dimension.maximumNetworks)
    }
    networks.append(name)
    return networks.count - 1
  }

  /// The number of a rule's limiter; nil where it has none.
  package subscript(rule: String) -> Int? { numbers[rule] }

  /// Gives a limiter of no rule a number, known by a name that no rule has; the number that it has
  /// already, if so.
  package mutating func number(
    ofOther name: String, isPerSource perSource: Bool
  ) throws(PacketSpaceError) -> Int {
    if let known = numbers[name] {
      isPerSource[known] = isPerSource[known] || perSource
      return known
    }
    if rules.count == Dimension.maximumLimiters {
      throw .tooManyLimiters(limit: Dimension.maximumLimiters)
    }
    numbers[name] = rules.count
    rules.append(name)
    isPerSource.append(perSource)
    return rules.count - 1
  }
}
