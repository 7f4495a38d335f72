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

  /// One exception as the table sees it: what it opens, and when it ends.
  private struct Answer: Hashable {
    let to: ResolvedEndpoint
    let expires: Timestamp?
  }

  let gate: ResolvedSMTPEgress
  let path: Path

  private var hint: String { "gate-\(path.rawValue)" }
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
    rules += exceptionRules(relays: relays, in: &builder)
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

  // MARK: The longest-prefix table

  /// Look-ups of the source among the exceptions, whose overlaps are resolved here.
  private func exceptionRules(relays: Verdict, in builder: inout TableBuilder) -> [Rule] {
    if gate.allow.isEmpty { return [] }
    var answers: [Answer] = []
    var answerIndex: [Answer: Int] = [:]
    let answerOf = gate.allow.map { allow -> Int in
      let answer = Answer(to: allow.to, expires: allow.expires)
      if let known = answerIndex[answer] { return known }
      answers.append(answer)
      answerIndex[answer] = answers.count - 1
      return answers.count - 1
    }
    var sequences = AnswerSequences(expiries: answers.map(\.expires))
    var verdicts: [Int: Verdict] = [AnswerSequences.nothing: relays]

    /// The verdict for a source that gets a sequence of answers.
    func verdict(_ sequence: Int, _ builder: inout TableBuilder) -> Verdict {
      if let known = verdicts[sequence] { return known }
      let step = sequences.steps[sequence]
      let answer = answers[step.answer]
      if answer.expires == nil, answer.to.parts.count == 1, answer.to.parts[0].addresses.isAny,
        !answer.to.readsZones(builder.policy)
      {
        verdicts[sequence] = .return
        return .return
      }
      let sources = gate.allow.indices.filter { answerOf[$0] == step.answer }
      let place = gate.allow[sources[0]]
      let comment = builder.comment(
        "allow", at: place.span, ticket: place.ticket, owner: place.owner,
        others: sources.count - 1)
      var rules: [Rule] = []
      if let expires = answer.expires {
        rules.append(
          builder.rule(
            [
              .compare(.time, .greaterOrEqual, UInt64(clamping: expires.seconds)),
              .verdict(verdict(step.next, &builder)),
            ], comment: comment, at: place.span))
      }
      rules += builder.destinationRules(
        answer.to, matched: .return, otherwise: relays, hint: "\(hint)-to", comment: comment,
        at: place.span)
      let made = Verdict.goto(builder.chain("\(hint)-allow", rules, at: place.span))
      verdicts[sequence] = made
      return made
    }

    /// The rule of one family.
    func rule<Bound>(
      _ table: LongestPrefixTable<Bound>, _ family: AddressFamily, _ builder: inout TableBuilder
    ) -> Rule? {
      let stretches = longestPrefixStretches(table, nobody: AnswerSequences.nothing) {
        sequences.sequence(answerOf[Int($1)], before: $0)
      }
      if stretches.isEmpty { return nil }
      let verdicts = stretches.map { verdict($0.value, &builder) }
      let first = gate.allow[0]
      let comment = builder.comment(
        "allow", at: first.span, ticket: first.ticket, owner: first.owner,
        others: gate.allow.count - 1)
      let familyMatch = Statement.compare(.nfProto, .equal, UInt64(family.rawValue))
      let field: Field = family == .ipv4 ? .ipv4Source : .ipv6Source
      if Set(verdicts).count == 1 {
        let union = IntervalSet<Bound>(
          stretches.map { IntervalSet<Bound>.Interval($0.lower, $0.upper) })
        let set = addressSet(union, family)
        var matches = [familyMatch]
        if !union.isAll {
          matches.append(
            builder.addressMatch(
              set, family: family, side: .source, hint: "\(hint)-allow", at: first.span))
        }
        return builder.rule(
          matches + [.verdict(verdicts[0])], comment: comment, at: first.span)
      }
      let map = builder.verdictMap(
        "\(hint)-allow-\(family == .ipv4 ? 4 : 6)", key: [field.dataType], isInterval: true,
        zip(stretches, verdicts).map {
          Element([.range(UInt128($0.lower), UInt128($0.upper))], $1)
        }, at: first.span)
      return builder.rule(
        [familyMatch, .verdictMap(Key(field), map: map)], comment: comment, at: first.span)
    }

    let table = gate.table
    return [rule(table.ipv4, .ipv4, &builder), rule(table.ipv6, .ipv6, &builder)]
      .compactMap { $0 }
  }

  private func addressSet<Bound>(_ set: IntervalSet<Bound>, _ family: AddressFamily) -> AddressSet {
    switch family {
    case .ipv4:
      AddressSet(
        ipv4: IntervalSet(
          canonical: set.intervals.map { .init(UInt32($0.lower), UInt32($0.upper)) }))
    case .ipv6:
      AddressSet(
        ipv6: IntervalSet(
          canonical: set.intervals.map { .init(UInt128($0.lower), UInt128($0.upper)) }))
    }
  }
}

/// Every zone, and the interfaces of none.
func allZones(_ policy: ResolvedPolicy) -> ZoneSet {
  ZoneSet(zones: Array(policy.zones.indices), others: true)
}
