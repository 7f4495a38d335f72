import NetworkTypes
import PolicyLanguage

/// The gate for outbound TCP 25: language reference §5.
///
/// It only takes away: what it passes still needs an `allow` of the section's rules.
struct SMTPGate {
  enum Answer {
    case pass(Decision.Decider)
    case stop(Decision)
  }

  let policy: ResolvedPolicy
  let gate: ResolvedSMTPEgress

  /// Nil where the policy has no gate.
  init?(policy: ResolvedPolicy) {
    guard let gate = policy.smtpEgress else { return nil }
    self.policy = policy
    self.gate = gate
  }

  /// Whether the packet is TCP 25, not part of an established connection, and of a client in
  /// forward or of this machine.
  func governs(_ packet: Packet, in inputZone: Int?) -> Bool {
    guard packet.ipProtocol == .tcp, packet.destinationPort == 25, packet.state != .established
    else { return false }
    switch packet.path {
    case .inbound: return false
    case .forward:
      // (a) by a zone of `clients`, (b) from a governed network, (c) by a zone that holds one:
      // resolution has put (c) into `clientZones`.
      return gate.governsForward
        && (gate.clientZones.contains(inputZone) || packet.sourceIsIn(gate.clientNetworks))
    case .outbound: return gate.governsOwn
    }
  }

  /// What becomes of a governed packet.
  func answer(to packet: Packet, leavingBy outputZone: Int?) -> Answer {
    if packet.path == .outbound, let user = packet.socketUser, gate.users.contains(user) {
      return .pass(gate.usersPass)
    }
    let entry = deciding(packet, leavingBy: outputZone)
    if let entry, entry.to.holdsDestination(of: packet, in: outputZone) {
      return .pass(entry.pass)
    }
    // "else as relays-only", which is also what a source in no entry is.
    if gate.relays.holdsDestination(of: packet, in: outputZone) {
      return .pass(gate.relaysPass)
    }
    return .stop(gate.stopDecision)
  }

  /// The entry that decides for a packet's source: "the longest prefix that holds the source
  /// decides", however it answers.
  ///
  /// The same for this machine's own traffic, whose source is mostly one address, so that what
  /// tells entries apart there is `to`: of equal prefixes one whose `to` matches is preferred.
  private func deciding(
    _ packet: Packet, leavingBy outputZone: Int?
  ) -> ResolvedSMTPEgress.Allow? {
    // "An expired entry is as if absent (the next longest one that lives decides)."
    let alive = gate.allow.filter { entry in
      entry.expires.map { packet.time < $0 } ?? true
    }
    let holding = alive.compactMap { entry in
      prefixLength(of: entry.from, holdingSourceOf: packet).map { (entry: entry, length: $0) }
    }
    let longest = holding.map(\.length).max()
    let deciding = holding.filter { $0.length == longest }
    return
      (deciding.first { $0.entry.to.holdsDestination(of: packet, in: outputZone) }
      ?? deciding.first)?.entry
  }

  /// The length of the longest of an entry's prefixes that hold the packet's source; nil where none
  /// does.
  private func prefixLength(of from: WrittenAddresses, holdingSourceOf packet: Packet) -> Int? {
    switch packet.addresses {
    case .ipv4(let source, _): from.ipv4.longestLength(holding: source.bits)
    case .ipv6(let source, _): from.ipv6.longestLength(holding: source.bits)
    }
  }
}

extension WrittenPrefixes {
  /// The length, as written, of the longest prefix that holds a value.
  fileprivate func longestLength(holding value: Bound) -> Int? {
    prefixes.filter { $0.block.lower <= value && value <= $0.block.upper }
      .map { Int($0.length) }.max()
  }
}
