import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// The gate for TCP 25: it only takes away.
///
/// What it lets pass returns to the section's rules; what it stops is logged, counted and refused.
struct GateLowering {
  enum Path: String {
    case forward
    /// This machine's own traffic.
    case own
  }

  let gate: ResolvedSMTPEgress
  let path: Path

  var hint: String { "gate-\(path.rawValue)" }
  private var span: SourceSpan { gate.keySpan }

  /// The matches of the gate's traffic: TCP to port 25.
  static let isSMTP: [Statement] = [
    .compare(.l4Proto, .equal, UInt64(IPProtocol.tcp.number)),
    .compare(.tcpDestinationPort, .equal, 25),
  ]

  /// The rule that sends outbound TCP 25 through the gate.
  func entrance(in builder: inout TableBuilder) -> Rule {
    let governed = governedChain(in: &builder)
    let body: [Rule]
    switch path {
    case .own: return jump(to: governed, in: &builder)
    case .forward:
      body = governanceRules(
        governed: .goto(governed), otherwise: .return, in: &builder, hint: hint)
    }
    return jump(to: builder.chain(hint, body, at: span), in: &builder)
  }

  private func jump(to chain: String, in builder: inout TableBuilder) -> Rule {
    builder.rule(
      Self.isSMTP + [.verdict(.jump(chain))], comment: builder.comment("smtp-egress", at: span),
      at: span)
  }

  /// Where conntrack's related packets go: accepted, unless they are TCP 25 that the gate governs.
  ///
  /// Those return and are decided like new ones.
  func relatedChain(in builder: inout TableBuilder) -> Verdict {
    var rules = [
      builder.rule(
        [
          .compare(.l4Proto, .notEqual, UInt64(IPProtocol.tcp.number)), .verdict(.accept),
        ], at: span),
      builder.rule(
        [
          .compare(.l4Proto, .equal, UInt64(IPProtocol.tcp.number)),
          .compare(.tcpDestinationPort, .notEqual, 25), .verdict(.accept),
        ], at: span),
    ]
    switch path {
    case .own: break
    case .forward:
      rules += governanceRules(
        governed: .return, otherwise: .accept, in: &builder, hint: "related-\(path.rawValue)")
    }
    return .jump(builder.chain("related-\(path.rawValue)", rules, at: span))
  }

  /// Whether forwarded traffic is governed: by its input zone, else by its source.
  private func governanceRules(
    governed: Verdict, otherwise: Verdict, in builder: inout TableBuilder, hint: String
  ) -> [Rule] {
    var bySource = builder.addressRules(
      source: gate.clientNetworks, destination: .any, governed, hint: "gate-clients",
      comment: nil, at: span)
    if otherwise != .return { bySource.append(builder.rule([.verdict(otherwise)], at: span)) }
    var ungoverned = otherwise
    if !gate.clientNetworks.isEmpty {
      ungoverned = .goto(builder.chain("\(hint)-by-source", bySource, at: span))
    }
    let dispatch = ZoneDispatch(
      zones: builder.policy.zones, field: .inputInterface,
      verdicts: builder.policy.zones.indices.map {
        gate.clientZones.contains($0) ? governed : ungoverned
      }, others: gate.clientZones.others ? governed : ungoverned)
    return dispatch.rules(in: &builder, named: "zones-\(hint)", at: span)
  }

  /// The chain that decides governed packets; it returns for those that pass.
  private func governedChain(in builder: inout TableBuilder) -> String {
    var rules: [Rule] = []
    if path == .own, !gate.users.isEmpty {
      let place = gate.usersSpan ?? span
      let match: Statement =
        gate.users.count == 1
        ? .compare(.socketUser, .equal, UInt64(gate.users[0]))
        : .compareAny(.socketUser, isNegated: false, gate.users.map(UInt64.init))
      rules.append(
        builder.rule(
          [match, .verdict(.return)], comment: builder.comment("users", at: place), at: place))
    }
    let stop = stopChain(in: &builder)
    let relaysSpan = gate.relaysSpan ?? span
    let relayRules = builder.destinationRules(
      gate.relays, matched: .return, otherwise: .goto(stop), hint: "\(hint)-relays",
      comment: builder.comment("relays", at: relaysSpan), at: relaysSpan)
    let relays = Verdict.goto(builder.chain("\(hint)-relays", relayRules, at: relaysSpan))
    rules += tableRules(relays: relays, stop: .goto(stop), in: &builder)
    rules.append(builder.rule([.verdict(relays)], at: span))
    return builder.chain("\(hint)-governed", rules, at: span)
  }

  /// Logged, recorded, counted, refused.
  private func stopChain(in builder: inout TableBuilder) -> String {
    var rules: [Rule] = []
    let comment = builder.comment("smtp-egress", at: span)
    if let log = gate.log {
      // Without networks in `clients`, only packets from governed zones come here.
      let governed = gate.clientNetworks.isEmpty ? gate.clientZones : allZones(builder.policy)
      let zones = path == .own ? nil : governed
      rules += builder.zonedLogRules(
        log, hint: "log-\(hint)", comment: comment, at: span, zones: zones)
    }
    rules += offenderRules(comment: comment, in: &builder)
    rules += counterRules(in: &builder)
    var last: [Statement] = []
    if gate.counts { last.append(builder.counter(.smtpEgress, at: span)) }
    switch gate.action {
    case .allow, .deny: last.append(.verdict(.drop))
    case .reject: last += [.reject(.tcpReset)]
    }
    if gate.action == .reject {
      last.insert(.compare(.l4Proto, .equal, UInt64(IPProtocol.tcp.number)), at: 0)
    }
    rules.append(builder.rule(last, comment: comment, at: span))
    return builder.chain("\(hint)-stop", rules, at: span)
  }

  /// The record of who was stopped, in rules of their own: a set that is full ends the rule.
  private func offenderRules(comment: String, in builder: inout TableBuilder) -> [Rule] {
    guard let offenders = gate.offenders else { return [] }
    let sets = builder.offenders(offenders, at: span)
    return [
      (AddressFamily.ipv4, Key.Part(.ipv4Source), sets.ipv4),
      (.ipv6, Key.Part(.ipv6Source, prefixLength: 64), sets.ipv6),
    ].map { family, part, set in
      builder.rule(
        [
          .compare(.nfProto, .equal, UInt64(family.rawValue)),
          .dynamicSet(.update, Key([part]), set: set, .counter),
        ], comment: comment, at: span)
    }
  }
}

/// Every zone, and the interfaces of none.
func allZones(_ policy: ResolvedPolicy) -> ZoneSet {
  ZoneSet(zones: Array(policy.zones.indices), others: true)
}
