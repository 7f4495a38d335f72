import Diagnostics
import NetworkTypes

extension PolicySection {
  var from: EndpointPlace {
    switch self {
    case .inbound: .inboundFrom
    case .forward: .forward
    case .outbound: .outboundFrom
    }
  }

  var to: EndpointPlace {
    switch self {
    case .inbound: .inboundTo
    case .forward: .forward
    case .outbound: .outboundTo
    }
  }
}

extension Resolver {
  mutating func resolveSections(into resolved: inout ResolvedPolicy) {
    checkPrefix(policy.defaults.log)
    var names = givenRuleNames()
    let role = policy.role.value
    let hasContainers = policy.zones.contains { $0.kind?.value == .containers }
    resolved.inbound = section(policy.inbound, .inbound, denies: true, &names)
    if role == .router || hasContainers {
      resolved.forward = section(policy.forward, .forward, denies: role == .router, &names)
    } else {
      reportForwardOnHost()
      // Its names and endpoints are still worth a look.
      _ = section(policy.forward, .forward, denies: false, &names)
    }
    resolved.outbound = section(
      policy.outbound, .outbound, denies: resolved.outboundDefault == .deny, &names)
  }

  private mutating func reportForwardOnHost() {
    guard let span = policy.forward.keySpan ?? policy.forward.rules.first?.span else { return }
    report(
      Diagnostic(
        .forwardOnHost, .error, "a host has `forward` rules only with a zone of `kind: containers`",
        at: span, secondary: [Diagnostic.Label(policy.role.span, "this is a host")],
        notes: [
          "a host that runs no containers forwards nothing, and inbound rules never see the ports that containers publish"
        ],
        help: [
          Diagnostic.Help(
            "declare the containers' interfaces under `zones`: `containers: { kind: containers, interfaces: [docker0, \"br-*\"] }`"
          ),
          Diagnostic.Help("or write `role: router`"),
        ]))
  }

  private mutating func section(
    _ declaration: RuleSection, _ section: PolicySection, denies: Bool, _ names: inout RuleNames
  ) -> ResolvedSection {
    checkPrefix(declaration.log)
    let settings = LogSettings().inheriting(policy.defaults.log).inheriting(declaration.log)
    var result = ResolvedSection(keySpan: declaration.keySpan)
    result.rules.reserveCapacity(declaration.rules.count)
    for rule in declaration.rules {
      let name = rule.name?.value ?? names.derive(rule)
      waivers = rule.waivers
      if let rule = self.rule(rule, named: name, section, settings) { result.rules.append(rule) }
      waivers = []
    }
    if denies {
      result.defaultLog = settings.log(
        LogPrefix(section: section.rawValue, rule: "default", verdict: "deny"))
    }
    return result
  }

  /// One rule; nil after an error that leaves no endpoint or service to speak of.
  private mutating func rule(
    _ rule: RuleDeclaration, named name: String, _ section: PolicySection, _ settings: LogSettings
  ) -> ResolvedRule? {
    let from = endpoint(rule.from, at: section.from)
    let to = endpoint(rule.to, at: section.to)
    let service = serviceValue(rule.service)
    let published = rule.published.flatMap { publishedPorts($0, of: rule, section) }
    let users = rule.users.flatMap { userIDs($0, section) }
    checkPlace(of: rule)
    checkPrefix(rule.log)
    guard let from, let to, let service else { return nil }
    let verdict = rule.verdict.value
    var resolved = ResolvedRule(
      name: name, verdict: verdict, from: from, to: to, service: service.set, span: rule.span)
    resolved.published = published
    resolved.helpers = verdict == .allow ? service.helpers : []
    resolved.users = users
    resolved.limit = rule.limit?.value
    resolved.serves = rule.serves.map(\.value)
    let own = settings.inheriting(rule.log)
    if rule.log?.switch == .on {
      resolved.log = own.log(
        LogPrefix(section: section.rawValue, rule: name, verdict: verdict.rawValue))
    }
    if rule.limit != nil {
      resolved.excessLog = own.excessLog(
        LogPrefix(section: section.rawValue, rule: name, verdict: "limit"))
    }
    resolved.counts = rule.counts?.value ?? false
    resolved.expires = rule.expires?.value
    resolved.owner = rule.metadata.owner?.value
    resolved.ticket = rule.metadata.ticket?.value
    resolved.note = rule.metadata.note?.value
    resolved.waivers = rule.waivers
    return resolved
  }

  private mutating func checkPlace(of rule: RuleDeclaration) {
    if let limit = rule.limit, rule.verdict.value != .allow {
      report(
        Diagnostic(
          .keyOutOfPlace, .error, "`limit` belongs to `allow`: what is denied has no rate",
          at: limit.span,
          secondary: [Diagnostic.Label(rule.verdict.span)],
          help: [Diagnostic.Help("remove `limit`, or allow the service up to that rate")]))
    }
  }

  /// The value of `published`; nil after an error.
  private mutating func publishedPorts(
    _ expression: ServiceExpression, of rule: RuleDeclaration, _ section: PolicySection
  ) -> ServiceSet? {
    if section != .forward || policy.role.value != .host {
      report(
        Diagnostic(
          .keyOutOfPlace, .error, "`published` belongs to the `forward` rules of a host",
          at: expression.span,
          help: [Diagnostic.Help("name the service where the rule names its verdict")]))
      return nil
    }
    if rule.service.terms.contains(where: { $0.value != "any" }) {
      report(
        Diagnostic(
          .badPublished, .error,
          "a rule matches the published port instead of the container's: it cannot name both",
          at: rule.service.span,
          secondary: [Diagnostic.Label(expression.span, "matches what the outside dialled")],
          help: [
            Diagnostic.Help(
              "write `\(rule.verdict.value.rawValue): any`", replacing: rule.service.span,
              with: "any")
          ]))
      return nil
    }
    guard let set = serviceValue(expression)?.set else { return nil }
    guard set.protocols.isEmpty, set.icmp.isEmpty, set.icmpv6.isEmpty else {
      report(
        Diagnostic(
          .badPublished, .error, "a published service is made of ports alone", at: expression.span,
          help: [Diagnostic.Help("write ports, as in `published: tcp/8080`")]))
      return nil
    }
    return set
  }

  /// Sorted user ids; nil after an error.
  private mutating func userIDs(_ users: [Located<String>], _ section: PolicySection) -> [UInt32]? {
    guard section == .outbound else {
      if let first = users.first {
        report(
          Diagnostic(
            .keyOutOfPlace, .error, "`user` belongs to `outbound` rules", at: first.span,
            notes: ["only a packet that this machine sends has a socket that a user created"],
            help: [Diagnostic.Help("remove `user`, or move the rule to `outbound`")]))
      }
      return nil
    }
    return userIDs(users)
  }

  /// Sorted user ids; nil after an error.
  mutating func userIDs(_ terms: [Located<String>]) -> [UInt32]? {
    var ids: Set<UInt32> = []
    var isSound = true
    for term in terms {
      if let id = users[term.value] {
        ids.insert(id)
      } else if let id = UInt32(term.value), id != .max, "\(id)" == term.value {
        ids.insert(id)
      } else {
        isSound = false
        reportUnknownUser(term)
      }
    }
    return isSound ? ids.sorted() : nil
  }

  private mutating func reportUnknownUser(_ term: Located<String>) {
    if !term.value.isEmpty, term.value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      report(
        Diagnostic(
          .unknownUser, .error, "`\(term.value)` is not a user id", at: term.span,
          help: [
            Diagnostic.Help("write a number from 0 to \(UInt32.max - 1), without leading zeros")
          ]))
      return
    }
    var help: [Diagnostic.Help] = []
    if let nearest = nearest(to: term.value, in: users.keys) {
      help.append(
        self.help("did you mean `\(nearest)`?", writing: nearest, over: term))
    }
    help.append(
      Diagnostic.Help("add its number: `users: { \(term.value): UID }`, as `id -u` prints it"))
    report(
      Diagnostic(
        .unknownUser, .error, "no user is named `\(term.value)`", at: term.span,
        secondary: origin(of: term),
        notes: ["no user database is read: a policy means the same on every machine"], help: help))
  }
}
