import NetworkTypes
import PacketSpace
import PolicyLanguage

// The steps that are the same on every machine, each undecided about the packets that it leaves to
// the next: language reference §4.

extension PacketSlice {
  /// Step 1: loopback is accepted.
  ///
  /// The kernel never forwards what comes in by `lo`.
  func loopback(
    _ interfaces: InterfaceClasses, then accept: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let dimension: Dimension
    switch path {
    case .inbound: dimension = .inputInterface
    case .outbound: dimension = .outputInterface
    case .forward: return .undecided
    }
    return try arena.choice(
      dimension, in: IntervalSet<UInt32>(interfaces.classOf("lo")), then: accept, else: .undecided)
  }

  /// Step 3: established and related are accepted, but never TCP 25 that the gate governs as
  /// related.
  mutating func conntrack(
    gate: ResolvedSMTPEgress?, then accept: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let ungoverned = try states([.established, .related], then: accept, else: .undecided)
    guard let gate else { return ungoverned }
    let governed = try arena.cases(
      .state,
      [
        (StateValue.new.rawValue, .undecided), (StateValue.established.rawValue, accept),
        (StateValue.related.rawValue, try smtp(then: .undecided, else: accept)),
        (.max, .undecided),
      ])
    return try clients(of: gate, then: governed, else: ungoverned)
  }

  /// Step 4: "IPv4 3, 11, 12; ICMPv6 1–4 everywhere; neighbour and router discovery 133–136 with hop
  /// limit 255, and MLD 130–132, 143 from link-local, to this machine".
  ///
  /// The last two hold for what this machine sends as well.
  func essentialICMP(then accept: Diagram) throws(PacketSpaceError) -> Diagram {
    switch family {
    case .ipv4: return try icmp([3...3, 11...12], then: accept)
    case .ipv6:
      let errors = try icmp([1...4], then: accept)
      if path == .forward { return errors }
      let fromAnyone = try arena.first(errors, then: try neighbourDiscovery(then: accept))
      let fromLinkLocal = try arena.first(fromAnyone, then: try mld(then: accept))
      return try source(in: .linkLocal, then: fromLinkLocal, else: fromAnyone)
    }
  }

  /// Step 5: inbound and forward, invalid per `defaults.invalid` or the zone.
  ///
  /// - Parameter drop: what is decided for a zone (nil: for interfaces of none) that denies.
  func invalid(
    of policy: ResolvedPolicy, then drop: (Int?) -> Diagram
  ) throws(PacketSpaceError) -> Diagram {
    if path == .outbound { return .undecided }
    return try byInputZone { zone throws(PacketSpaceError) in
      switch zone.map({ policy.zones[$0].invalid }) ?? policy.invalid {
      case .continue: .undecided
      case .deny: try states([.invalid], then: drop(zone), else: .undecided)
      }
    }
  }
}

// MARK: - Kinds of ICMP

extension PacketSlice {
  /// Neighbour and router discovery that never crossed a router, as its hop limit proves (RFC 4861
  /// §6.1 and §7.1).
  func neighbourDiscovery(then inside: Diagram) throws(PacketSpaceError) -> Diagram {
    try icmp(
      [133...136],
      then: try arena.choice(.hopLimit, in: IntervalSet<UInt32>(1), then: inside, else: .undecided))
  }

  /// Multicast listener discovery (RFC 2710, RFC 9777).
  func mld(then inside: Diagram) throws(PacketSpaceError) -> Diagram {
    try icmp([130...132, 143...143], then: inside)
  }

  /// The family's own ICMP of some types.
  private func icmp(
    _ types: [ClosedRange<UInt32>], then inside: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let ipProtocol = family == .ipv4 ? IPProtocol.icmp : .icmpv6
    let codes = IntervalSet<UInt32>(
      types.map { .init($0.lowerBound << 8, $0.upperBound << 8 | 255) })
    return try arena.choice(
      .ipProtocol, in: IntervalSet<UInt32>(UInt32(ipProtocol.number)),
      then: try arena.choice(.icmp, in: codes, then: inside, else: .undecided), else: .undecided)
  }
}

extension AddressSet {
  /// fe80::/10 (RFC 4291 §2.5.6).
  static let linkLocal = AddressSet(
    ipv6: IntervalSet([.init(0xfe80 << 112, 0xfe80 << 112 | UInt128.max >> 10)]))
}
