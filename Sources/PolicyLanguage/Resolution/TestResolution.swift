import Diagnostics
import NetworkTypes

extension Resolver {
  /// Every test that has no error, in the order of the text.
  mutating func resolveTests(of resolved: ResolvedPolicy) -> [ResolvedTest] {
    var names = RuleNames()
    for test in policy.tests { if let name = test.name { names.take(name.value) } }
    var interfaces = TestInterfaceReading(policy: resolved)
    return policy.tests.compactMap { test in
      self.test(test, named: test.name?.value ?? names.derive(test), &interfaces)
    }
  }

  private mutating func test(
    _ test: TestDeclaration, named name: String, _ interfaces: inout TestInterfaceReading
  ) -> ResolvedTest? {
    let from = end(.from, of: test, test.from, at: .testFrom(test.path))
    let to = end(.to, of: test, test.to, at: .testTo(test.path))
    let service = test.service.map { serviceValue($0)?.set } ?? .any
    let inputs = test.inputs.map { self.interfaces($0, "`in`", &interfaces) }
    let outputs = test.outputs.map { self.interfaces($0, "`out`", &interfaces) }
    let users = test.users.map { userIDs($0) }
    if test.path == .forward, interfaces.policy.forward == nil, interfaces.policy.role == .host {
      reportForwardTest(test)
      return nil
    }
    guard let from, let to, let service else { return nil }
    var resolved = ResolvedTest(
      name: name, path: test.path, expect: test.expect, from: from, to: to, service: service,
      span: test.span)
    // A nil of the inner kind is an error: then there is no policy to hold the test.
    if let inputs { resolved.inputs = inputs }
    if let outputs { resolved.outputs = outputs }
    if let users { resolved.users = users }
    if let states = test.states { resolved.states = states }
    resolved.isSpoofed = test.isSpoofed
    resolved.limitExceeded = test.limitExceeded
    resolved.asOf = test.asOf
    resolved.valueSpans = test.valueSpans
    checkMeeting(.from, .in, resolved.from, resolved.inputs, of: test, interfaces.policy)
    checkMeeting(.to, .out, resolved.to, resolved.outputs, of: test, interfaces.policy)
    return resolved
  }

  // MARK: - Regions without a packet

  /// One end of a test; nil after an error, and where it is empty.
  private mutating func end(
    _ key: TestKey, of test: TestDeclaration, _ expression: EndpointExpression?,
    at place: EndpointPlace
  ) -> ResolvedEndpoint? {
    let known = diagnostics.count
    guard let found = endpoint(expression, at: place) else { return nil }
    guard found.parts.isEmpty else { return found }
    // An `except` that leaves nothing is a warning elsewhere, and the cause of the error here.
    let cause = diagnostics[known...].first { $0.code == .nothingLeft }
    diagnostics[known...].removeAll { $0.code == .nothingLeft }
    report(
      Diagnostic(
        .emptyTest, .error, "a test speaks of at least one packet: its `\(key.rawValue)` is empty",
        at: cause?.primary?.span ?? test.valueSpans[key] ?? test.span,
        help: [
          Diagnostic.Help(
            cause == nil
              ? "name an end that has addresses, or remove the test"
              : "narrow the `except`, or remove the test")
        ]))
    return nil
  }

  /// Reports interfaces of which none is one that the endpoint speaks of.
  private mutating func checkMeeting(
    _ end: TestKey, _ key: TestKey, _ endpoint: ResolvedEndpoint, _ interfaces: TestInterfaces?,
    of test: TestDeclaration, _ resolved: ResolvedPolicy
  ) {
    guard let interfaces, let span = test.valueSpans[key] else { return }
    let zones = interfaces.zones.map(Optional.some)
    let owners = interfaces.names.map { resolved.zone(ofInterface: $0) }
    if interfaces.zones.isEmpty, interfaces.names.isEmpty { return }
    if (zones + owners).contains(where: { !endpoint.addresses(in: $0).isEmpty }) { return }
    report(
      Diagnostic(
        .emptyTest, .error,
        "a test speaks of at least one packet: `\(end.rawValue)` and `\(key.rawValue)` have no interface in common",
        at: span,
        secondary: test.valueSpans[end].map {
          [Diagnostic.Label($0, "speaks of other interfaces")]
        } ?? [],
        help: [Diagnostic.Help("remove `\(key.rawValue)`, or the zone from `\(end.rawValue)`")]))
  }

  private mutating func reportForwardTest(_ test: TestDeclaration) {
    // A `self` in the wrong place has been spoken of, and is what was meant.
    let terms = (test.from?.terms ?? []) + (test.to?.terms ?? [])
    if terms.contains(where: { $0.value == "self" }) { return }
    report(
      Diagnostic(
        .forwardOnHost, .error,
        "a host has tests of forwarded traffic only with a zone of `kind: containers`",
        at: test.valueSpans[.to] ?? test.valueSpans[.from] ?? test.span,
        label: "neither end is `self`",
        secondary: [Diagnostic.Label(policy.role.span, "this is a host")],
        help: [
          Diagnostic.Help(
            "write `to: self` for what comes to this machine, `from: self` for what it sends"),
          Diagnostic.Help(
            "or declare the containers' interfaces under `zones`: `containers: { kind: containers, interfaces: [docker0, \"br-*\"] }`"
          ),
        ]))
  }

  // MARK: - Interfaces

  /// Tells zones and interfaces apart; nil after an error.
  private mutating func interfaces(
    _ terms: [Located<String>], _ what: String, _ reading: inout TestInterfaceReading
  ) -> TestInterfaces? {
    var zones: Set<Int> = []
    var names: [String] = []
    var known: Set<String> = []
    var isSound = true
    for term in terms {
      if let zone = zoneIndices[term.value] {
        zones.insert(zone)
      } else if !isInterface(term, what, &reading) {
        isSound = false
      } else if known.insert(term.value).inserted {
        names.append(term.value)
      }
    }
    return isSound ? TestInterfaces(zones: zones.sorted(), names: names) : nil
  }

  /// Whether a name that is no zone's can be taken for an interface; false after an error.
  ///
  /// An interface of no zone need not be declared anywhere, so that a mistyped zone would pass for
  /// one: what comes near a zone's name is refused.
  private mutating func isInterface(
    _ term: Located<String>, _ what: String, _ reading: inout TestInterfaceReading
  ) -> Bool {
    let name = term.value
    if name == "lo" || reading.policy.zone(ofInterface: name) != nil { return true }
    if networks[name] != nil {
      report(
        Diagnostic(
          .wrongKindOfName, .error,
          "`\(name)` is a network, and \(what) names a zone or an interface", at: term.span,
          secondary: origin(of: term),
          help: [Diagnostic.Help("name addresses in `from` or `to`")]))
      return false
    }
    let zone =
      reading.nearestZones[name] ?? nearest(to: name, in: zoneIndices.keys)
    reading.nearestZones.updateValue(zone, forKey: name)
    // What the kernel has no room for can only be meant as a zone.
    let isTooLong = name.utf8.count > 15
    guard zone != nil || isTooLong else { return true }
    var help = zone.map { [self.help("did you mean `\($0)`?", writing: $0, over: term)] } ?? []
    help.append(
      Diagnostic.Help(
        isTooLong
          ? "declare `\(name)` under `zones`, or name an interface, of at most 15 bytes"
          : "or name the interface `\(name)` in a zone"))
    report(
      Diagnostic(
        .unknownName, .error, "no zone is named `\(name)`, and no zone has such an interface",
        at: term.span, secondary: origin(of: term), help: help))
    return false
  }
}

/// What the names of interfaces are looked up in.
private struct TestInterfaceReading {
  let policy: ResolvedPolicy
  /// The zone that each name looked for comes near to, so that one is searched for once.
  var nearestZones: [String: String?] = [:]

  init(policy: ResolvedPolicy) { self.policy = policy }
}
