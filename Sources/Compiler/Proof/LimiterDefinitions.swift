import Lowering
import Nftables
import PolicyAnalysis
import PolicyLanguage

/// What of a limit the meanings do not speak of, for which it only has room or has not: its numbers,
/// and whom it counts apart.
struct LimiterDefinitions {
  let lowered: LoweredPolicy
  /// By the names of their rules.
  private let limits: [String: Limit]

  init(_ lowered: LoweredPolicy, of policy: ResolvedPolicy) {
    self.lowered = lowered
    limits = Dictionary(
      policy.limitedRules.compactMap { rule in rule.limit.map { (rule.name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The first statement of the table that limits otherwise than its rule says.
  var firstDifference: MeaningProof.LimiterDifference? {
    let sets = Dictionary(
      lowered.table.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for chain in lowered.table.chains {
      for rule in chain.rules {
        for (place, statement) in rule.statements.enumerated() {
          let isRight: Bool
          let name: String?
          switch statement {
          case .limit(let limit):
            // The rate of a log statement is an effect, which the meanings compare.
            if rule.statements.dropFirst(place + 1).first?.isLog == true { continue }
            name = lowered.ruleOfLimiterChain[chain.name]
            isRight = name.flatMap { limits[$0] }.map { $0.isHeld(by: limit) } ?? false
          case .dynamicSet(_, _, _, .counter): continue
          case .dynamicSet(let operation, let key, let set, let element):
            name = lowered.ruleOfLimiterSet[set]
            isRight =
              name.flatMap { limits[$0] }.map {
                $0.isHeld(by: operation, element) && Self.countsSources(key)
                  && $0.isHeld(by: sets[set])
              } ?? false
          default: continue
          }
          if !isRight { return .init(rule: name, chain: chain.name, origin: rule.origin) }
        }
      }
    }
    return nil
  }

  /// "Per source means per IPv4 address or IPv6 /64".
  private static func countsSources(_ key: Key) -> Bool {
    key == Key([Key.Part(.ipv4Source)]) || key == Key([Key.Part(.ipv6Source, prefixLength: 64)])
  }
}

extension Statement {
  fileprivate var isLog: Bool {
    if case .log = self { true } else { false }
  }
}

extension Limit {
  /// The bucket of a limit for all sources.
  fileprivate func isHeld(by limit: RateLimit) -> Bool {
    guard case .rate(let count, let unit, let burst, perSource: false) = self else { return false }
    return limit
      == RateLimit(
        rate: UInt64(count), unitSeconds: unit.rawValue, burst: burst, isOver: limit.isOver)
  }

  /// What each source has of its own.
  fileprivate func isHeld(
    by operation: DynamicSetOperation, _ element: ElementStatement
  ) -> Bool {
    switch (self, element) {
    case (.rate(let count, let unit, let burst, perSource: true), .limit(let limit)):
      return operation == .update
        && limit
          == RateLimit(
            rate: UInt64(count), unitSeconds: unit.rawValue, burst: burst, isOver: limit.isOver)
    case (.connectionsPerSource(let count), .connectionCount(let counted)):
      // An element of counted connections goes with its last one.
      return operation == .add && counted == count
    default: return false
    }
  }

  /// "up to 65,536"; a bucket is not forgotten before it is full again.
  fileprivate func isHeld(by set: NamedSet?) -> Bool {
    guard let set, set.size == 65536 else { return false }
    switch self {
    case .rate(let count, let unit, let burst, _):
      guard let timeout = set.timeoutSeconds else { return true }
      let refill = (UInt64(burst) + 1).multipliedReportingOverflow(by: unit.rawValue)
      return !refill.overflow && timeout >= refill.partialValue / max(UInt64(count), 1)
    case .connectionsPerSource: return set.timeoutSeconds == nil
    }
  }
}
