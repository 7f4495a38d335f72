import Kernel
package import Lowering
package import Nftables
package import PacketSpace
package import PolicyAnalysis

/// The numbers of a live table's limiters and dynamic networks among those of a policy that it is compared with.
///
/// A limiter of both is known by the name of its set, or of its chain where that has one limit only:
/// the names that the policy's own table has. Any other has a number of its own.
package struct LiveLimiters: Sendable {
  /// Those of the policies, and of the table's others.
  package private(set) var numbers: LimiterNumbers
  /// Whose numbers differ from the policy's: rate, burst, count, timeout or size.
  package private(set) var changedRules: [String] = []
  private var known: [Place: Int] = [:]
  /// The networks of the table's sets that are filled at run time, by the sets' names.
  private var networks: [String: Int] = [:]

  /// Places without origins, which are different numbers in every table.
  private enum Place: Hashable {
    case set(String)
    case rule(chain: String, index: Int)

    init(_ place: LimiterPlace) {
      switch place {
      case .set(let name): self = .set(name)
      case .rule(let chain, let index, _): self = .rule(chain: chain, index: index)
      }
    }
  }

  ///   - numbers: of every policy of the comparison, the one of `policy` among them.
  ///   - policy: whose names count; nil if there is none.
  ///
  /// Throws where there are more limits than dimensions.
  package init(
    of live: LiveRuleset, with numbers: LimiterNumbers, of policy: LoweredPolicy?
  ) throws(PacketSpaceError) {
    self.numbers = numbers
    guard let table = live.kernelTable?.table else { return }
    for set in table.sets where set.isFilledAtRunTime {
      networks[set.name] = try self.numbers.number(ofNetwork: Self.network(ofSet: set.name))
    }
    let own = Dictionary(
      (policy?.table.chains ?? []).map { ($0.name, $0.limits) },
      uniquingKeysWith: { first, _ in first })
    var changed: Set<String> = []
    for chain in table.chains {
      let limits = chain.limits
      let namedRule = policy?.ruleOfLimiterChain[chain.name]
      for limit in limits {
        let place = Place.rule(chain: chain.name, index: limit.rule)
        if let namedRule, let number = numbers[namedRule], limits.count == 1 {
          known[place] = number
          if own[chain.name]?.map(\.limit) != [limit.limit] { changed.insert(namedRule) }
        } else {
          known[place] = try self.numbers.number(
            ofOther: "chain \(chain.name) rule \(limit.rule + 1)", isPerSource: false)
        }
      }
    }
    let usesBefore = table.dynamicStatements
    let usesAfter = policy?.table.dynamicStatements ?? [:]
    for (name, uses) in usesBefore.sorted(by: { $0.key < $1.key }) {
      if let rule = policy?.ruleOfLimiterSet[name], let number = numbers[rule] {
        known[.set(name)] = number
        let declared = [table, policy?.table].map { table in
          table?.sets.first { $0.name == name }.map {
            [$0.size.map(UInt64.init), $0.timeoutSeconds]
          }
        }
        if uses != usesAfter[name] || declared[0] != declared[1] { changed.insert(rule) }
      } else {
        known[.set(name)] = try self.numbers.number(ofOther: "set \(name)", isPerSource: true)
      }
    }
    changedRules = changed.sorted()
  }

  /// The network that a set is one family's part of, by the names that tables of policies have.
  private static func network(ofSet name: String) -> String {
    guard name.hasPrefix("net-"), name.hasSuffix("-4") || name.hasSuffix("-6") else { return name }
    return String(name.dropFirst(4).dropLast(2))
  }

  /// The number of the network whose members a set holds; nil for a set that is not filled at run
  /// time.
  package func network(_ set: String) -> Int? { networks[set] }

  /// The number of a limiter; nil for a place that is not the table's.
  package subscript(place: LimiterPlace) -> Int? { known[Place(place)] }
}

extension Chain {
  /// Its `limit` statements, but those that only keep a log short, by the rules that they stand in.
  fileprivate var limits: [(rule: Int, limit: RateLimit)] {
    rules.enumerated().flatMap { index, rule in
      rule.statements.enumerated().compactMap { place, statement in
        guard case .limit(let limit) = statement else { return nil }
        if place + 2 == rule.statements.count, !limit.isOver, case .log = rule.statements[place + 1]
        {
          return nil
        }
        return (index, limit)
      }
    }
  }
}

extension Table {
  /// What each dynamic set's elements carry, of all rules that fill it.
  fileprivate var dynamicStatements: [String: Set<DynamicUse>] {
    var uses: [String: Set<DynamicUse>] = [:]
    for rule in chains.lazy.flatMap(\.rules) {
      for case .dynamicSet(let operation, let key, let set, let element) in rule.statements {
        // Counts limit nothing.
        if element == .counter { continue }
        uses[set, default: []].insert(
          DynamicUse(operation: operation, key: key, element: element))
      }
    }
    return uses
  }
}

private struct DynamicUse: Hashable {
  var operation: DynamicSetOperation
  var key: Key
  var element: ElementStatement
}
