package import Diagnostics
import NetworkTypes
import Nftables
package import PolicyLanguage

/// Turns a policy into one table that means the same: the order of decision, chain by chain.
///
/// - Parameters:
///   - sources: for the citations in comments.
///   - digest: hexadecimal, of all inputs; the table's comment carries its first 40 digits.
package func lower(
  _ policy: ResolvedPolicy, sources: SourceMap, digest: String
) -> Staged<LoweredPolicy> {
  var lowering = PolicyLowering(policy: policy, sources: sources)
  lowering.lowerAll()
  let lowered = lowering.builder.finish(
    comment: safeComment("fwpolicy \(policy.name) sha256:\(digest.prefix(40))"))
  // Whatever is wrong with the table is our mistake, but it must not become a ruleset.
  let problems = validate(lowered.table).map { problem in
    Diagnostic(
      .invalidOutput, .error, "this compiles to a ruleset that nftables would refuse: \(problem)",
      at: lowered.span(of: problem.origin),
      notes: ["this is a mistake in fwpolicy, not in the policy: please report it"])
  }
  return Staged(problems.isEmpty ? lowered : nil, problems)
}

/// The base chains and what all of them share.
struct PolicyLowering {
  private let policy: ResolvedPolicy
  private let span: SourceSpan
  var builder: TableBuilder
  private var antiSpoofingRules: [Rule]?

  init(policy: ResolvedPolicy, sources: SourceMap) {
    self.policy = policy
    span = policy.nameSpan
    builder = TableBuilder(policy: policy, sources: sources)
  }

  mutating func lowerAll() {
    if policy.role == .router { lowerPrerouting() }
    lowerInput()
    if policy.forward != nil { lowerForward() }
    lowerOutput()
    // A rule that nothing reaches keeps its counter, so that moving it back finds the value again.
    for section in [policy.inbound, policy.forward, policy.outbound].compactMap({ $0 }) {
      for rule in section.rules where rule.counts {
        _ = builder.counter(.rule(rule.name), at: rule.span)
      }
    }
  }

  // MARK: Base chains

  /// Anti-spoofing on a router: after defragmentation (-400), before conntrack (-200) keeps state for
  /// packets that are to be dropped.
  private mutating func lowerPrerouting() {
    let rules = antiSpoofing()
    if rules.isEmpty { return }
    addBase("prerouting", .prerouting, priority: -300, policy: .accept, rules)
  }

  private mutating func lowerInput() {
    let section = policy.inbound
    var rules = [interface(.inputInterface, "lo", .accept)]
    if policy.role == .host { rules += antiSpoofing() }
    rules += head(related: .accept, linkTraffic: true, path: "inbound", dropsInvalid: true)
    rules += SectionLowering(
      section: .inbound, rules: section.rules, span: section.keySpan ?? span
    ).lower(in: &builder)
    if let log = section.defaultLog {
      // Broadcast and multicast noise of the link is counted, not logged.
      let isUnicast = Statement.compareAny(.packetType, isNegated: true, [1, 2])
      rules += builder.zonedLogRules(
        log, hint: "log-inbound", matches: [isUnicast], at: section.keySpan ?? span,
        zones: allZones(policy))
    }
    rules.append(final("inbound", .drop, at: section.keySpan ?? span))
    addBase("input", .input, policy: .drop, rules)
  }

  private mutating func lowerForward() {
    guard let section = policy.forward else { return }
    let gate = policy.smtpEgress.flatMap {
      $0.governsForward ? GateLowering(gate: $0, path: .forward) : nil
    }
    var rules = policy.role == .host ? antiSpoofing() : []
    rules += head(
      related: gate?.relatedChain(in: &builder) ?? .accept, linkTraffic: false, path: "forward",
      dropsInvalid: true)
    if let gate { rules.append(gate.entrance(in: &builder)) }
    rules += SectionLowering(
      section: .forward, rules: section.rules, span: section.keySpan ?? span
    ).lower(in: &builder)
    let isRouter = policy.role == .router
    if isRouter, let log = section.defaultLog {
      rules += builder.zonedLogRules(
        log, hint: "log-forward", at: section.keySpan ?? span, zones: allZones(policy))
    }
    rules.append(final("forward", isRouter ? .drop : .accept, at: section.keySpan ?? span))
    addBase("forward", .forward, policy: isRouter ? .drop : .accept, rules)
  }

  private mutating func lowerOutput() {
    let section = policy.outbound
    let gate = policy.smtpEgress.flatMap {
      $0.governsOwn ? GateLowering(gate: $0, path: .own) : nil
    }
    var rules = [interface(.outputInterface, "lo", .accept)]
    rules += head(
      related: gate?.relatedChain(in: &builder) ?? .accept, linkTraffic: true, path: "outbound",
      dropsInvalid: false)
    if let gate { rules.append(gate.entrance(in: &builder)) }
    rules += SectionLowering(
      section: .outbound, rules: section.rules, span: section.keySpan ?? span
    ).lower(in: &builder)
    let denies = policy.outboundDefault == .deny
    if denies, let log = section.defaultLog {
      rules.append(builder.logRule(log, at: section.keySpan ?? span))
    }
    rules.append(final("outbound", denies ? .drop : .accept, at: section.keySpan ?? span))
    addBase("output", .output, policy: denies ? .drop : .accept, rules)
  }

  private mutating func addBase(
    _ name: String, _ hook: BaseChain.Hook, priority: Int32? = nil, policy base: BaseChain.Policy,
    _ rules: [Rule]
  ) {
    let name = builder.reserveChain("hook-\(name)")
    builder.addChain(
      named: name,
      base: BaseChain(
        hook: hook, priority: priority ?? Int32(clamping: policy.priority), policy: base),
      rules, at: span)
  }

  // MARK: What the base chains share

  /// Made once: on a host the input and the forward chain share it.
  private mutating func antiSpoofing() -> [Rule] {
    if let antiSpoofingRules { return antiSpoofingRules }
    let rules = AntiSpoofingLowering(policy: policy).rules(in: &builder)
    antiSpoofingRules = rules
    return rules
  }

  /// Steps 3 to 5 of the order of decision.
  private mutating func head(
    related: Verdict, linkTraffic: Bool, path: String, dropsInvalid: Bool
  ) -> [Rule] {
    var rules = [
      builder.rule(
        [
          .ctStateMap([
            ConntrackStateVerdict(.established, .accept), ConntrackStateVerdict(.related, related),
          ])
        ], at: span),
      builder.rule(
        [
          .compareAny(
            .l4Proto, isNegated: false,
            [UInt64(IPProtocol.icmp.number), UInt64(IPProtocol.icmpv6.number)]),
          .verdict(.jump(essentialChain(linkTraffic: linkTraffic))),
        ], at: span),
    ]
    if dropsInvalid { rules += invalidRules(path: path) }
    return rules
  }

  /// Essential ICMP: errors that path MTU discovery and asymmetric paths live on; with
  /// `linkTraffic`, neighbour discovery and MLD as well.
  private mutating func essentialChain(linkTraffic: Bool) -> String {
    let ipv4: [Statement] = [
      .compare(.nfProto, .equal, UInt64(AddressFamily.ipv4.rawValue)),
      .compare(.l4Proto, .equal, UInt64(IPProtocol.icmp.number)),
    ]
    let ipv6: [Statement] = [
      .compare(.nfProto, .equal, UInt64(AddressFamily.ipv6.rawValue)),
      .compare(.l4Proto, .equal, UInt64(IPProtocol.icmpv6.number)),
    ]
    var rules = [
      builder.rule(
        ipv4 + [.compareAny(.icmpType, isNegated: false, [3, 11, 12]), .verdict(.accept)], at: span),
      builder.rule(
        ipv6 + [.compareAny(.icmpv6Type, isNegated: false, [1, 2, 3, 4]), .verdict(.accept)],
        at: span),
    ]
    if linkTraffic {
      let linkLocal = Statement.comparePrefix(
        .ipv6Source, isNegated: false,
        .ipv6(IPv6Address(bits: UInt128(0xFE80) << 112), length: 10))
      rules.append(
        builder.rule(
          ipv6 + [
            .compareAny(.icmpv6Type, isNegated: false, neighbourTypes),
            .compare(.ipv6HopLimit, .equal, 255), .verdict(.accept),
          ], at: span))
      rules.append(
        builder.rule(
          ipv6 + [
            linkLocal, .compareAny(.icmpv6Type, isNegated: false, mldTypes), .verdict(.accept),
          ], at: span))
    }
    return builder.chain(linkTraffic ? "essential-icmp-link" : "essential-icmp", rules, at: span)
  }

  /// Drops what conntrack calls invalid, except from zones that say `continue`.
  private mutating func invalidRules(path: String) -> [Rule] {
    let match = Statement.ctState([.invalid])
    let handling = policy.zones.map(\.invalid)
    if handling.allSatisfy({ $0 == policy.invalid }) {
      switch policy.invalid {
      case .continue: return []
      case .deny:
        return [
          builder.rule(
            [match, builder.counter(.invalid(section: path), at: span), .verdict(.drop)], at: span)
        ]
      }
    }
    let drop = builder.chain(
      "invalid-\(path)-drop",
      [
        builder.rule(
          [builder.counter(.invalid(section: path), at: span), .verdict(.drop)], at: span)
      ],
      at: span)
    func verdict(_ handling: InvalidHandling) -> Verdict {
      switch handling {
      case .deny: .goto(drop)
      case .continue: .return
      }
    }
    let dispatch = ZoneDispatch(
      zones: policy.zones, field: .inputInterface, verdicts: handling.map(verdict),
      others: verdict(policy.invalid))
    let chain = builder.chain(
      "invalid-\(path)", dispatch.rules(in: &builder, named: "zones-invalid-\(path)", at: span),
      at: span)
    return [builder.rule([match, .verdict(.jump(chain))], at: span)]
  }

  private mutating func interface(_ field: Field, _ name: String, _ verdict: Verdict) -> Rule {
    builder.rule(
      [
        .compareInterface(field, isNegated: false, name: name, isWildcard: false),
        .verdict(verdict),
      ], at: span)
  }

  /// The end of a base chain: counted, then the section's default.
  private mutating func final(_ section: String, _ verdict: Verdict, at span: SourceSpan) -> Rule {
    builder.rule(
      [builder.counter(.sectionDefault(section: section), at: span), .verdict(verdict)],
      comment: builder.comment("default-\(section)", at: span), at: span)
  }
}
