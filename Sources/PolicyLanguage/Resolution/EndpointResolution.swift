import Diagnostics
import NetworkTypes

extension Resolver {
  /// The canonical endpoint that an expression means; nil where it has an error.
  ///
  /// Addresses and zones of one list are gathered before they are merged, so that a long list costs
  /// one sort.
  mutating func endpoint(_ expression: EndpointExpression?, at place: EndpointPlace)
    -> ResolvedEndpoint?
  {
    guard let expression else { return algebra.any }
    var union = EndpointUnion()
    add(expression, to: &union, at: place)
    if union.isMixed {
      reportMixed(expression)
      return nil
    }
    return union.endpoint(algebra)
  }

  /// The addresses that an expression means, where no zone may stand; nil where it has an error.
  mutating func addresses(_ expression: EndpointExpression, at place: EndpointPlace) -> AddressSet?
  {
    endpoint(expression, at: place).map { $0.addresses(in: nil) }
  }

  private mutating func add(
    _ expression: EndpointExpression, to union: inout EndpointUnion, at place: EndpointPlace
  ) {
    switch expression {
    case .term(let term): add(term, to: &union, at: place)
    case .union(let members, _):
      for member in members { add(member, to: &union, at: place) }
    case .restricted(let zone, let network, let except, _):
      let part = restricted(zone: zone, network: network, except: except, at: place)
      if let part { union.add(part, algebra) } else { union.hasError = true }
    }
  }

  private mutating func restricted(
    zone: EndpointExpression?, network: EndpointExpression?, except: EndpointExpression?,
    at place: EndpointPlace
  ) -> ResolvedEndpoint? {
    let inZone = zone.map { zonesOnly($0, at: place) } ?? algebra.any
    let inNetwork = network.map { networksOnly($0, at: place) } ?? algebra.any
    // What is excluded is not an entry of the list.
    var counted: NetworkEntries?
    swap(&counted, &entries)
    let excluded = except.map { self.excluded($0, at: place) } ?? Excluded()
    swap(&counted, &entries)
    guard let inZone, let inNetwork, let excluded else { return nil }
    let base = algebra.intersection(inZone, inNetwork)
    var rest = algebra.subtracting(base, excluded.endpoint)
    rest.members = base.members.intersection(DynamicMembership(outside: excluded.networks))
    if rest.members.isContradictory { rest.parts = [] }
    if rest.parts.isEmpty { rest.members = DynamicMembership() }
    if let except, rest.parts.isEmpty, !base.parts.isEmpty {
      warn(
        Diagnostic(
          .nothingLeft, .warning, "`except` should leave something: it removes all of the rest",
          at: except.span, help: [Diagnostic.Help("narrow the `except`, or remove the entry")]))
    }
    return rest
  }

  /// The value of a `zone:` key.
  private mutating func zonesOnly(_ expression: EndpointExpression, at place: EndpointPlace)
    -> ResolvedEndpoint?
  {
    let isSound = check(expression) { resolver, term in
      let isLiteral = (try? parseAddressLiteral(term.value)) != nil
      guard resolver.networks[term.value] != nil || isLiteral else { return true }
      resolver.reportWrongKind(
        term,
        "`\(term.value)` is \(isLiteral ? "an address" : "a network"), and `zone` names a zone",
        "write it as `network:`")
      return false
    }
    return isSound ? endpoint(expression, at: place) : nil
  }

  /// The value of a `network:` key.
  private mutating func networksOnly(_ expression: EndpointExpression, at place: EndpointPlace)
    -> ResolvedEndpoint?
  {
    let isSound = check(expression) { resolver, term in
      guard resolver.zoneIndices[term.value] != nil else { return true }
      resolver.reportWrongKind(
        term, "`\(term.value)` is a zone, and `network` names addresses", "write it as `zone:`")
      return false
    }
    return isSound ? endpoint(expression, at: place) : nil
  }

  /// Whether every term passes, nested ones included.
  private mutating func check(
    _ expression: EndpointExpression, _ passes: (inout Resolver, Located<String>) -> Bool
  ) -> Bool {
    var isSound = true
    for term in expression.terms where !passes(&self, term) { isSound = false }
    return isSound
  }

  private mutating func reportWrongKind(
    _ term: Located<String>, _ message: String, _ help: String
  ) {
    report(
      Diagnostic(.wrongKindOfName, .error, message, at: term.span, help: [Diagnostic.Help(help)]))
  }

  private mutating func countEntry(_ literal: AddressSpec) {
    entries?.append(literal)
  }

  /// Each network once: a list may name one as often as it likes.
  private mutating func countEntries(of name: String, _ more: NetworkEntries) {
    guard entries != nil, entrySources.insert(name).inserted else { return }
    entries?.append(more)
  }

  private mutating func add(
    _ term: Located<String>, to union: inout EndpointUnion, at place: EndpointPlace
  ) {
    switch term.value {
    case "any":
      countEntries(of: term.value, NetworkEntries(builtIn: term.value))
      union.add(.any)
      return
    case "self":
      guard let why = place.whyNoSelf else {
        union.add(.any)
        return
      }
      report(
        Diagnostic(
          .misplacedSelf, .error, why.rule, at: term.span, help: [Diagnostic.Help(why.help)]))
      union.hasError = true
      return
    default: break
    }
    if dynamicNetworks.contains(term.value) {
      if let why = place.whyNoDynamicNetwork {
        report(
          Diagnostic(
            .misplacedDynamicNetwork, .error, why.rule, at: term.span,
            secondary: origin(of: term),
            help: [Diagnostic.Help(why.help(term.value))]))
        union.hasError = true
      } else {
        var members = algebra.any
        members.members = DynamicMembership(inside: [term.value])
        union.add(members, algebra)
      }
      return
    }
    if let network = networks[term.value] {
      if let network {
        countEntries(of: term.value, network.entries)
        union.add(network.addresses)
      } else {
        union.hasError = true
      }
    } else if let zone = zoneIndices[term.value] {
      guard let why = place.whyNoZone else {
        union.zones.insert(zone)
        return
      }
      report(
        Diagnostic(
          .zoneOnWrongSide, .error, why.rule, at: term.span, help: [Diagnostic.Help(why.help)]))
      union.hasError = true
    } else if let spec = literal(term, at: place) {
      countEntry(spec)
      union.add(spec)
    } else {
      union.hasError = true
    }
  }

  /// Reads a term that is no name; nil after a diagnostic.
  private mutating func literal(_ term: Located<String>, at place: EndpointPlace) -> AddressSpec? {
    do throws(AddressParseError) {
      return try parseAddressLiteral(term.value)
    } catch {
      let isLiteral =
        looksLikeAddress(term.value) || term.value.utf8.contains { $0 == 0x2F || $0 == 0x3A }
      if isLiteral {
        report(addressDiagnostic(error, term))
      } else if !Identifier.isValid(term.value), !looksLikeHostName(term.value) {
        reportNeither(term)
      } else {
        reportUnknownEndpoint(term, place: place)
      }
      return nil
    }
  }
}

extension EndpointExpression {
  /// Every term, nested ones included, in the order of the text.
  package var terms: [Located<String>] {
    var result: [Located<String>] = []
    collect(into: &result)
    return result
  }

  private func collect(into result: inout [Located<String>]) {
    switch self {
    case .term(let term): result.append(term)
    case .union(let members, _): for member in members { member.collect(into: &result) }
    case .restricted(let zone, let network, let except, _):
      for part in [zone, network, except] { part?.collect(into: &result) }
    }
  }
}

/// The members of a list on their way to one endpoint.
private struct EndpointUnion {
  var zones: Set<Int> = []
  var hasError = false
  /// How many members there are, and whether one asks for a network that is filled at run time.
  private var count = 0
  private var hasCondition = false
  private var ipv4: [IntervalSet<UInt32>.Interval] = []
  private var ipv6: [IntervalSet<UInt128>.Interval] = []
  /// Named networks, kept whole: a rule that names one long list shares its storage.
  private var named: [AddressSet] = []
  private var mixed: ResolvedEndpoint?

  /// Whether a network that is filled at run time stands beside something else: a union that no set
  /// of addresses is.
  var isMixed: Bool { hasCondition && count + zones.count > 1 && !hasError }

  mutating func add(_ spec: AddressSpec) {
    count += 1
    switch spec {
    case .ipv4(let interval): ipv4.append(interval)
    case .ipv6(let interval): ipv6.append(interval)
    }
  }

  mutating func add(_ addresses: AddressSet) {
    count += 1
    named.append(addresses)
  }

  mutating func add(_ endpoint: ResolvedEndpoint, _ algebra: EndpointAlgebra) {
    count += 1
    if !endpoint.members.isEmpty { hasCondition = true }
    mixed = mixed.map { algebra.union($0, endpoint) } ?? endpoint
  }

  private var addresses: AddressSet {
    if ipv4.isEmpty, ipv6.isEmpty, named.count == 1 { return named[0] }
    return AddressSet(
      ipv4: IntervalSet(ipv4 + named.flatMap(\.ipv4.intervals)),
      ipv6: IntervalSet(ipv6 + named.flatMap(\.ipv6.intervals)))
  }

  /// Nil where a member has an error.
  func endpoint(_ algebra: EndpointAlgebra) -> ResolvedEndpoint? {
    if hasError { return nil }
    if hasCondition { return mixed }
    var result = algebra.endpoint(addresses)
    if !zones.isEmpty {
      let whole = algebra.endpoint(ZoneSet(zones: zones.sorted(), others: false))
      result = algebra.union(result, whole)
    }
    if let mixed { result = algebra.union(result, mixed) }
    return result
  }
}
