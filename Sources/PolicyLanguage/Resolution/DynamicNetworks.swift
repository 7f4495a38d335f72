import Diagnostics

/// Networks that are filled while the policy is in force, and where they may stand.
extension Resolver {
  /// The networks whose content is not the policy's; their names are known from now on.
  mutating func resolveDynamicNetworks() -> [ResolvedDynamicNetwork] {
    var found: [ResolvedDynamicNetwork] = []
    for network in policy.networks {
      // A name that is taken was reported.
      guard case .dynamic(let keeping) = network.source, networks[network.name.value] != nil,
        dynamicNetworks.insert(network.name.value).inserted
      else { continue }
      found.append(
        ResolvedDynamicNetwork(
          name: network.name, keepSeconds: keeping.keep?.value,
          capacity: keeping.capacity?.value ?? KeepingDeclaration.defaultCapacity))
    }
    if found.count > ResolvedDynamicNetwork.maximumCount {
      let first = found[ResolvedDynamicNetwork.maximumCount]
      report(
        Diagnostic(
          .tooManyDynamicNetworks, .error,
          "a policy has at most \(ResolvedDynamicNetwork.maximumCount) networks that are filled at run time",
          at: first.name.span, help: [Diagnostic.Help("let one network serve several rules")]))
    }
    return found
  }

  /// What an `except` takes away: an endpoint, and whole networks that are filled at run time.
  struct Excluded {
    var endpoint = ResolvedEndpoint(parts: [])
    var networks: [String] = []
  }

  /// The value of an `except`; nil after an error.
  mutating func excluded(_ expression: EndpointExpression, at place: EndpointPlace) -> Excluded? {
    var excluded = Excluded()
    var others: [EndpointExpression] = []
    split(expression, &excluded.networks, &others)
    // A place that knows no such network says so as it does elsewhere.
    guard !excluded.networks.isEmpty, place.whyNoDynamicNetwork == nil else {
      guard let endpoint = endpoint(expression, at: place) else { return nil }
      return takingAway(endpoint, expression, excluded)
    }
    if others.isEmpty { return excluded }
    guard let endpoint = endpoint(.union(others, expression.span), at: place) else { return nil }
    return takingAway(endpoint, expression, excluded)
  }

  private mutating func takingAway(
    _ endpoint: ResolvedEndpoint, _ expression: EndpointExpression, _ excluded: Excluded
  ) -> Excluded? {
    guard endpoint.members.isEmpty else {
      reportMixed(expression)
      return nil
    }
    var excluded = excluded
    excluded.endpoint = endpoint
    return excluded
  }

  /// The members of a list that are networks filled at run time, and the others.
  private func split(
    _ expression: EndpointExpression, _ networks: inout [String],
    _ others: inout [EndpointExpression]
  ) {
    switch expression {
    case .term(let term) where dynamicNetworks.contains(term.value): networks.append(term.value)
    case .union(let members, _):
      for member in members { split(member, &networks, &others) }
    case .term, .restricted: others.append(expression)
    }
  }

  /// Reports a list that holds a network which is filled at run time and something else, at the
  /// network's first name.
  mutating func reportMixed(_ expression: EndpointExpression) {
    let term = expression.terms.first { dynamicNetworks.contains($0.value) }
    let name = term?.value ?? ""
    report(
      Diagnostic(
        .mixedDynamicNetwork, .error,
        "a network that is filled at run time stands alone: `\(name)` is beside something else",
        at: term?.span ?? expression.span, secondary: term.map { origin(of: $0) } ?? [],
        help: [
          Diagnostic.Help(
            "write two rules, one for `\(name)` and one for the rest; in an `except`, name it alone or in the list"
          )
        ]))
  }
}
