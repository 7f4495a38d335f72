import NetworkTypes
import PolicyLanguage

/// Names of the policy's own that advice can be pasted with.
extension CheckContext {
  /// The network that rules mostly let in by name, else the only one that there is: where administrators
  /// and applications are.
  ///
  /// Nil where that is not to be told.
  func likelySource() -> String? {
    // Neither clients nor what is a part of the internet by another name.
    let known = Set(
      policy.networks.filter {
        $0.networkClass?.isOfClients != true && !$0.addresses.isEmpty
          && $0.addresses.intersection(internet.addresses).isEmpty
      }.map(\.name.value))
    var counts: [String: Int] = [:]
    for rule in written.inbound.rules + written.forward.rules where rule.verdict.value == .allow {
      for name in rule.from?.names ?? [] where known.contains(name) {
        counts[name, default: 0] += 1
      }
    }
    let usual = policy.networks.map(\.name.value)
      .max { counts[$0, default: 0] < counts[$1, default: 0] }
    if let usual, counts[usual] != nil { return usual }
    return known.count == 1 ? known.first : nil
  }

  /// Advice that names a network `office`, in the words of this policy.
  func inOwnNames(_ advice: String) -> String {
    guard advice.contains("`from: office`") else { return advice }
    if let name = usualSource { return advice.replacing("`from: office`", with: "`from: \(name)`") }
    return advice + ", declared under `networks`"
  }

  /// A day a year after the check.
  var dayInAYear: Timestamp {
    Timestamp(seconds: (options.asOf.seconds / 86400 + 365) * 86400)
  }

  /// Where the internet is, for a rule's `to`.
  var nameOfOutside: String {
    zones { $0 == .outside }.first.map { policy.zones[$0].name.value } ?? "any"
  }
}

extension EndpointExpression {
  /// Its names and literals, but for what it takes away.
  var names: [String] {
    switch self {
    case .term(let term): [term.value]
    case .union(let members, _): members.flatMap(\.names)
    case .restricted(let zone, let network, _, _): (zone?.names ?? []) + (network?.names ?? [])
    }
  }
}
