package import Diagnostics
import NetworkTypes
import PolicyLanguage

/// One packet's way through the order of decision.
package struct PolicyTrace: Sendable {
  /// A part of the policy that was asked, and why it did not decide; the last one did.
  package struct Step: Hashable, Sendable {
    /// `rule `ssh``, `anti-spoofing`.
    package var asked: String
    /// What became of the packet, or why it went on.
    package var answer: String
    /// Where it is written; nil for what is the same on every machine.
    package var span: SourceSpan?
  }

  package var steps: [Step]
  package var decision: Decision
}

extension PolicyMeaning {
  /// What decides about a packet, and everything that was asked before.
  ///
  /// Linear in the rules of the section.
  package func trace(_ packet: Packet) -> PolicyTrace {
    let decision = decide(packet)
    var steps: [PolicyTrace.Step] = []
    func pass(_ asked: String, _ why: String, _ span: SourceSpan? = nil) {
      steps.append(.init(asked: asked, answer: why, span: span))
    }
    for step in Decision.Step.allCases where step != .notGoverned {
      if step == decision.step, step != .rules { break }
      if decision.step == .notGoverned { break }
      switch step {
      case .notGoverned: break
      case .loopback: pass("loopback", "not by or to `lo`")
      case .antiSpoofing:
        guard packet.path != .outbound else { continue }
        pass("anti-spoofing", antiSpoofingWords(packet))
      case .conntrack: pass("conntrack", "the packet is \(packet.state.rawValue)")
      case .essentialICMP: pass("essential ICMP", "not one of its types")
      case .invalid:
        guard packet.path != .outbound else { continue }
        pass(
          "invalid",
          packet.state == .invalid ? "the zone lets it go on" : "the packet is not invalid")
      case .smtpEgress:
        guard let gate = policy.smtpEgress else { continue }
        if let passed = decision.gatePass {
          pass("smtp-egress", "passed by \(passed.words)", passed.span)
        } else {
          pass("smtp-egress", "does not govern the packet", gate.keySpan)
        }
      case .rules:
        for rule in policy.section(for: packet.path)?.rules ?? [] {
          if decision.step == .rules, rule.name == decision.decider?.name { break }
          pass("rule `\(rule.name)`", mismatch(of: rule, packet), rule.span)
        }
        if decision.step == .rules {
          return ended(steps, decision)
        }
      case .sectionDefault: break
      }
    }
    return ended(steps, decision)
  }

  private func ended(_ steps: [PolicyTrace.Step], _ decision: Decision) -> PolicyTrace {
    PolicyTrace(
      steps: steps + [
        .init(
          asked: decision.deciderWords, answer: decision.verdict.participle,
          span: decision.decider?.span)
      ], decision: decision)
  }

  private func antiSpoofingWords(_ packet: Packet) -> String {
    guard let zone = inputZone(of: packet) else { return "the interface is of no zone" }
    let name = policy.zones[zone].name.value
    if policy.zones[zone].antiSpoofing.isEmpty { return "off in zone `\(name)`" }
    return "the source belongs behind zone `\(name)`"
  }

  /// The first thing in which a packet is not what a rule matches.
  private func mismatch(of rule: ResolvedRule, _ packet: Packet) -> String {
    if let expires = rule.expires, packet.time >= expires { return "it has expired" }
    if let users = rule.users {
      guard let user = packet.socketUser else { return "the packet has no user" }
      if !users.contains(user) { return "user \(user) is not among its users" }
    }
    if let published = rule.published, !packet.wasDialledAs(published) {
      return "what was dialled is not \(words(published))"
    }
    if rule.published == nil, !packet.isOf(rule.service) {
      return "the service is not \(words(rule.service))"
    }
    let input = inputZone(of: packet)
    if !rule.from.holdsSource(of: packet, in: input) {
      if !rule.from.members.hold(packet.sourceNetworks) {
        return memberWords("source", rule.from.members)
      }
      let isZone = packet.path != .outbound && rule.from.addresses(in: input).isEmpty
      return isZone
        ? "it does not come in by \(zoneWords(rule.from))" : "the source is not in its `from`"
    }
    let output = outputZone(of: packet)
    if !rule.to.holdsDestination(of: packet, in: output) {
      if !rule.to.members.hold(packet.destinationNetworks) {
        return memberWords("destination", rule.to.members)
      }
      let isZone = packet.path != .inbound && rule.to.addresses(in: output).isEmpty
      return isZone
        ? "it does not leave by \(zoneWords(rule.to))" : "the destination is not in its `to`"
    }
    return "it does not match"
  }

  private func memberWords(_ address: String, _ members: DynamicMembership) -> String {
    "the \(address) is "
      + (members.inside.map { "not in `\($0)`" } + members.outside.map { "in `\($0)`" })
      .joined(separator: ", or ")
  }

  private func words(_ service: ServiceSet) -> String {
    ServiceNames(of: [policy]).words(for: service)
  }

  private func zoneWords(_ endpoint: ResolvedEndpoint) -> String {
    let zones = endpoint.zoneNames(in: policy)
    return zones.isEmpty ? "its interfaces" : zones.map { "zone `\($0)`" }.joined(separator: ", ")
  }
}

extension ResolvedEndpoint {
  /// The zones that some part speaks of; empty for all of them.
  fileprivate func zoneNames(in policy: ResolvedPolicy) -> [String] {
    let indices = Set(parts.flatMap(\.zones.zones)).sorted()
    if indices.count == policy.zones.count { return [] }
    return indices.map { policy.zones[$0].name.value }
  }
}
