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

/// The limiters of one or more policies as numbers: a rule's limiter is known by the rule's name.
///
/// Policies that are compared share one value, so that a limit which both have is one limit.
package struct LimiterNumbers: Hashable, Sendable {
  /// Names of rules by number: of one policy, in the order of its `limitedRules`.
  package private(set) var rules: [String] = []
  /// By number, for `possiblePackets`.
  package private(set) var isPerSource: [Bool] = []
  private var numbers: [String: Int] = [:]

  /// Throws where there are more limits than dimensions.
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
