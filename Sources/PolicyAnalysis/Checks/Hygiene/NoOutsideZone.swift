import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyLanguage

extension Check {
  static let noOutsideZone = Check(
    "FW515", "no-outside-zone",
    summary: "a router whose zones do not say where the internet is",
    explanation: """
      Most checks ask what the internet may reach here, and whom clients may reach there. The internet
      comes in by zones of `kind: outside` and by interfaces of no zone; this router has no such zone,
      and a rule lets packets out to addresses that nobody knows by a zone without a `kind`. What goes
      on there no check looks at, so that a run that finds nothing says little: say `kind: outside` of
      the zone that faces the internet.

      Zones that list their `networks`, and those from which the internet is reached by an interface of
      no zone, are taken for inner ones. Routes are not seen: where addresses lie behind an inner router
      only, list them, or say another `kind`. Source: conventions of this program ("The internet" in
      the language reference).
      """,
    example: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        wan: { interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: wan }
      smtp-egress:
        clients: clients
      """,
    fixed: """
      fwpolicy: 1
      name: edge
      owner: noc
      role: router
      zones:
        wan: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
      forward:
        - { allow: any, from: clients, to: wan }
      smtp-egress:
        clients: clients
      """,
    run: { context in
      guard context.policy.role == .router, context.policy.forward != nil,
        context.zones({ $0 == .outside }).isEmpty
      else { return [] }
      var found: [UnsaidZone] = []
      for index in context.policy.zones.indices {
        if let zone = try context.unsaid(index) { found.append(zone) }
      }
      // Whom others reach for the web is more likely to face the internet.
      guard let first = found.first(where: \.isForSurfing) ?? found.first else { return [] }
      let name = context.policy.zones[first.index].name
      return [
        Finding(
          "a router's checks must know where the internet is: no zone is of `kind: outside`, and "
            + "`\(name.value)` leads to addresses that nobody knows",
          at: name.span,
          secondary: first.rules.prefix(3).map {
            Diagnostic.Label(context.span(ofRule: $0), "lets packets out to them")
          }
            + found.filter { $0.index != first.index }.prefix(3).map {
              Diagnostic.Label(context.policy.zones[$0.index].name.span, "or this one")
            },
          notes: [first.example],
          help: [
            Diagnostic.Help("say so of the zone that faces the internet: `kind: outside`"),
            Diagnostic.Help("or list what lives there under its `networks`"),
          ], waivers: found.flatMap { context.waivers(ofZone: $0.index) })
      ]
    })
}

/// A zone of no kind that unknown addresses are reached by.
private struct UnsaidZone {
  var index: Int
  /// That let packets out to them.
  var rules: [RulePlace]
  var isForSurfing: Bool
  var example: String?
}

extension CheckContext {
  /// Nil for a zone that says what it is, or that no rule means by itself.
  fileprivate func unsaid(_ index: Int) throws(PacketSpaceError) -> UnsaidZone? {
    let zone = policy.zones[index]
    // Who lists the internet itself has not said where it is.
    let isListed = zone.networks.map { $0.intersection(internet.addresses).isEmpty } ?? false
    guard zone.kind == nil, !isListed else { return nil }
    let one = ZoneSet(zones: [index], others: false)
    // Who reaches the internet by an interface of no zone is inside.
    let away = try traffic(on: .forward, from: endpoint(in: one), to: strangers, .any)
    if !(try acceptingRules(of: away)).isEmpty { return nil }
    let others = ZoneSet(zones: policy.zones.indices.filter { $0 != index }, others: true)
    func sent(_ service: ServiceSet, to zones: ZoneSet) throws(PacketSpaceError) -> PacketSet {
      try traffic(
        on: .forward, from: endpoint(in: others), to: endpoint(internet.addresses, in: zones),
        service)
    }
    // A rule that means every interface does not speak of this one.
    let wide = Set(try acceptingRules(of: try sent(.any, to: internet.zones)))
    let out = try sent(.any, to: one)
    let rules = try acceptingRules(of: out).filter { !wide.contains($0) }
    guard let first = rules.first else { return nil }
    let surfing = try acceptingRules(of: try sent(.port(.tcp, 443), to: one))
    return UnsaidZone(
      index: index, rules: rules, isForSurfing: !surfing.allSatisfy { wide.contains($0) },
      example: try example(of: out, acceptedBy: first))
  }
}
