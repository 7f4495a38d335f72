import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

extension TableBuilder {
  /// Rules for the end of a chain: one verdict for packets whose destination is in an endpoint,
  /// another for all others.
  ///
  /// Both must be ends (`goto`, `return`, `accept`, `drop`).
  mutating func destinationRules(
    _ endpoint: ResolvedEndpoint, matched: Verdict, otherwise: Verdict, hint: String,
    comment: String?, at span: SourceSpan
  ) -> [Rule] {
    func addresses(_ set: AddressSet, _ builder: inout TableBuilder) -> [Rule] {
      if set.isAny { return [builder.rule([.verdict(matched)], comment: comment, at: span)] }
      return builder.addressRules(
        source: .any, destination: set, matched, hint: hint, comment: comment, at: span)
        + [builder.rule([.verdict(otherwise)], at: span)]
    }
    guard endpoint.readsZones(policy) else {
      return addresses(endpoint.parts.first?.addresses ?? AddressSet(), &self)
    }
    var targets: [AddressSet: Verdict] = [:]
    let zones: [Int?] = policy.zones.indices.map { $0 } + [nil]
    let verdicts = zones.map { zone -> Verdict in
      let set = endpoint.addresses(in: zone)
      if set.isAny { return matched }
      if set.isEmpty { return otherwise }
      if let known = targets[set] { return known }
      let verdict = Verdict.goto(chain("\(hint)-zone", addresses(set, &self), at: span))
      targets[set] = verdict
      return verdict
    }
    let dispatch = ZoneDispatch(
      zones: policy.zones, field: .outputInterface, verdicts: verdicts.dropLast(),
      others: verdicts.last ?? otherwise)
    return dispatch.rules(in: &self, named: "zones-\(hint)", at: span)
  }
}
