import PolicyLanguage

/// The names that a policy uses anywhere, each in its namespace; those that built-in services use
/// included.
struct NameUses {
  /// Of zones and networks.
  private(set) var endpoints: Set<String> = []
  private(set) var services: Set<String> = []

  init(in policy: Policy) {
    let sections = [policy.inbound, policy.forward, policy.outbound]
    for rule in sections.flatMap(\.rules) {
      add(rule.from, rule.to)
      add(rule.service, rule.published)
    }
    for zone in policy.zones { add(zone.networks) }
    for network in policy.networks {
      if case .of(let expression) = network.source { add(expression) }
    }
    for service in policy.services { add(service.of) }
    if let gate = policy.smtpEgress {
      add(gate.clients, gate.relays)
      for exception in gate.allow { add(exception.from, exception.to) }
    }
    for test in policy.tests {
      add(test.from, test.to)
      add(test.service)
      for name in (test.inputs ?? []) + (test.outputs ?? []) { endpoints.insert(name.value) }
    }
  }

  private mutating func add(_ expressions: EndpointExpression?...) {
    for term in expressions.compactMap(\.self).flatMap(\.terms) { endpoints.insert(term.value) }
  }

  private mutating func add(_ expressions: ServiceExpression?...) {
    for term in expressions.compactMap(\.self).flatMap(\.terms) { services.insert(term.value) }
  }
}
