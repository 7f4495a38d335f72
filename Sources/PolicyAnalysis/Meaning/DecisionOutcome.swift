package import NetworkTypes
package import PacketSpace
import PolicyLanguage

extension Outcome {
  /// What a decision does, in the terms that a ruleset's meaning has too.
  ///
  /// - Parameters:
  ///   - counterName: what a counter is called in the ruleset; nil where it has none.
  ///   - counterMapName: the map that leads to the counters of a family's rows; nil where it has none.
  ///   - limiters: the numbers of the rules' limiters.
  package init(
    of decision: Decision, counterName: (Decision.Counter) -> String?,
    counterMapName: (AddressFamily) -> String? = { _ in nil }, limiters: LimiterNumbers
  ) {
    var effects: [Effect] = []
    if let log = decision.log { effects.append(.log(log)) }
    if let name = decision.counter.flatMap(counterName) { effects.append(.counter(name)) }
    if decision.recordsOffender { effects.append(.offender) }
    if let map = decision.subnetCounter.flatMap(counterMapName) {
      effects.append(.counterMap(map, by: .source))
    }
    if let helper = decision.helper {
      effects.append(.helper(type: helper.type.rawValue, transport: helper.transport.number))
    }
    if let limiter = decision.limiter.flatMap({ limiters[$0] }) {
      effects.append(.limiter(limiter))
    }
    let verdict: Verdict =
      switch decision.verdict {
      case .accept: .accept
      case .drop: .drop
      case .tcpReset: .tcpReset
      case .icmpReject: .icmpReject
      }
    self.init(verdict, effects: effects)
  }
}

extension Outcome.Effect {
  /// A record among the gate's offenders, of either address family.
  package static let offender = Outcome.Effect.record("offenders")

  fileprivate static func log(_ log: ResolvedLog) -> Outcome.Effect {
    let group: UInt16? =
      switch log.to {
      case .kernel: nil
      case .group(let number): number
      }
    return .log(
      prefix: log.prefix, group: group, rate: UInt64(log.rate.count),
      unitSeconds: log.rate.unit.rawValue, burst: log.burst)
  }
}
