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
    gate.relaysSpan = declaration.relays?.span
    gate.usersSpan = declaration.users?.span
    gate.governsForward = declaration.clients != nil
    gate.governsOwn = declaration.users != nil || declaration.relays != nil
    if !gate.governsForward, !gate.governsOwn {
      report(
        Diagnostic(
          .gateGovernsNothing, .error,
          "`smtp-egress` names whose mail it governs: without `clients`, `users` and `relays` it stops nothing",
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
      warnOfWideRelays(relays)
    }
    if let users = declaration.users { gate.users = userIDs(users.value) ?? [] }
    if let clients = declaration.clients { govern(clients, zones, &gate) }
    checkPrefix(declaration.log)
    gate.log = LogSettings().inheriting(policy.defaults.log).inheriting(declaration.log).log(
      LogPrefix(section: "smtp-egress", rule: "default", verdict: gate.action.rawValue))
    waivers = []
    gate.allow = exceptions(declaration.allow)
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

  // MARK: Clients

  private mutating func govern(
    _ clients: EndpointExpression, _ zones: [ResolvedZone], _ gate: inout ResolvedSMTPEgress
  ) {
    let forwards =
      policy.role.value == .router
      || policy.zones.contains { $0.kind?.value == .containers }
    if !forwards {
      report(
        Diagnostic(
          .badGateClient, .error,
          "a host has `clients` only with a zone of `kind: containers`: it forwards nothing else",
          at: clients.span,
          help: [Diagnostic.Help("name the users of this machine's own mail in `users:`")]))
      return
    }
    var named: Set<Int> = []
    var isSound = true
    collect(clients, &named, &gate, &isSound)
    guard isSound else { return }
    var governed = named
    for (index, zone) in zones.enumerated() {
      guard let networks = zone.networks else { continue }
      if !networks.intersection(gate.clientNetworks).isEmpty { governed.insert(index) }
    }
    if named.isEmpty, !gate.clientZones.others { warnOfMissingZone(clients, governed, zones) }
    gate.clientZones.zones = governed.sorted()
  }

  private mutating func warnOfMissingZone(
    _ clients: EndpointExpression, _ governed: Set<Int>, _ zones: [ResolvedZone]
  ) {
    let names = governed.sorted().map { "`\(zones[$0].name.value)`" }
    warn(
      Diagnostic(
        .gateWithoutZone, .warning,
        "`clients` should name a zone: a client that forges its source is in none of these networks",
        at: clients.span,
        help: [
          Diagnostic.Help(
            names.isEmpty
              ? "name the zone that the clients come in by"
              : "name \(names.joined(separator: ", ")) in `clients` too")
        ]))
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

  private mutating func exceptions(_ declarations: [SMTPEgressDeclaration.Allow])
    -> [ResolvedSMTPEgress.Allow]
  {
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
    checkRepeats(result, sound)
    return result
  }

  /// The longest prefix decides, so equal ones must agree; one diagnostic for each pair of entries.
  private mutating func checkRepeats(
    _ exceptions: [ResolvedSMTPEgress.Allow], _ declarations: [SMTPEgressDeclaration.Allow]
  ) {
    let table = GateTable(exceptions)
    let repeats =
      table.ipv4.repeats().map { (first: $0.first, second: $0.second, "\($0.prefix)") }
      + table.ipv6.repeats().map { (first: $0.first, second: $0.second, "\($0.prefix)") }
    var known: Set<[UInt32]> = []
    // In the order of the text; of a pair in both families the IPv4 prefix is shown.
    let ordered = repeats.enumerated().sorted {
      ($0.element.second, $0.element.first, $0.offset)
        < ($1.element.second, $1.element.first, $1.offset)
    }
    for (_, (first, second, prefix)) in ordered where known.insert([first, second]).inserted {
      let declaration = declarations[Int(second)]
      waivers = declaration.waivers
      reportRepeat(
        of: prefix, exceptions[Int(second)], exceptions[Int(first)], at: declaration.from?.span)
    }
    waivers = []
  }

  private mutating func reportRepeat(
    of prefix: String, _ exception: ResolvedSMTPEgress.Allow, _ other: ResolvedSMTPEgress.Allow,
    at span: SourceSpan?
  ) {
    let agrees = exception.to == other.to && exception.expires == other.expires
    let secondary = [Diagnostic.Label(other.span, "`\(prefix)` is here too")]
    if agrees {
      warn(
        Diagnostic(
          .repeatedException, .warning,
          "an exception should be made once: `\(prefix)` is allowed already",
          at: span ?? exception.span, secondary: secondary,
          help: [Diagnostic.Help("remove one of the two")]))
    } else {
      report(
        Diagnostic(
          .contradictoryException, .error,
          "equal prefixes have one answer: `\(prefix)` has two that differ in "
            + (exception.to == other.to ? "`expires`" : "`to`"),
          at: span ?? exception.span, secondary: secondary,
          help: [Diagnostic.Help("make them one entry, or remove one of the two")]))
    }
  }
}
