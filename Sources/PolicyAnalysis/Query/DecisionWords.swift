extension Decision.Verdict {
  /// What becomes of the packet, as a person says it: `accepted`.
  package var participle: String {
    switch self {
    case .accept: "accepted"
    case .drop: "dropped"
    case .tcpReset: "rejected (TCP reset)"
    case .icmpReject: "rejected (ICMP)"
    }
  }

  /// The verdict as a rule is written: `allow`, `deny` or `reject`.
  package var keyword: String {
    switch self {
    case .accept: "allow"
    case .drop: "deny"
    case .tcpReset, .icmpReject: "reject"
    }
  }
}

extension Decision {
  /// What decided, as a person says it: ``rule `ssh-from-noc` ``, `the inbound default`.
  package var deciderWords: String {
    let name = decider.map { "`\($0.name)`" } ?? ""
    switch step {
    case .notGoverned: return "nothing: a host without a containers zone leaves it to others"
    case .loopback: return "loopback, which is always accepted"
    case .antiSpoofing: return "anti-spoofing of zone \(name)"
    case .conntrack: return "conntrack: what is established or related is accepted"
    case .essentialICMP: return "essential ICMP, which no rule can take away"
    case .invalid: return "`invalid`" + (name.isEmpty ? "" : " of zone \(name)")
    case .smtpEgress: return decider?.words ?? "the gate"
    case .rules:
      if case .limitExcess = counter { return "the limit of rule \(name)" }
      return "rule \(name)"
    case .sectionDefault:
      if case .sectionDefault(let path)? = counter { return "the \(path.rawValue) default" }
      return "the section's default"
    }
  }
}

extension Decision.Decider {
  /// A part of the policy as a person says it: ``rule `ssh` ``, ``inventory row `acme` ``.
  package var words: String {
    switch kind {
    case .rule: "rule `\(name)`"
    case .zone: "zone `\(name)`"
    case .subnet: "inventory row `\(name)`"
    case .subnets: "the inventory `\(name)`"
    case .gate: "the gate `\(name)`"
    case .entry, .relays, .users: "`\(name)`"
    }
  }
}
