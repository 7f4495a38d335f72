/// The part of a policy that logs with some prefix.
package struct LogSource: Hashable, Sendable {
  /// `inbound`, `forward`, `outbound`, `smtp-egress` or `anti-spoofing`.
  package var section: String
  /// The rule's, or `default`.
  package var rule: String
  /// `allow`, `deny` or `reject`, as far as it is known.
  package var verdict: String?
  /// Whether this is what was over the rule's limit.
  package var isExcess = false
  /// Of what decided; nil where it is no part of the policy: of an older one, say.
  package var place: Place?
  package var owner: String?
  package var ticket: String?

  package init(section: String, rule: String, verdict: String?) {
    self.section = section
    self.rule = rule
    self.verdict = verdict
  }

  /// What decided, as a person says it: ``rule `ssh-from-noc` ``, `the inbound default`.
  package var words: String {
    switch (section, rule) {
    case ("smtp-egress", "default"): "the gate `smtp-egress`"
    case ("anti-spoofing", "default"): "anti-spoofing"
    case (_, "default"): "the \(section) default"
    case _ where isExcess: "the limit of rule `\(rule)`"
    default: "rule `\(rule)`"
    }
  }

  /// Of a prefix that the policy does not have, `fwpolicy/SECTION/RULE/VERDICT: `.
  init?(prefix: String) {
    guard prefix.hasPrefix("fwpolicy/"), prefix.hasSuffix(": ") else { return nil }
    let parts = prefix.dropLast(2).split(separator: "/", omittingEmptySubsequences: false)
    // A rule's name may hold a slash only where the kernel's log was written by somebody else.
    guard parts.count == 4, !parts.contains(where: \.isEmpty) else { return nil }
    section = String(parts[1])
    rule = String(parts[2])
    switch parts[3] {
    case "limit":
      verdict = "deny"
      isExcess = true
    case "allow", "deny", "reject": verdict = String(parts[3])
    default: return nil
    }
  }
}

/// What is known of who logged a packet.
package enum LogOrigin: Hashable, Sendable {
  case known(LogSource)
  /// Parts of the policy that share the prefix, and the packet does not tell them apart.
  case oneOf([LogSource])
  /// The prefix is none of the policy's.
  case unknown

  /// What decided, as a person says it.
  package var words: String {
    switch self {
    case .known(let source): source.words
    case .oneOf(let sources):
      "one of " + sources.prefix(3).map(\.words).joined(separator: ", ")
        + (sources.count > 3 ? " and \(sources.count - 3) more" : "")
    case .unknown: "a log prefix that the policy does not have"
    }
  }

  package var place: Place? {
    switch self {
    case .known(let source): source.place
    case .oneOf, .unknown: nil
    }
  }

  /// The verdict, where every part that it may be has the same.
  package var verdict: String? {
    switch self {
    case .known(let source): source.verdict
    case .oneOf(let sources):
      Set(sources.map(\.verdict)).count == 1 ? sources.first?.verdict : nil
    case .unknown: nil
    }
  }
}
