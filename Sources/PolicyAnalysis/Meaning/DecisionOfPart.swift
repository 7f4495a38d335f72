import NetworkTypes
import PolicyLanguage

// What each part of a policy decides, once its turn has come and it matches.

extension ResolvedPolicy {
  /// Step 2, for what came in by a zone.
  func antiSpoofingDecision(in zone: Int) -> Decision {
    let name = zones[zone].name
    var decision = Decision(.drop, at: .antiSpoofing, by: .init(.zone, name.value, name.span))
    decision.log = antiSpoofingLog
    decision.counter = .antiSpoofing(zone: name.value)
    return decision
  }

  /// Step 5, for what came in by a zone that denies it or by an interface of none: "Counted only:
  /// invalid".
  func invalidDecision(in zone: Int?, _ path: Packet.Path) -> Decision {
    let decider = zone.map {
      Decision.Decider(.zone, zones[$0].name.value, zones[$0].name.span)
    }
    var decision = Decision(.drop, at: .invalid, by: decider)
    decision.counter = .invalid(path)
    return decision
  }

  /// Step 8: the section's default, counted; a deny is logged, except broadcast and multicast at
  /// the inbound default.
  func defaultDecision(
    of section: ResolvedSection, _ path: Packet.Path, isLinkBroadcastOrMulticast: Bool
  ) -> Decision {
    let accepts =
      switch path {
      case .inbound: false
      // On a host "what no rule denies is left to other tables".
      case .forward: role == .host
      case .outbound: outboundDefault == .allow
      }
    var decision = Decision(accepts ? .accept : .drop, at: .sectionDefault)
    decision.counter = .sectionDefault(path)
    let isNoise = path == .inbound && isLinkBroadcastOrMulticast
    if !accepts, !isNoise { decision.log = section.defaultLog }
    return decision
  }

  /// The section that speaks of a path; nil where the policy has no say.
  func section(for path: Packet.Path) -> ResolvedSection? {
    switch path {
    case .inbound: inbound
    case .outbound: outbound
    case .forward:
      switch role {
      case .host: forward
      case .router: forward ?? ResolvedSection()
      }
    }
  }
}

extension ResolvedRule {
  /// Step 7, for a packet that the rule matches and that no limit of it stops.
  ///
  /// - Parameter isLimited: whether the packet takes from the rule's limit.
  func decision(
    for ipProtocol: IPProtocol, isLimited: Bool, helper: ConntrackHelper?
  ) -> Decision {
    let verdict: Decision.Verdict =
      switch self.verdict {
      case .allow: .accept
      case .deny: .drop
      case .reject: .rejecting(ipProtocol)
      }
    var decision = Decision(verdict, at: .rules, by: .init(.rule, name, span))
    decision.log = log
    decision.counter = counts ? .rule(name) : nil
    decision.limiter = isLimited ? name : nil
    if self.verdict == .allow { decision.helper = helper.map { .init($0, over: ipProtocol) } }
    return decision
  }

  /// Step 7, for the excess of a limit: "denied there, counted and logged; no later rule is tried".
  var excessDecision: Decision {
    var decision = Decision(.drop, at: .rules, by: .init(.rule, name, span))
    decision.log = excessLog
    decision.counter = .limitExcess(rule: name)
    decision.limiter = name
    return decision
  }
}

extension ResolvedSMTPEgress {
  /// Step 6, for a governed packet that the gate stops.
  ///
  /// - Parameters:
  ///   - decider: the row that says so; nil for a source in no row.
  ///   - family: of a packet whose source is in some row, where that is counted.
  func stopDecision(
    by decider: Decision.Decider? = nil, countedIn family: AddressFamily? = nil
  ) -> Decision {
    let verdict: Decision.Verdict =
      switch action {
      case .reject: .rejecting(.tcp)
      case .allow, .deny: .drop
      }
    var decision = Decision(
      verdict, at: .smtpEgress, by: decider ?? .init(.gate, "smtp-egress", keySpan))
    decision.log = log
    decision.counter = counts ? .smtpEgress : nil
    decision.recordsOffender = offenders != nil
    decision.subnetCounter = family
    return decision
  }

  /// The rows as one, where they are not told apart.
  var subnetsDecider: Decision.Decider {
    .init(.subnets, "smtp-egress.subnets", subnetsSpan ?? keySpan)
  }

  var usersPass: Decision.Decider { .init(.users, "smtp-egress.users", usersSpan ?? keySpan) }
  var relaysPass: Decision.Decider { .init(.relays, "smtp-egress.relays", relaysSpan ?? keySpan) }
}

extension ResolvedSMTPEgress.Allow {
  var pass: Decision.Decider { .init(.entry, "smtp-egress.allow", span) }
}

extension Subnet {
  /// What lets pass, or stops, what comes from its prefix.
  var decider: Decision.Decider { .init(.subnet, name, span) }
}

extension Decision.Verdict {
  /// How `reject` refuses: "TCP reset; ICMP administratively prohibited otherwise".
  static func rejecting(_ ipProtocol: IPProtocol) -> Decision.Verdict {
    ipProtocol == .tcp ? .tcpReset : .icmpReject
  }
}
