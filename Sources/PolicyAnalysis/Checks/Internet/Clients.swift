package import Diagnostics
package import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// Clients that are judged together: a zone's, or those of a network that live behind other zones.
package struct ClientGroup: Sendable {
  /// Of the zone or the network.
  package let name: String
  /// For messages: "zone `clients`".
  package let description: String
  package let span: SourceSpan
  package let from: ResolvedEndpoint
  package let waivers: [Waiver]
}

extension CheckContext {
  /// The clients whose traffic is forwarded: of zones of `kind: clients`, and of networks of class
  /// `residential` and `dynamic` behind other zones that are not outside.
  ///
  /// A network lives behind the zones whose `networks` hold it, else behind any that list none.
  package var clientGroups: [ClientGroup] {
    if policy.forward == nil { return [] }
    var groups = zones { $0 == .clients }.map { index in
      ClientGroup(
        name: policy.zones[index].name.value,
        description: "zone `\(policy.zones[index].name.value)`",
        span: policy.zones[index].name.span,
        from: endpoint(in: ZoneSet(zones: [index], others: false)),
        waivers: waivers(ofZone: index))
    }
    let elsewhere = zones { $0 != .clients && $0 != .outside }
    if elsewhere.isEmpty { return groups }
    for network in policy.networks {
      guard network.networkClass == .residential || network.networkClass == .dynamic,
        !network.addresses.isEmpty
      else { continue }
      let behind = zones(holding: network.addresses, among: elsewhere)
      if behind.isEmpty { continue }
      groups.append(
        ClientGroup(
          name: network.name.value,
          description: "network `\(network.name.value)`", span: network.name.span,
          from: endpoint(network.addresses, in: ZoneSet(zones: behind, others: false)),
          waivers: written.networks.first { $0.name.value == network.name.value }?.waivers ?? []))
    }
    return groups
  }

  /// The zones behind which some addresses may live: those whose `networks` hold some of them; where
  /// these do not hold them all, also those that list no networks.
  func zones(holding addresses: AddressSet, among candidates: [Int]) -> [Int] {
    let listing = policy.zones.indices.filter {
      !(policy.zones[$0].networks ?? AddressSet()).intersection(addresses).isEmpty
    }
    let listed = listing.compactMap { policy.zones[$0].networks }
      .reduce(AddressSet()) { $0.union($1) }
    let isAtHome = addresses.isSubset(of: listed)
    return candidates.filter {
      policy.zones[$0].networks == nil ? !isAtHome : listing.contains($0)
    }
  }

  /// The waivers of a zone, by its index.
  package func waivers(ofZone index: Int) -> [Waiver] {
    written.zones.first { $0.name.value == policy.zones[index].name.value }?.waivers ?? []
  }

  /// Strangers, as an end.
  package var strangers: ResolvedEndpoint { endpoint(internet.addresses, in: internet.zones) }

  /// New packets of a service from one end to another by some path.
  package func traffic(
    on path: Packet.Path, from: ResolvedEndpoint, to: ResolvedEndpoint, _ service: ServiceSet
  ) throws(PacketSpaceError) -> PacketSet {
    try packets(ofNew: TrafficSelection(on: path, from: from, to: to, service: service))
  }

  /// The same of one family.
  package func only(
    _ family: AddressFamily, of set: PacketSet
  ) throws(PacketSpaceError) -> PacketSet {
    try arena.intersection(set, try arena.set(.family, IntervalSet<UInt32>(family.value)))
  }

  /// The rules that accept packets of a set, in their order.
  package func acceptingRules(
    of set: PacketSet, where isWanted: (Decision) -> Bool = { _ in true }
  ) throws(PacketSpaceError) -> [RulePlace] {
    var places: Set<RulePlace> = []
    for decision in try decisions(about: set) {
      guard decision.verdict == .accept, decision.step == .rules, isWanted(decision),
        let place = decision.decider.flatMap({ place(ofRule: $0.name) })
      else { continue }
      places.insert(place)
    }
    return places.sorted()
  }

  /// A packet of a set that a rule accepts.
  package func example(
    of set: PacketSet, acceptedBy place: RulePlace
  ) throws(PacketSpaceError) -> String? {
    example(
      of: try packets(of: set) {
        $0.verdict == .accept && $0.decider?.name == rule(at: place).name
      })
  }
}
