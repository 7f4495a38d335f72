package import Diagnostics
import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// What changes for traffic when one policy takes the place of another.
package struct TrafficDifference: Sendable {
  package enum Kind: Int, Hashable, Sendable, CaseIterable, Comparable {
    /// Blocked before, accepted now.
    case opened
    /// Accepted before, blocked now.
    case closed
    /// Blocked both times: dropped and now rejected, or the other way round.
    case changed

    package static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
  }

  /// What decides on one side.
  package struct Side: Hashable, Sendable {
    package var verdict: Decision.Verdict
    /// ``rule `ssh` ``.
    package var words: String
    package var name: String?
    package var span: SourceSpan?
    package var owner: String?
    package var ticket: String?
    /// What let a governed packet past the gate.
    package var pass: Pass?

    package init(verdict: Decision.Verdict, words: String) {
      self.verdict = verdict
      self.words = words
    }

    package struct Pass: Hashable, Sendable {
      package var name: String
      package var span: SourceSpan
      package var owner: String?
      package var ticket: String?
      /// ``inventory row `acme` ``.
      package var words = ""
    }
  }

  /// Why a change is to be looked at before others.
  package enum Weight: Int, Hashable, Sendable, Comparable {
    case smtp
    case management
    case other

    package static func < (a: Weight, b: Weight) -> Bool { a.rawValue < b.rawValue }
  }

  /// Packets that change in one way, by the same parts of both policies.
  package struct Change: Sendable {
    package var kind: Kind
    package var weight: Weight
    package var regions: [TrafficRegion]
    package var words: [RegionWords]
    /// Whether there are regions beyond those that are listed.
    package var hasMoreRegions: Bool
    package var old: Side
    package var new: Side
    package var example: Packet

    /// - Parameter regions: all of its packets, as far as `isComplete`.
    package init(
      from old: Side, to new: Side, regions: [TrafficRegion], isComplete: Bool,
      writer: RegionWriter, example: Packet
    ) {
      kind = Kind(old.verdict, new.verdict)
      weight = Weight(of: regions)
      self.regions = regions
      words = regions.map(writer.words)
      hasMoreRegions = !isComplete
      self.old = old
      self.new = new
      self.example = example
    }
  }

  /// - Parameter changes: in any order.
  package init(
    changes: [Change], effects: [EffectChange], edits: [PolicyEdit], changedPackets: PacketSet
  ) {
    self.changes = changes.sorted { $0.order < $1.order }
    self.effects = effects
    self.edits = edits
    self.changedPackets = changedPackets
  }

  /// The opened first, and among them port 25 and what manages machines.
  package var changes: [Change]
  /// What is changed beside verdicts: lines for people.
  package var effects: [EffectChange]
  /// The rules and other parts of the text that are not the same.
  package var edits: [PolicyEdit]
  /// Every packet whose verdict changes.
  package var changedPackets: PacketSet

  package func count(_ kind: Kind) -> Int { changes.count { $0.kind == kind } }

  /// Whether any packet fares otherwise, its log, counter, helper and limit included.
  package var changesMeaning: Bool { !changes.isEmpty || !effects.isEmpty }
}

extension TrafficDifference.Side {
  /// What a policy decides about a packet, and where that is written.
  package init(_ decision: Decision, of policy: ResolvedPolicy) {
    verdict = decision.verdict == .icmpReject ? .tcpReset : decision.verdict
    words = decision.deciderWords
    name = decision.decider?.name
    span = decision.decider?.span
    if let decider = decision.decider, decider.kind == .rule {
      let rule = policy.rules.first { $0.name == decider.name }
      owner = rule?.owner
      ticket = rule?.ticket
    }
    if let decider = decision.decider, decider.kind == .subnet {
      let row = policy.smtpEgress?.subnets.first { $0.span == decider.span }
      owner = row?.owner
      ticket = row?.ticket
    }
    if let pass = decision.gatePass {
      let entry = policy.smtpEgress?.allow.first { $0.span == pass.span }
      let row =
        pass.kind == .subnet
        ? policy.smtpEgress?.subnets.first { $0.span == pass.span } : nil
      self.pass = Pass(
        name: pass.name, span: pass.span, owner: entry?.owner ?? row?.owner,
        ticket: entry?.ticket ?? row?.ticket)
      self.pass?.words = pass.words
    }
  }
}

extension TrafficDifference.Kind {
  init(_ old: Decision.Verdict, _ new: Decision.Verdict) {
    self = old == .accept ? .closed : new == .accept ? .opened : .changed
  }
}

extension TrafficDifference.Change {
  /// What a new connection meets before what only changes for those that there are.
  var order: (Int, Int, Int, String, UInt32, String) {
    let isFresh = regions.contains { $0.states?.contains(.new) ?? true }
    return (
      kind.rawValue, isFresh ? 0 : 1, weight.rawValue, words.first?.path.rawValue ?? "",
      new.span?.start ?? 0, words.first?.description ?? ""
    )
  }
}

extension TrafficDifference.Weight {
  /// TCP ports by which machines are managed: SSH, telnet, netconf, RDP, VNC, Winbox, Docker, SNMP.
  private static let managementPorts: Set<UInt16> = [
    22, 23, 161, 830, 2375, 2376, 3389, 5900, 6443, 8291,
  ]

  init(of regions: [TrafficRegion]) {
    let services = regions.map(\.service)
    func holds(_ port: UInt16) -> Bool {
      services.contains { service in
        [IPProtocol.tcp, .udp].contains { service.ports[$0]?.contains(port) ?? false }
      }
    }
    let isWhole = services.contains { $0.protocols.contains(IPProtocol.tcp.number) }
    if isWhole || services.contains(where: { $0.ports[.tcp]?.contains(25) ?? false }) {
      self = .smtp
    } else if Self.managementPorts.contains(where: holds) {
      self = .management
    } else {
      self = .other
    }
  }
}
