import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Step 2: anti-spoofing drops a source that does not belong behind its interface, language
/// reference §3 Zone.
struct AntiSpoofingStep {
  let policy: ResolvedPolicy
  let slice: PacketSlice

  func diagram(then drop: (Int) -> Diagram) throws(PacketSpaceError) -> Diagram {
    if slice.path == .outbound { return .undecided }
    let spoofed = try slice.byInputZone { zone throws(PacketSpaceError) in
      guard let zone else { return .undecided }
      return try refused(in: zone, then: drop(zone))
    }
    if spoofed == .undecided { return spoofed }
    let others = try slice.arena.complement(try exempt())
    return try slice.arena.restrict(spoofed, to: others, otherwise: Diagram.undecidedNumber)
  }

  /// What a zone's checks refuse: whole sets of sources, and sources whose reverse path is wrong.
  private func refused(
    in index: Int, then drop: Diagram
  ) throws(PacketSpaceError) -> Diagram {
    let zone = policy.zones[index]
    var sources = AddressSet()
    var checksReversePath = zone.antiSpoofing.contains(.reversePath)
    if zone.antiSpoofing.contains(.networks) {
      if let networks = zone.networks, !networks.isEmpty(in: slice.family) {
        sources = networks.complement()
      } else if zone.kind != .outside || zone.networks != nil {
        // "a family of which it lists no prefix is checked by reverse path instead"; but an outside
        // zone that lists no networks at all is the rest of the world.
        checksReversePath = true
      }
      if zone.kind == .outside { sources = sources.union(behindOthers(than: index)) }
    }
    let rest =
      checksReversePath
      ? try slice.arena.choice(
        .reversePath, in: IntervalSet<UInt32>(1), then: drop, else: .undecided)
      : .undecided
    return try slice.source(in: sources, then: drop, else: rest)
  }

  /// What lives behind the other zones.
  private func behindOthers(than index: Int) -> AddressSet {
    let others = policy.zones.indices.filter { $0 != index }
      .compactMap { policy.zones[$0].networks }
    if others.count == 1 { return others[0] }
    return AddressSet(
      ipv4: IntervalSet(others.flatMap(\.ipv4.intervals)),
      ipv6: IntervalSet(others.flatMap(\.ipv6.intervals)))
  }

  /// "DHCP and IGMP from 0.0.0.0, neighbour discovery and MLD from `::`, and fe80::/10 skip this
  /// step and are decided as usual".
  private func exempt() throws(PacketSpaceError) -> PacketSet {
    let arena = slice.arena
    let yes = Diagram.constant(1)
    let no = Diagram.constant(0)
    let exempt: Diagram
    switch slice.family {
    case .ipv4:
      // RFC 2131 §4.1: a client without an address sends from 68 to 67.
      let sentByClient = try arena.choice(
        .sourcePort, in: IntervalSet<UInt32>(68), then: yes, else: no)
      let dhcp = try arena.choice(
        .destinationPort, in: IntervalSet<UInt32>(67), then: sentByClient, else: no)
      let udp = try arena.choice(
        .ipProtocol, in: IntervalSet<UInt32>(UInt32(IPProtocol.udp.number)), then: dhcp, else: no)
      let igmp = try arena.set(.ipProtocol, IntervalSet<UInt32>(UInt32(IPProtocol.igmp.number)))
      let either = try arena.union(igmp, PacketSet(diagram: udp))
      exempt = try slice.source(
        in: AddressSet(ipv4: IntervalSet(0)), then: either.diagram, else: no)
    case .ipv6:
      let either = try arena.first(
        try slice.neighbourDiscovery(then: yes), then: try slice.mld(then: yes))
      let unspecified = try slice.source(
        in: AddressSet(ipv6: IntervalSet(0)),
        then: try arena.first(either, then: no), else: no)
      exempt = try slice.source(in: .linkLocal, then: yes, else: no)
      return try arena.union(PacketSet(diagram: unspecified), PacketSet(diagram: exempt))
    }
    return PacketSet(diagram: exempt)
  }
}
