import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// What happens to a packet that a rule has matched: a bare verdict, or a chain of the rule's own.
///
/// A rule has one chain however many lists it stands in, so its limiter is one bucket and its counter
/// one counter.
struct RuleChains {
  let section: SectionLowering.Section
  private var known: [String: Verdict] = [:]

  init(section: SectionLowering.Section) { self.section = section }

  mutating func verdict(of rule: ResolvedRule, in builder: inout TableBuilder) -> Verdict {
    if let verdict = known[rule.name] { return verdict }
    let verdict = lower(rule, in: &builder)
    known[rule.name] = verdict
    return verdict
  }

  private func lower(_ rule: ResolvedRule, in builder: inout TableBuilder) -> Verdict {
    let final: Verdict =
      switch rule.verdict {
      case .allow: .accept
      case .deny: .drop
      case .reject: .goto(builder.rejectChain(at: builder.policy.nameSpan))
      }
    let comment = builder.comment(
      rule.name, at: rule.span, ticket: rule.ticket, owner: rule.owner)
    var passing: [Rule] = []
    if let log = rule.log { passing.append(builder.logRule(log, comment: comment, at: rule.span)) }
    for use in rule.helpers {
      passing += builder.helperRules(use, rule: rule, comment: comment)
    }
    var last: [Statement] = []
    if rule.counts { last.append(builder.counter(.rule(rule.name), at: rule.span)) }
    passing.append(builder.rule(last + [.verdict(final)], comment: comment, at: rule.span))
    if passing.count == 1, last.isEmpty, rule.limit == nil { return final }

    let name = builder.reserveChain("rule-\(rule.name)")
    guard let limit = rule.limit else {
      builder.addChain(named: name, passing, at: rule.span)
      return .goto(name)
    }
    builder.ruleOfLimiterChain[name] = rule.name
    var within = final
    if passing.count > 1 || !last.isEmpty {
      let pass = builder.reserveChain("pass-\(rule.name)")
      builder.addChain(named: pass, passing, at: rule.span)
      within = .goto(pass)
    }
    var rules: [Rule] = []
    if invalidPacketsComeHere(builder.policy) {
      // A limit is one of new connections; packets of a flow seen one way are none.
      rules.append(
        builder.rule([.ctState([.invalid]), .verdict(within)], comment: comment, at: rule.span))
    }
    rules += limitRules(limit, rule: rule, within: within, comment: comment, in: &builder)
    if let log = rule.excessLog {
      rules += builder.zonedLogRules(
        log, hint: "log-\(rule.name)", comment: comment, at: rule.span,
        zones: section == .outbound ? nil : rule.from.zoneIndices)
    }
    rules.append(
      builder.rule(
        [builder.counter(.limitExcess(rule: rule.name), at: rule.span), .verdict(.drop)],
        comment: comment,
        at: rule.span))
    builder.addChain(named: name, rules, at: rule.span)
    return .goto(name)
  }

  /// Whether the head of the section's chain lets some invalid packets go on to the rules.
  private func invalidPacketsComeHere(_ policy: ResolvedPolicy) -> Bool {
    switch section {
    case .outbound: true
    case .inbound, .forward:
      policy.invalid == .continue || policy.zones.contains { $0.invalid == .continue }
    }
  }

  /// Rules that end in `within` for packets under the limit; what is over it falls through.
  private func limitRules(
    _ limit: Limit, rule: ResolvedRule, within: Verdict, comment: String,
    in builder: inout TableBuilder
  ) -> [Rule] {
    let statement: ElementStatement
    let operation: DynamicSetOperation
    let timeout: UInt64?
    let hint: String
    switch limit {
    case .rate(let count, let unit, let burst, perSource: false):
      return [
        builder.rule(
          [
            .limit(
              RateLimit(rate: UInt64(count), unitSeconds: unit.rawValue, burst: burst)),
            .verdict(within),
          ], comment: comment, at: rule.span)
      ]
    case .rate(let count, let unit, let burst, perSource: true):
      statement = .limit(RateLimit(rate: UInt64(count), unitSeconds: unit.rawValue, burst: burst))
      operation = .update
      // An element may be forgotten only once its bucket is full again.
      let refill = (UInt64(burst) + 1) * unit.rawValue / max(UInt64(count), 1)
      timeout = max(60, refill + 1)
      hint = "limit"
    case .connectionsPerSource(let count):
      statement = .connectionCount(count)
      operation = .add
      timeout = nil
      hint = "connections"
    }
    // One table per family, so that a flood from one leaves the other alone. A table that is full
    // ends the rule: the packet counts as over.
    return AddressFamily.allCases.map { family in
      let part =
        family == .ipv4
        ? Key.Part(.ipv4Source) : Key.Part(.ipv6Source, prefixLength: 64)
      let set = builder.add(
        NamedSet(
          name: "\(hint)-\(rule.name)-\(family == .ipv4 ? 4 : 6)", kind: .set,
          key: [part.field.dataType], isDynamic: true, timeoutSeconds: timeout, size: 65536,
          elements: .none, comment: comment, origin: builder.origin(rule.span)))
      builder.ruleOfLimiterSet[set] = rule.name
      return builder.rule(
        [
          .compare(.nfProto, .equal, UInt64(family.rawValue)),
          .dynamicSet(operation, Key([part]), set: set, statement), .verdict(within),
        ], comment: comment, at: rule.span)
    }
  }
}

extension ResolvedEndpoint {
  /// Every zone that some part speaks of, and the interfaces of no zone where one does.
  var zoneIndices: ZoneSet {
    ZoneSet(
      zones: Set(parts.flatMap(\.zones.zones)).sorted(), others: parts.contains { $0.zones.others })
  }
}

extension TableBuilder {
  /// The chain that refuses: TCP by reset, anything else as administratively prohibited.
  mutating func rejectChain(at span: SourceSpan) -> String {
    chain(
      "reject-packet",
      [
        rule(
          [.compare(.l4Proto, .equal, UInt64(IPProtocol.tcp.number)), .reject(.tcpReset)], at: span),
        rule([.reject(.adminProhibited)], at: span),
      ], at: span)
  }

  /// A rate and a log statement, in a rule of their own so that the rate never limits a verdict.
  mutating func logRule(
    _ log: ResolvedLog, matches: [Statement] = [], comment: String? = nil, at span: SourceSpan
  ) -> Rule {
    var group: UInt16?
    if case .group(let number) = log.to { group = number }
    return rule(
      matches + [
        .limit(
          RateLimit(
            rate: UInt64(log.rate.count), unitSeconds: log.rate.unit.rawValue, burst: log.burst)),
        .log(prefix: safeLogPrefix(log.prefix), group: group),
      ], comment: comment, at: span)
  }

  /// Log rules with a rate of their own for each input zone, so that a noisy one cannot hide the
  /// others.
  ///
  /// - Parameter zones: the zones that packets can come from here; nil where there is no input
  ///   interface.
  mutating func zonedLogRules(
    _ log: ResolvedLog, hint: String, comment: String? = nil, matches: [Statement] = [],
    at span: SourceSpan, zones: ZoneSet?
  ) -> [Rule] {
    let count = zones.map { $0.zones.count + ($0.others ? 1 : 0) } ?? 1
    if count <= 1 || policy.zones.isEmpty {
      return [logRule(log, matches: matches, comment: comment, at: span)]
    }
    let dispatch = ZoneDispatch(
      zones: policy.zones, field: .inputInterface,
      verdicts: policy.zones.indices.map { zone in
        guard zones?.contains(zone) ?? true else { return .return }
        // The chain's name tells equal bodies apart: each zone needs a limiter of its own.
        let name = reserveChain("\(hint)-\(policy.zones[zone].name.value)")
        addChain(named: name, [logRule(log, comment: comment, at: span)], at: span)
        return .goto(name)
      }, others: .return)
    var body = dispatch.rules(in: &self, named: "zones-\(hint)", at: span)
    if zones?.others ?? true {
      body.append(logRule(log, comment: comment, at: span))
    }
    let name = reserveChain(hint)
    addChain(named: name, body, at: span)
    return [rule(matches + [.verdict(.jump(name))], comment: comment, at: span)]
  }

  /// Attaches a conntrack helper to the connections of a service.
  mutating func helperRules(_ use: HelperUse, rule owner: ResolvedRule, comment: String) -> [Rule] {
    var rules: [Rule] = []
    for (ipProtocol, ports) in use.service.ports.sorted(by: { $0.key < $1.key }) {
      guard let transport = Object.Transport(rawValue: ipProtocol.number) else { continue }
      let helper = object(
        "helper-\(use.helper.rawValue)-\(transport == .tcp ? "tcp" : "udp")",
        .ctHelper(type: use.helper.rawValue, transport: transport), at: policy.nameSpan)
      var matches: [Statement] = [.compare(.l4Proto, .equal, UInt64(ipProtocol.number))]
      if let only = ports.intervals.first, ports.intervals.count == 1, only.lower == only.upper {
        matches.append(
          .compare(
            transport == .tcp ? .tcpDestinationPort : .udpDestinationPort, .equal,
            UInt64(only.lower)))
      } else {
        let key = Key(.l4Proto, .transportDestinationPort)
        let set = add(
          NamedSet(
            name: "helper-\(owner.name)-\(use.helper.rawValue)", kind: .set,
            key: key.parts.map(\.field.dataType), isInterval: true,
            elements: .tuples(
              ports.intervals.map {
                Element([
                  .value(ipProtocol.number), .range(UInt128($0.lower), UInt128($0.upper)),
                ])
              }), comment: comment, origin: origin(owner.span)))
        matches = [.lookup(key, isNegated: false, set: set)]
      }
      rules.append(rule(matches + [.setHelper(helper)], comment: comment, at: owner.span))
    }
    return rules
  }
}
