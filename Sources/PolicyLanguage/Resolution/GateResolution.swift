import Diagnostics
import NetworkTypes

/// The gate for outbound mail, `smtp-egress`.
extension Resolver {
  mutating func resolveGate(zones: [ResolvedZone]) -> ResolvedSMTPEgress? {
    guard let declaration = policy.smtpEgress else { return nil }
    waivers = declaration.waivers
    var gate = ResolvedSMTPEgress(keySpan: declaration.keySpan)
    gate.action = declaration.action?.value ?? .reject
    gate.counts = declaration.count?.value != SMTPEgressDeclaration.Count.none
    gate.offenders = declaration.offenders.map {
      Offenders(
        keepSeconds: $0.keep?.value ?? KeepingDeclaration.offendersKeep,
        capacity: $0.capacity?.value ?? KeepingDeclaration.defaultCapacity)
    }
    gate.countsPerSubnet = declaration.count?.value == .perSubnet
    gate.relaysSpan = declaration.relays?.span
    gate.usersSpan = declaration.users?.span
    gate.governsForward = declaration.clients != nil || declaration.subnets != nil
    gate.governsOwn = declaration.users != nil || declaration.relays != nil
    if !gate.governsForward, !gate.governsOwn {
      report(
        Diagnostic(
          .gateGovernsNothing, .error,
          "`smtp-egress` names whose mail it governs: without `clients`, `subnets`, `users` and `relays` it stops nothing",
          at: declaration.keySpan,
          help: [
            Diagnostic.Help(
              policy.role.value == .router
                ? "add `clients:` with the zones of the clients"
                : "add `users:` with those who may send mail, `[]` for nobody")
          ]))
    }
    if let relays = declaration.relays {
      gate.relays = endpoint(relays, at: .gateTo) ?? gate.relays
      let known = diagnostics.count + waived.count
      warnOfWideRelays(relays)
      if diagnostics.count + waived.count == known {
        warnOfManyRelays(gate.relays, at: relays.span)
      }
    }
    if let users = declaration.users { gate.users = userIDs(users.value) ?? [] }
    if let subnets = declaration.subnets { resolveSubnets(subnets, into: &gate) }
    if gate.governsForward { govern(declaration, zones, &gate) }
    checkPrefix(declaration.log)
    gate.log = LogSettings().inheriting(policy.defaults.log).inheriting(declaration.log).log(
      LogPrefix(section: "smtp-egress", rule: "default", verdict: gate.action.rawValue))
    waivers = []
    let exceptions = exceptions(declaration.allow)
    gate.allow = exceptions.resolved
    checkRepeats(in: gate, exceptions.written)
    return gate
  }

  /// Relays that are the whole of an outside zone, or anything at all, leave port 25 open.
  private mutating func warnOfWideRelays(_ relays: EndpointExpression) {
    switch relays {
    case .union(let members, _):
      for member in members { warnOfWideRelays(member) }
    case .restricted(let zone?, nil, _, _):
      warnOfWideRelays(zone)
    case .term(let term):
      let isOutside = zoneIndices[term.value].map { policy.zones[$0].kind?.value == .outside }
      guard isOutside ?? (term.value == "any") else { return }
      let shown = term.value == "any" ? "`any`" : "all of the outside zone `\(term.value)`"
      warn(
        Diagnostic(
          .wideRelays, .warning,
          "`relays` should name the relays: \(shown) opens port 25 to the world",
          at: term.span, secondary: origin(of: term),
          help: [
            Diagnostic.Help(
              "write the relays' addresses, or a network of them, as in `relays: [192.0.2.25]`")
          ]))
    case .restricted: break
    }
  }

  /// The same by what the relays come to, whatever they are called: more addresses of the internet than
  /// one network is likely to have.
  private mutating func warnOfManyRelays(_ relays: ResolvedEndpoint, at span: SourceSpan) {
    let outside = policy.zones.indices.filter { policy.zones[$0].kind?.value == .outside }
    for part in relays.parts
    where part.zones.others || outside.contains(where: { part.zones.contains($0) }) {
      let ipv4 = part.addresses.ipv4.intervals.reduce(UInt64(0)) {
        $0 + UInt64($1.upper - $1.lower) + 1
      }
      // A part of 2^112 addresses is /16: saturating, as all of them are one more than a number holds.
      let ipv6 = part.addresses.ipv6.intervals.reduce(UInt128(0)) { sum, interval in
        let (more, overflow) = sum.addingReportingOverflow(interval.upper - interval.lower)
        return overflow ? .max : more
      }
      guard ipv4 > 1 << 24 || ipv6 > 1 << 112 else { continue }
      warn(
        Diagnostic(
          .wideRelays, .warning,
          "`relays` should name the relays: these addresses are more than an IPv4 /8 or an IPv6 /16",
          at: span,
          help: [
            Diagnostic.Help(
              "write the relays' addresses, or a network of them, as in `relays: [192.0.2.25]`")
          ]))
      return
    }
  }

  // MARK: Clients

  private mutating func govern(
    _ declaration: SMTPEgressDeclaration, _ zones: [ResolvedZone],
    _ gate: inout ResolvedSMTPEgress
  ) {
    let forwards =
      policy.role.value == .router
      || policy.zones.contains { $0.kind?.value == .containers }
    let places = [
      ("clients", declaration.clients?.span), ("subnets", declaration.subnets?.keySpan),
    ]
    if !forwards {
      for case (let key, let span?) in places {
        report(
          Diagnostic(
            .badGateClient, .error,
            "a host has `\(key)` only with a zone of `kind: containers`: it forwards nothing else",
            at: span,
            help: [Diagnostic.Help("name the users of this machine's own mail in `users:`")]))
      }
      return
    }
    var named: Set<Int> = []
    var isSound = true
    if let clients = declaration.clients { collect(clients, &named, &gate, &isSound) }
    guard isSound else { return }
    gate.clientNetworks = gate.clientNetworks.union(gate.subnets.addresses)
    var governed = named
    for (index, zone) in zones.enumerated() {
      guard let networks = zone.networks else { continue }
      if !networks.intersection(gate.clientNetworks).isEmpty { governed.insert(index) }
    }
    if named.isEmpty, !gate.clientZones.others, let place = places.compactMap(\.1).first {
      warnOfMissingZone(at: place, declaration.clients == nil, governed, zones)
    }
    gate.clientZones.zones = governed.sorted()
  }

  private mutating func warnOfMissingZone(
    at span: SourceSpan, _ hasNoClients: Bool, _ governed: Set<Int>, _ zones: [ResolvedZone]
  ) {
    let names = governed.sorted().map { "`\(zones[$0].name.value)`" }
    let help =
      names.isEmpty
      ? "name the zone that the clients come in by"
      : "name \(names.joined(separator: ", ")) in `clients`"
    warn(
      Diagnostic(
        .gateWithoutZone, .warning,
        hasNoClients
          ? "`smtp-egress` should name a zone in `clients`: a client that forges its source is in no row"
          : "`clients` should name a zone: a client that forges its source is in none of these networks",
        at: span,
        help: [Diagnostic.Help(names.isEmpty || hasNoClients ? help : help + " too")]))
  }

  private mutating func collect(
    _ clients: EndpointExpression, _ named: inout Set<Int>, _ gate: inout ResolvedSMTPEgress,
    _ isSound: inout Bool
  ) {
    switch clients {
    case .union(let members, _):
      for member in members { collect(member, &named, &gate, &isSound) }
    case .term(let term) where term.value == "any":
      named.formUnion(0..<policy.zones.count)
      gate.clientZones.others = true
      gate.clientNetworks = .any
    case .term(let term) where zoneIndices[term.value] != nil:
      if let zone = zoneIndices[term.value] { named.insert(zone) }
    case .restricted(.some(let zone), nil, nil, _):
      collect(zone, &named, &gate, &isSound)
    case .restricted(.some(let zone), _, _, let span):
      isSound = false
      report(
        Diagnostic(
          .badGateClient, .error, "a zone is governed whole: `clients` cannot take a part of one",
          at: span, secondary: [Diagnostic.Label(zone.span, "the zone")],
          help: [Diagnostic.Help("name the zone, and except sources under `allow:`")]))
    case .term, .restricted(nil, _, _, _):
      guard let endpoint = endpoint(clients, at: .gateTo) else {
        isSound = false
        return
      }
      // A zone may stand in an `except`; it takes interfaces away, and a network has none.
      if endpoint.parts.contains(where: { $0.zones != algebra.everyZone }) {
        isSound = false
        report(
          Diagnostic(
            .badGateClient, .error, "a network is governed whatever interface it comes in by",
            at: clients.span,
            help: [Diagnostic.Help("name the zones that are governed, one by one")]))
        return
      }
      gate.clientNetworks = gate.clientNetworks.union(endpoint.addresses(in: nil))
    }
  }

  // MARK: Exceptions

  /// Those that can be looked up, and what they were written as.
  private mutating func exceptions(
    _ declarations: [SMTPEgressDeclaration.Allow]
  ) -> (resolved: [ResolvedSMTPEgress.Allow], written: [SMTPEgressDeclaration.Allow]) {
    var result: [ResolvedSMTPEgress.Allow] = []
    var sound: [SMTPEgressDeclaration.Allow] = []
    for declaration in declarations {
      waivers = declaration.waivers
      defer { waivers = [] }
      let isSound = declaration.from.map { addresses($0, at: .exceptionFrom) != nil } ?? true
      let to = endpoint(declaration.to, at: .gateTo)
      guard isSound, let to else { continue }
      let from = declaration.from.map { writtenAddresses($0) } ?? .any
      var allow = ResolvedSMTPEgress.Allow(from: from, to: to, span: declaration.span)
      allow.expires = declaration.expires?.value
      allow.owner = declaration.metadata.owner?.value
      allow.ticket = declaration.metadata.ticket?.value
      allow.note = declaration.metadata.note?.value
      result.append(allow)
      sound.append(declaration)
    }
    return (result, sound)
  }
}
