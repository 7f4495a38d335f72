import PolicyLanguage

/// How to put somebody under the port-25 gate, in words that can be pasted.
extension CheckContext {
  /// `smtp-egress: { clients: homes }`, or the change to the gate that there is.
  ///
  /// Its relays are servers that the policy itself says take mail, where it names any: without relays the
  /// gate lets nobody send, which is safe and shows at once whom it misses.
  func adviceToGovern(_ name: String) -> String {
    guard let gate = written.smtpEgress else {
      let relays = knownMailServers.map { ", relays: \($0)" } ?? ""
      return "add the clients to the gate: `smtp-egress: { clients: \(name)\(relays) }`"
        + (relays.isEmpty ? "; whoever may get their mail on 25 stands under `relays`" : "")
    }
    guard let clients = gate.clients else {
      return "add the clients to the gate: `clients: \(name)` in `smtp-egress`"
    }
    if let names = clients.plainNames {
      let all = names.contains(name) ? names : names + [name]
      return "add the clients to the gate: `clients: [\(all.joined(separator: ", "))]`"
    }
    return "add `\(name)` to the `clients` of the gate"
  }

  /// Where a rule of `forward` that says it serves an MX or an MSA leads to, as it is written: the name
  /// of a network.
  private var knownMailServers: String? {
    let networks = Set(written.networks.map(\.name.value))
    let names = written.forward.rules.lazy.filter { rule in
      rule.verdict.value == .allow
        && rule.serves.contains {
          $0.value == ServedRole.mx.rawValue || $0.value == ServedRole.msa.rawValue
        }
    }.compactMap { $0.to?.networkName }
    return names.first { networks.contains($0) }
  }
}

extension EndpointExpression {
  /// The names and literals of a list without `except`, in its order; nil for anything else.
  var plainNames: [String]? {
    switch self {
    case .term(let term): return [term.value]
    case .union(let members, _):
      var names: [String] = []
      for member in members {
        guard let own = member.plainNames else { return nil }
        names += own
      }
      return names
    case .restricted: return nil
    }
  }

  /// The one name that it is about, a zone aside.
  fileprivate var networkName: String? {
    switch self {
    case .term(let term): term.value
    case .union: nil
    case .restricted(_, let network, let except, _): except == nil ? network?.networkName : nil
    }
  }
}
