import Diagnostics
import NetworkTypes

/// What a service's name stands for.
struct ServiceValue {
  var set: ServiceSet
  /// The helpers that its name brings, sorted by helper.
  var helpers: [HelperUse]
}

extension Resolver {
  /// Looks every declared service up, in an order in which each finds those it names.
  mutating func resolveServices() {
    let declarations = declareServices()
    var indices: [String: Int] = [:]
    for (index, service) in declarations.enumerated() { indices[service.name.value] = index }
    let order = DependencyOrder(
      declarations.map { service in
        service.of.terms.compactMap { term in
          indices[term.value].map { Reference(target: $0, span: term.span) }
        }
      })
    reportCycles(order, names: declarations.map(\.name), kind: "service")
    for index in order.order where !order.isOnCycle[index] {
      let service = declarations[index]
      guard var value = serviceValue(service.of) else { continue }
      if let helper = service.helper?.value {
        value.helpers = merged(value.helpers + [HelperUse(helper: helper, service: value.set)])
      }
      services[service.name.value] = value
    }
  }

  /// The declarations that hold, each name once; a later one takes a built-in's place only with
  /// `override: true`.
  private mutating func declareServices() -> [ServiceDeclaration] {
    var declarations: [ServiceDeclaration] = []
    var indices: [String: Int] = [:]
    for service in policy.services {
      let name = service.name
      if name.value == "any" {
        report(
          Diagnostic(
            .reservedName, .error, "`any` is a name of the language itself", at: name.span,
            help: [Diagnostic.Help("choose another name for this service")]))
        continue
      }
      guard let index = indices[name.value] else {
        indices[name.value] = declarations.count
        declarations.append(service)
        services.updateValue(nil, forKey: name.value)
        continue
      }
      let other = declarations[index]
      if service.isOverride {
        declarations[index] = service
      } else if other.isBuiltIn {
        report(
          Diagnostic(
            .reservedName, .error, "`\(name.value)` is a built-in service", at: name.span,
            secondary: [Diagnostic.Label(other.name.span, "the built-in service")],
            help: [Diagnostic.Help("rename this one, or add `override: true` to redefine it")]))
      } else {
        report(
          Diagnostic(
            .duplicateName, .error, "a service is declared once: `\(name.value)` is declared twice",
            at: name.span, label: "this service",
            secondary: [Diagnostic.Label(other.name.span, "the service `\(name.value)`")],
            help: [
              Diagnostic.Help("rename one of the two, or add `override: true` to the later one")
            ]))
      }
    }
    return declarations
  }

  /// The packets and helpers of an expression; nil where it has an error.
  mutating func serviceValue(_ expression: ServiceExpression) -> ServiceValue? {
    var set = ServiceSet()
    var helpers: [HelperUse] = []
    var isSound = true
    for term in expression.terms {
      if term.value == "any" {
        set = .any
      } else if let known = services[term.value] {
        guard let known else {
          isSound = false
          continue
        }
        set = set.union(known.set)
        helpers += known.helpers
      } else if let literal = serviceLiteral(term) {
        set = set.union(literal)
      } else {
        isSound = false
      }
    }
    return isSound ? ServiceValue(set: set, helpers: merged(helpers)) : nil
  }

  /// One use for each helper, in the order of their names.
  private func merged(_ uses: [HelperUse]) -> [HelperUse] {
    ConntrackHelper.allCases
      .sorted { $0.rawValue < $1.rawValue }
      .compactMap { helper in
        let sets = uses.filter { $0.helper == helper }.map(\.service)
        guard let first = sets.first else { return nil }
        return HelperUse(helper: helper, service: sets.dropFirst().reduce(first) { $0.union($1) })
      }
  }

  private mutating func serviceLiteral(_ term: Located<String>) -> ServiceSet? {
    do throws(ServiceParseError) {
      return try parseServiceLiteral(term.value)
    } catch {
      if term.value.utf8.contains(UInt8(ascii: "/")) || term.value.utf8.contains(0x3A) {
        report(serviceDiagnostic(error, term))
      } else {
        reportUnknownService(term)
      }
      return nil
    }
  }

  private mutating func reportUnknownService(_ term: Located<String>) {
    var notes: [String] = []
    if networks[term.value] != nil || zoneIndices[term.value] != nil {
      notes.append("`\(term.value)` is a zone or network; services are named apart")
    }
    var help: [Diagnostic.Help] = []
    if let port = UInt16(term.value), port > 0, "\(port)" == term.value {
      for name in ["tcp", "udp"] {
        let literal = "\(name)/\(port)"
        help.append(
          self.help("write `\(literal)`", writing: literal, over: term))
      }
    } else if let nearest = nearest(to: term.value, in: services.keys + ["any"]) {
      help = [self.help("did you mean `\(nearest)`?", writing: nearest, over: term)]
    } else if IPProtocol(name: term.value) != nil {
      let literal = "proto/\(term.value)"
      help = [
        self.help("write `\(literal)` for the whole protocol", writing: literal, over: term)
      ]
    } else {
      help = [
        Diagnostic.Help(
          "declare `\(term.value)` under `services`, or write its ports, as in `tcp/8443`")
      ]
    }
    report(
      Diagnostic(
        .unknownName, .error, "no service is named `\(term.value)`", at: term.span,
        secondary: origin(of: term), notes: notes,
        help: help))
  }

  /// What is wrong with a service literal; a reading of it that is right can be pasted.
  private func serviceDiagnostic(_ error: ServiceParseError, _ term: Located<String>) -> Diagnostic
  {
    var help = error.help.map { Diagnostic.Help($0) }
    if let literal = correction(of: error, term.value), (try? parseServiceLiteral(literal)) != nil {
      help = self.help("write `\(literal)`", writing: literal, over: term)
    }
    return Diagnostic(
      .badService, .error, error.message, at: term.span, secondary: origin(of: term),
      help: help.map { [$0] } ?? [])
  }

  private func correction(of error: ServiceParseError, _ text: String) -> String? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, parts[0].utf8.first.map(Identifier.isDigit) == true {
      return "\(parts[1])/\(parts[0])"
    }
    switch error {
    case .reversedPorts(let lower, let upper): return "\(parts[0])/\(upper)-\(lower)"
    case .protocolWithoutPorts(let name), .wildcardPort(let name): return "proto/\(name)"
    case .unknownProtocol(_, let nearest?):
      return ([nearest] + parts.dropFirst()).joined(separator: "/")
    case .unknownICMPType(_, let nearest?):
      return ([parts[0], nearest] + parts.dropFirst(2)).joined(separator: "/")
    case .unknownICMPCode(_, let nearest?):
      return (parts.prefix(2) + [nearest]).joined(separator: "/")
    case .notALiteral:
      // `tcp:25`, or `25:tcp`.
      let sides = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2 else { return nil }
      let isTurned = sides[0].utf8.first.map(Identifier.isDigit) == true
      return isTurned ? "\(sides[1])/\(sides[0])" : "\(sides[0])/\(sides[1])"
    default: return nil
    }
  }

  /// Reports each cycle as a path, at the reference that closes it.
  mutating func reportCycles(_ order: DependencyOrder, names: [Located<String>], kind: String) {
    for cycle in order.cycles {
      guard let last = cycle.last else { continue }
      let shown = cycle.prefix(8).map { "`\(names[$0.target].value)`" }
      let path =
        ["`\(names[last.target].value)`"] + shown + (cycle.count > 8 ? ["…"] : [])
      report(
        Diagnostic(
          .nameCycle, .error, "a \(kind) cannot contain itself: \(path.joined(separator: " → "))",
          at: last.span,
          secondary: cycle.dropLast().prefix(8).map {
            Diagnostic.Label($0.span, "contains `\(names[$0.target].value)`")
          },
          help: [Diagnostic.Help("remove one of these references")]))
    }
  }
}
