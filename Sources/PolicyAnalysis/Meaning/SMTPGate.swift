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
    let entries = deciding(packet)
    for entry in entries.allow where entry.to.holdsDestination(of: packet, in: outputZone) {
      return .pass(entry.pass)
    }
    if let row = entries.rows.first(where: { $0.answer == .allowed }) { return .pass(row.decider) }
    let counted = isCounted(packet) ? packet.family : nil
    // "`blocked` → action", for the relays as well.
    if let row = entries.rows.first(where: { $0.answer == .blocked }) {
      return .stop(gate.stopDecision(by: row.decider, countedIn: counted))
    }
    // "else as relays-only", which is also what a source in no entry is.
    if gate.relays.holdsDestination(of: packet, in: outputZone) {
      return .pass(gate.relaysPass)
    }
    return .stop(
      gate.stopDecision(by: entries.rows.first?.decider, countedIn: counted))
  }

  /// The entries that decide for a packet's source: "the longest prefix that holds the source
  /// decides", however it answers.
  ///
  /// Of equal prefixes there may be several, which resolution lets by where they agree. This
  /// machine's own traffic is nobody's subnet: of it only `allow` speaks, and as its source is mostly
  /// one address, what tells entries apart there is `to`.
  private func deciding(
    _ packet: Packet
  ) -> (allow: [ResolvedSMTPEgress.Allow], rows: [Subnet]) {
    // "An expired entry is as if absent (the next longest one that lives decides)."
    func isAlive(_ expires: Timestamp?) -> Bool { expires.map { packet.time < $0 } ?? true }
    let allow = gate.allow.filter { isAlive($0.expires) }.compactMap { entry in
      prefixLength(of: entry.from, holdingSourceOf: packet).map { (entry: entry, length: $0) }
    }
    let rows = rows(holdingSourceOf: packet).filter { isAlive($0.expires) }
    let longest = (allow.map(\.length) + rows.map(\.prefix.length)).max()
    return (
      allow.filter { $0.length == longest }.map(\.entry),
      rows.filter { $0.prefix.length == longest }
    )
  }

  /// The rows that hold a packet's source, expired or not.
  private func rows(holdingSourceOf packet: Packet) -> [Subnet] {
    packet.path == .forward ? gate.subnets.filter { $0.prefix.holds(sourceOf: packet) } : []
  }

  /// "`per-subnet`: a named counter per inventory row": what the gate stops is counted for the longest
  /// row that holds its source, expired or not.
  private func isCounted(_ packet: Packet) -> Bool {
    gate.countsPerSubnet && !rows(holdingSourceOf: packet).isEmpty
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

extension IPPrefix {
  fileprivate func holds(sourceOf packet: Packet) -> Bool {
    switch (self, packet.addresses) {
    case (.ipv4(let prefix), .ipv4(let source, _)):
      prefix.interval.lower <= source.bits && source.bits <= prefix.interval.upper
    case (.ipv6(let prefix), .ipv6(let source, _)):
      prefix.interval.lower <= source.bits && source.bits <= prefix.interval.upper
    case (.ipv4, .ipv6), (.ipv6, .ipv4): false
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
