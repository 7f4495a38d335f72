import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Steps 7 and 8: the section's rules, in order, of which the first that matches decides; then the
/// section's default.
struct SectionRules {
  let section: ResolvedSection
  let limiters: LimiterNumbers
  var slice: PacketSlice
  /// What neighbouring rules become; nil where the first that matches decides.
  var composition: StepComposition?

  mutating func diagram(
    default: Diagram, _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    var steps = FirstMatch(by: composition)
    var next = 0
    while next < section.rules.count {
      // Neighbours between the same ends are one step, so that a large list is built once for all
      // the services of its rules.
      let first = section.rules[next]
      var end = next + 1
      while end < section.rules.count, section.rules[end].from == first.from,
        section.rules[end].to == first.to
      {
        end += 1
      }
      steps.append(
        try step(section.rules[next..<end], &numbering), weight: weight(of: first) + end - next)
      next = end
    }
    steps.append(`default`)
    return try steps.diagram(in: slice.arena)
  }

  private func weight(of rule: ResolvedRule) -> Int {
    [rule.from, rule.to].reduce(1) { sum, end in
      end.parts.reduce(sum) {
        $0
          + (slice.family == .ipv4
            ? $1.addresses.ipv4.intervals.count : $1.addresses.ipv6.intervals.count)
      }
    }
  }

  /// Rules between the same ends; undecided about the packets that none of them matches.
  private mutating func step(
    _ rules: ArraySlice<ResolvedRule>, _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    let family = slice.family
    guard let ends = rules.first,
      [ends.from, ends.to].allSatisfy({ end in
        end.parts.contains { !$0.addresses.isEmpty(in: family) }
      })
    else { return .undecided }
    var ofService = FirstMatch(by: composition)
    for rule in rules { ofService.append(try byState(rule, &numbering)) }
    return try slice.from(
      ends.from, then: try slice.to(ends.to, then: try ofService.diagram(in: slice.arena)))
  }

  /// What does not depend on the packet's ends.
  private func byState(
    _ rule: ResolvedRule, _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    // Conntrack knows which port was dialled, but not of packets that it does not track.
    let knowsDialled = rule.published != nil
    // A limit is "of new connections"; an invalid packet that goes on begins none.
    let isLimited = rule.verdict == .allow && rule.limit != nil
    let tracked = try matching(
      rule, byOriginalPort: knowsDialled, isLimited: isLimited, &numbering)
    if !knowsDialled && !isLimited { return tracked }
    let invalid = try matching(rule, byOriginalPort: false, isLimited: false, &numbering)
    let untracked =
      knowsDialled
      ? try matching(rule, byOriginalPort: false, isLimited: isLimited, &numbering) : tracked
    return try slice.arena.cases(
      .state,
      [
        (StateValue.related.rawValue, tracked), (StateValue.invalid.rawValue, invalid),
        (.max, untracked),
      ])
  }

  /// The packets of the rule's service, and the helper that each is attached to.
  private func matching(
    _ rule: ResolvedRule, byOriginalPort: Bool, isLimited: Bool,
    _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    let users = rule.users.map { users in
      // "a packet without one matches no user rule"
      IntervalSet(users.filter { $0 != Dimension.noUser }.map { .init($0, $0) })
    }
    func whole(
      with helper: Decision.AttachedHelper?, _ numbering: inout DecisionNumbers
    ) throws(PacketSpaceError) -> Diagram {
      func decided(
        _ ipProtocol: IPProtocol, _ numbering: inout DecisionNumbers
      ) throws(PacketSpaceError) -> Diagram {
        try self.decided(
          rule, helper?.transport ?? ipProtocol, isLimited: isLimited, helper?.type, &numbering)
      }
      let tcp = try decided(.tcp, &numbering)
      let other = rule.verdict == .reject ? try decided(.udp, &numbering) : tcp
      return try slice.service(
        rule.published ?? rule.service, byOriginalPort: byOriginalPort, users: users,
        then: (tcp, other))
    }
    if rule.helpers.isEmpty || rule.verdict != .allow { return try whole(with: nil, &numbering) }
    var steps = FirstMatch()
    for use in rule.helpers {
      for (transport, service) in use.service.byProtocol {
        let attached = try whole(with: .init(use.helper, over: transport), &numbering)
        let yes = Diagram.constant(1)
        let used = try slice.arena.first(
          try slice.service(service, then: (yes, yes)), then: .constant(0))
        steps.append(
          try slice.arena.restrict(
            attached, to: PacketSet(diagram: used), otherwise: Diagram.undecidedNumber))
      }
    }
    steps.append(try whole(with: nil, &numbering))
    return try steps.diagram(in: slice.arena)
  }

  /// What is decided once everything in the packet matches: until the rule expires, as its limit
  /// has room.
  private func decided(
    _ rule: ResolvedRule, _ ipProtocol: IPProtocol, isLimited: Bool, _ helper: ConntrackHelper?,
    _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    let pass = numbering.constant(
      rule.decision(for: ipProtocol, isLimited: isLimited, helper: helper))
    guard isLimited, let limiter = limiters[rule.name] else {
      precondition(!isLimited, "the limiters are of other policies")
      return try slice.before(rule.expires, then: pass)
    }
    let asLimited = try slice.arena.choice(
      .limiter(limiter), in: IntervalSet<UInt32>(LimiterValue.room.rawValue), then: pass,
      else: numbering.constant(rule.excessDecision))
    return try slice.before(rule.expires, then: asLimited)
  }
}

extension ServiceSet {
  /// Its parts by protocol, ascending.
  fileprivate var byProtocol: [(ipProtocol: IPProtocol, service: ServiceSet)] {
    var parts: [IPProtocol: ServiceSet] = [:]
    for interval in protocols.intervals {
      for number in interval.lower...interval.upper {
        parts[IPProtocol(number: number)] = ServiceSet(protocols: IntervalSet(number))
      }
    }
    for (ipProtocol, ports) in ports { parts[ipProtocol] = ServiceSet(ports: [ipProtocol: ports]) }
    if !icmp.isEmpty { parts[.icmp] = ServiceSet(icmp: icmp) }
    if !icmpv6.isEmpty { parts[.icmpv6] = ServiceSet(icmpv6: icmpv6) }
    return parts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
