import Diagnostics
import NetworkTypes

/// The two namespaces, and the names that nobody may declare.
extension Resolver {
  /// Reserved among zones and networks, beside the built-in networks.
  static let reservedEndpoints: Set<String> = ["any", "self"]

  /// Enters zones and networks, and reports names that are taken.
  mutating func declareNames() {
    for name in AddressSet.builtInNames {
      networks[name] = AddressSet.builtIn(name).map {
        NetworkValue(
          addresses: $0, written: WrittenAddresses.builtIn(name),
          entries: NetworkEntries(builtIn: name))
      }
    }
    var known: [String: (kind: String, span: SourceSpan)] = [:]
    for (index, zone) in policy.zones.enumerated() {
      if declare(zone.name, as: "zone", among: &known) { zoneIndices[zone.name.value] = index }
    }
    for network in policy.networks {
      // A failed declaration leaves nil behind: uses of the name are not errors of their own.
      if declare(network.name, as: "network", among: &known) {
        networks.updateValue(nil, forKey: network.name.value)
      }
    }
  }

  private mutating func declare(
    _ name: Located<String>, as kind: String,
    among known: inout [String: (kind: String, span: SourceSpan)]
  ) -> Bool {
    if Resolver.reservedEndpoints.contains(name.value)
      || AddressSet.builtInNames.contains(name.value)
    {
      report(
        Diagnostic(
          .reservedName, .error, "`\(name.value)` is a name of the language itself", at: name.span,
          help: [Diagnostic.Help("choose another name for this \(kind)")]))
      return false
    }
    if let other = known[name.value] {
      let message =
        other.kind == kind
        ? "a \(kind) is declared once: `\(name.value)` is declared twice"
        : "zones and networks share one namespace: `\(name.value)` names both"
      report(
        Diagnostic(
          .duplicateName, .error, message, at: name.span, label: "this \(kind)",
          secondary: [Diagnostic.Label(other.span, "the \(other.kind) `\(name.value)`")],
          help: [Diagnostic.Help("rename one of the two")]))
      return false
    }
    known[name.value] = (kind, name.span)
    return true
  }

  /// Reports a name that is not declared, with the nearest one that is.
  mutating func reportUnknownEndpoint(_ term: Located<String>, place: EndpointPlace) {
    var candidates = Array(zoneIndices.keys) + Array(networks.keys)
    candidates += place.allowsZones ? ["any", "self"] : []
    let nearest = nearest(to: term.value, in: candidates)
    if nearest == nil, looksLikeHostName(term.value) {
      report(hostNameDiagnostic(term))
      return
    }
    var notes: [String] = []
    if policy.services.contains(where: { $0.name.value == term.value }) {
      notes.append("`\(term.value)` is a service; services and networks are named apart")
    }
    let help =
      nearest.map {
        self.help("did you mean `\($0)`?", writing: $0, over: term)
      } ?? Diagnostic.Help("declare `\(term.value)` under `networks` or `zones`")
    report(
      Diagnostic(
        .unknownName, .error, "no zone or network is named `\(term.value)`", at: term.span,
        secondary: origin(of: term), notes: notes,
        help: [help]))
  }
}
