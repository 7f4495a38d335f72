import NetworkTypes
package import PolicyLanguage

/// What a policy does with a packet: the language reference read aloud, one packet at a time.
///
/// It is written to be read beside §4 and knows nothing of nftables, so that what the compiler
/// makes of a policy can be tested against it. Total: every packet gets one decision. Linear in
/// the policy; nothing is prepared, so that nothing is hidden.
package struct PolicyMeaning: Sendable {
  package let policy: ResolvedPolicy

  package init(of policy: ResolvedPolicy) { self.policy = policy }

  /// The order of decision, §4.
  package func decide(_ packet: Packet) -> Decision {
    guard let section = policy.section(for: packet.path) else {
      // "role: host has no say over forwarded traffic unless it declares a containers zone"
      return Decision(.accept, at: .notGoverned)
    }
    // A packet leaves the list at the first step that answers.
    let gate = SMTPGate(policy: policy)
    let isGovernedSMTP = gate?.governs(packet, in: inputZone(of: packet)) ?? false

    if isLoopback(packet) { return Decision(.accept, at: .loopback) }
    if let decision = antiSpoofing(packet) { return decision }
    if let decision = conntrack(packet, isGovernedSMTP: isGovernedSMTP) { return decision }
    if EssentialICMP.holds(packet) { return Decision(.accept, at: .essentialICMP) }
    if let decision = invalid(packet) { return decision }

    var gatePass: Decision.Decider?
    if isGovernedSMTP, let gate {
      switch gate.answer(to: packet, leavingBy: outputZone(of: packet)) {
      case .stop(let decision): return decision
      case .pass(let decider): gatePass = decider
      }
    }
    var decision =
      rules(of: section, packet)
      ?? policy.defaultDecision(
        of: section, packet.path, isLinkBroadcastOrMulticast: packet.isLinkBroadcastOrMulticast)
    decision.gatePass = gatePass
    return decision
  }

  func inputZone(of packet: Packet) -> Int? {
    packet.inputInterface.flatMap { policy.zone(ofInterface: $0) }
  }

  func outputZone(of packet: Packet) -> Int? {
    packet.outputInterface.flatMap { policy.zone(ofInterface: $0) }
  }
}

// MARK: - The steps that are the same on every machine

extension PolicyMeaning {
  /// Step 1: loopback is accepted.
  ///
  /// The kernel never forwards what comes in by `lo`.
  private func isLoopback(_ packet: Packet) -> Bool {
    switch packet.path {
    case .inbound: packet.inputInterface == "lo"
    case .outbound: packet.outputInterface == "lo"
    case .forward: false
    }
  }

  /// Step 2: anti-spoofing drops a source that does not belong behind its interface.
  private func antiSpoofing(_ packet: Packet) -> Decision? {
    guard packet.path != .outbound, let zone = inputZone(of: packet),
      !AntiSpoofingCheck.exempts(packet),
      AntiSpoofingCheck(policy: policy, zone: zone).refuses(packet)
    else { return nil }
    return policy.antiSpoofingDecision(in: zone)
  }

  /// Step 3: established and related are accepted, but never TCP 25 that the gate governs as
  /// related.
  private func conntrack(_ packet: Packet, isGovernedSMTP: Bool) -> Decision? {
    switch packet.state {
    case .established: Decision(.accept, at: .conntrack)
    case .related: isGovernedSMTP ? nil : Decision(.accept, at: .conntrack)
    case .new, .invalid, .untracked: nil
    }
  }

  /// Step 5: inbound and forward, invalid per `defaults.invalid` or the zone.
  private func invalid(_ packet: Packet) -> Decision? {
    guard packet.state == .invalid, packet.path != .outbound else { return nil }
    let zone = inputZone(of: packet)
    switch zone.map({ policy.zones[$0].invalid }) ?? policy.invalid {
    case .continue: return nil
    case .deny: return policy.invalidDecision(in: zone, packet.path)
    }
  }
}

// MARK: - The section

extension PolicyMeaning {
  /// Step 7: the section's rules, in order; the first that matches decides.
  private func rules(of section: ResolvedSection, _ packet: Packet) -> Decision? {
    section.rules.first { matches($0, packet) }.map { decide($0, packet) }
  }

  private func matches(_ rule: ResolvedRule, _ packet: Packet) -> Bool {
    if let expires = rule.expires, packet.time >= expires { return false }
    if let users = rule.users {
      // "a packet without one matches no user rule"
      guard let user = packet.socketUser, users.contains(user) else { return false }
    }
    let isOfService =
      rule.published.map { packet.wasDialledAs($0) } ?? packet.isOf(rule.service)
    return isOfService
      && rule.from.holdsSource(of: packet, in: inputZone(of: packet))
      && rule.to.holdsDestination(of: packet, in: outputZone(of: packet))
  }

  private func decide(_ rule: ResolvedRule, _ packet: Packet) -> Decision {
    // A limit is "of new connections"; an invalid packet that goes on begins none.
    let isLimited = rule.verdict == .allow && rule.limit != nil && packet.state != .invalid
    if isLimited, packet.limitExceeded { return rule.excessDecision }
    return rule.decision(
      for: packet.ipProtocol, isLimited: isLimited,
      helper: rule.helpers.first { packet.isOf($0.service) }?.helper)
  }
}

extension ResolvedEndpoint {
  /// Whether the packet comes from here: by an interface of the zone, from one of its addresses.
  ///
  /// An outbound packet has no input interface, and its one part is over every zone.
  func holdsSource(of packet: Packet, in zone: Int?) -> Bool {
    members.hold(packet.sourceNetworks)
      && parts.contains { $0.zones.contains(zone) && packet.sourceIsIn($0.addresses) }
  }

  /// The mirror, by output interface.
  func holdsDestination(of packet: Packet, in zone: Int?) -> Bool {
    members.hold(packet.destinationNetworks)
      && parts.contains { $0.zones.contains(zone) && packet.destinationIsIn($0.addresses) }
  }
}

extension DynamicMembership {
  /// Whether an address is as they want that is in some networks.
  func hold(_ networks: Set<String>) -> Bool {
    inside.allSatisfy(networks.contains) && !outside.contains(where: networks.contains)
  }
}
