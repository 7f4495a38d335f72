package import Diagnostics
import Nftables
import PolicyAnalysis
package import PolicyLanguage

/// Which part of a policy a log prefix stands for.
package struct LogSources: Sendable {
  private let meaning: PolicyMeaning
  private var byPrefix: [String: [LogSource]] = [:]
  private var zonePlaces: [Place]
  /// The groups that the policy logs to, ascending.
  package private(set) var groups: [UInt16] = []
  /// Whether it logs to the kernel's own log, which no group hears.
  package private(set) var logsToKernel = false

  /// Linear in the policy.
  package init(of policy: ResolvedPolicy, place: (SourceSpan) -> Place) {
    meaning = PolicyMeaning(of: policy)
    zonePlaces = policy.zones.map { place($0.name.span) }
    var heard: Set<UInt16> = []
    func add(_ log: ResolvedLog?, _ source: LogSource, at span: SourceSpan?) {
      guard let log else { return }
      switch log.to {
      case .kernel: logsToKernel = true
      case .group(let number): heard.insert(number)
      }
      var source = source
      source.place = span.map(place)
      byPrefix[safeLogPrefix(log.prefix), default: []].append(source)
    }
    let sections: [(String, ResolvedSection?, defaultVerdict: String)] = [
      ("inbound", policy.inbound, "deny"), ("forward", policy.forward, "deny"),
      ("outbound", policy.outbound, policy.outboundDefault.rawValue),
    ]
    for (name, section, defaultVerdict) in sections {
      guard let section else { continue }
      for rule in section.rules {
        var source = LogSource(section: name, rule: rule.name, verdict: rule.verdict.rawValue)
        source.owner = rule.owner
        source.ticket = rule.ticket
        add(rule.log, source, at: rule.span)
        source.verdict = "deny"
        source.isExcess = true
        add(rule.excessLog, source, at: rule.span)
      }
      add(
        section.defaultLog, LogSource(section: name, rule: "default", verdict: defaultVerdict),
        at: section.keySpan ?? policy.nameSpan)
    }
    if let gate = policy.smtpEgress {
      add(
        gate.log,
        LogSource(section: "smtp-egress", rule: "default", verdict: gate.action.rawValue),
        at: gate.keySpan)
    }
    add(
      policy.antiSpoofingLog,
      LogSource(section: "anti-spoofing", rule: "default", verdict: "deny"), at: policy.nameSpan)
    groups = heard.sorted()
  }

  /// Who logged a packet, by its prefix; where parts of the policy share one, by what the policy
  /// says of the packet, too.
  package func origin(of packet: WatchedPacket) -> LogOrigin {
    guard let candidates = byPrefix[packet.prefix] else {
      return LogSource(prefix: packet.prefix).map { .known($0) } ?? .unknown
    }
    if candidates.count == 1 { return .known(located(candidates[0], packet)) }
    let possible = candidates.filter { decides($0, packet) }
    if possible.count == 1 { return .known(located(possible[0], packet)) }
    return .oneOf(possible.isEmpty ? candidates : possible)
  }

  /// A drop of anti-spoofing is laid to the zone that the packet came in by.
  private func located(_ source: LogSource, _ packet: WatchedPacket) -> LogSource {
    guard source.section == "anti-spoofing", let name = packet.inputInterface,
      let zone = meaning.policy.zone(ofInterface: name)
    else { return source }
    var source = source
    source.place = zonePlaces[zone]
    return source
  }

  /// Whether a part of the policy would be who logs a packet that begins a connection.
  private func decides(_ source: LogSource, _ packet: WatchedPacket) -> Bool {
    if source.section == "anti-spoofing" {
      // Routers drop before routing, hosts at input; nothing else logs at prerouting.
      return packet.hook == .prerouting || spoofed(packet)
    }
    guard var new = packet.asNew else { return false }
    new.limitExceeded = source.isExcess
    let decision = meaning.decide(new)
    switch decision.step {
    case .smtpEgress: return source.section == "smtp-egress"
    case .sectionDefault:
      return source.rule == "default" && source.section == new.path.rawValue
    case .rules:
      return decision.decider?.name == source.rule && source.section == new.path.rawValue
    case .notGoverned, .loopback, .antiSpoofing, .conntrack, .essentialICMP, .invalid:
      return false
    }
  }

  private func spoofed(_ packet: WatchedPacket) -> Bool {
    guard let new = packet.asNew else { return false }
    return [true, false].contains { isRight in
      var new = new
      new.reversePathIsRight = isRight
      return meaning.decide(new).step == .antiSpoofing
    }
  }
}
