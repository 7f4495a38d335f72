package import Diagnostics
package import NetworkTypes
package import PolicyLanguage

/// What a policy does with one packet, who decided, and what else happens on the way.
package struct Decision: Hashable, Sendable {
  package enum Verdict: String, Hashable, Sendable {
    case accept
    case drop
    /// nftables: `reject with tcp reset`.
    case tcpReset = "tcp reset"
    /// nftables: `reject with icmpx admin-prohibited`.
    case icmpReject = "icmp reject"
  }

  /// The order of decision, language reference §4; raw values are its numbers.
  package enum Step: Int, Hashable, Sendable, CaseIterable {
    /// Forwarded traffic of a host without containers: left to others before any step.
    case notGoverned = 0
    case loopback = 1
    case antiSpoofing = 2
    case conntrack = 3
    case essentialICMP = 4
    case invalid = 5
    case smtpEgress = 6
    case rules = 7
    case sectionDefault = 8
  }

  /// The part of the policy that decided, and where it is written.
  package struct Decider: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
      case rule
      case zone
      /// An `allow` entry of the gate.
      case entry
      /// A row of the gate's inventory.
      case subnet
      /// The rows of the gate's inventory, where they are not told apart: `SubnetNaming`.
      case subnets
      /// The gate as a whole.
      case gate
      case relays
      case users
    }

    package var kind: Kind
    /// Of a rule, a zone or a row its own; of another part of the gate its key.
    package var name: String
    package var span: SourceSpan

    package init(_ kind: Kind, _ name: String, _ span: SourceSpan) {
      self.kind = kind
      self.name = name
      self.span = span
    }
  }

  /// The counter that the packet adds to.
  package enum Counter: Hashable, Sendable {
    case antiSpoofing(zone: String)
    case invalid(Packet.Path)
    case smtpEgress
    /// A rule's own, with `count: true`.
    case rule(String)
    case limitExcess(rule: String)
    case sectionDefault(Packet.Path)
  }

  /// A conntrack helper, and the protocol that it is attached to.
  package struct AttachedHelper: Hashable, Sendable {
    package var type: ConntrackHelper
    package var transport: IPProtocol

    package init(_ type: ConntrackHelper, over transport: IPProtocol) {
      self.type = type
      self.transport = transport
    }
  }

  package var verdict: Verdict
  package var step: Step
  /// Nil where no text of the policy's own decided: the steps that are the same on every machine.
  package var decider: Decider?
  /// What let a governed packet through the gate, to the section's rules.
  package var gatePass: Decider?
  /// The log statement that the packet reaches; its rate may still silence it.
  package var log: ResolvedLog?
  package var counter: Counter?
  /// Whether it adds to the counter of a row of the inventory too, and of which family.
  ///
  /// Of the row of the longest prefix that holds its source, expired or not, whatever its answer: a
  /// function of the source alone (`ResolvedSMTPEgress.countingSubnet(for:)`).
  package var subnetCounter: AddressFamily?
  /// Attached to the connection that an accepted packet begins.
  package var helper: AttachedHelper?
  /// Whether the source is recorded among the gate's offenders, if these have room for it.
  package var recordsOffender = false
  /// The rule whose limit the packet takes from, whether or not that has room for it.
  package var limiter: String?

  package init(_ verdict: Verdict, at step: Step, by decider: Decider? = nil) {
    self.verdict = verdict
    self.step = step
    self.decider = decider
  }
}

extension Decision: CustomStringConvertible {
  /// For example `drop at step 7 by rule ssh-from-noc`.
  package var description: String {
    var text = "\(verdict.rawValue) at step \(step.rawValue) (\(step))"
    if let decider { text += " by \(decider.kind.rawValue) \(decider.name)" }
    if let gatePass { text += ", past the gate by \(gatePass.kind.rawValue) \(gatePass.name)" }
    return text
  }
}
