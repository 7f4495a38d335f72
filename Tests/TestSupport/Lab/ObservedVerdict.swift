package import PolicyAnalysis

/// What the kernel did with a real packet.
package struct ObservedVerdict: Hashable, Sendable, CustomStringConvertible {
  package enum Fate: String, Hashable, Sendable {
    case accepted
    /// Refused in silence.
    case dropped
    /// Refused, and the sender got a TCP RST.
    case tcpReset = "tcp reset"
    /// Refused, and the sender got ICMP "administratively prohibited".
    case icmpReject = "icmp reject"
    /// Neither: the network did not bring it to the hook, which is a fault of the experiment.
    case notDelivered = "not delivered"
  }

  package var fate: Fate
  /// What conntrack called it; nil where it was dropped before conntrack.
  package var state: Packet.ConntrackState?

  /// Whether a refusal could have been sent to the sender and been heard.
  package var isAnswerable: Bool

  package init(_ fate: Fate, state: Packet.ConntrackState?, isAnswerable: Bool = true) {
    self.fate = fate
    self.state = state
    self.isAnswerable = isAnswerable
  }

  package var description: String {
    "\(fate.rawValue) (\(state?.rawValue ?? "before conntrack"))"
  }
}

/// A packet about which the policy and the kernel disagree.
package struct Disagreement: Sendable, CustomStringConvertible {
  package let packet: Packet
  package let decision: Decision
  package let observed: ObservedVerdict

  package var description: String {
    """
    \(packet)
      policy: \(decision)
      kernel: \(observed)
    """
  }

  /// Nil where they agree.
  ///
  /// The policy is asked about the packet in the conntrack state that the kernel saw. Where the
  /// verdict hangs on a limit, whose state nobody can know, either answer is right; where the
  /// kernel has no way to answer the sender, a silent drop is as good as a reject.
  package init?(of packet: Packet, under meaning: PolicyMeaning, observed: ObservedVerdict) {
    var asked = packet
    asked.state = observed.state ?? packet.state
    let decision = meaning.decide(asked)
    var excess = asked
    excess.limitExceeded = true
    let allowed = [decision, meaning.decide(excess)]
    if allowed.contains(where: { Self.agrees($0, observed) }) { return nil }
    self.packet = asked
    self.decision = decision
    self.observed = observed
  }

  private static func agrees(_ decision: Decision, _ observed: ObservedVerdict) -> Bool {
    switch (decision.verdict, observed.fate) {
    case (.accept, .accepted), (.drop, .dropped), (.tcpReset, .tcpReset),
      (.icmpReject, .icmpReject):
      // Before conntrack only anti-spoofing may drop.
      observed.state != nil || decision.step == .antiSpoofing
    case (.tcpReset, .dropped), (.icmpReject, .dropped): !observed.isAnswerable
    default: false
    }
  }
}
