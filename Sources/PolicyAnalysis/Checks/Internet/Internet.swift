package import NetworkTypes
package import PolicyLanguage

/// Who "the internet" is to a policy: everybody whom it does not know.
///
/// docs/LANGUAGE.md, "The internet", has the definition; all checks share this one.
package struct Internet: Sendable {
  /// Outside the special-use registries and outside every network that the policy names; of IPv6,
  /// in `globalIPv6`.
  package let addresses: AddressSet
  /// Those of `kind: outside`, and the interfaces of no zone.
  package let zones: ZoneSet

  /// The largest set of addresses that is known as somebody's; a larger one is a part of the internet
  /// with a name, so that its halves are.
  package static let largestKnownIPv4: UInt64 = 1 << 24
  package static let largestKnownIPv6: UInt128 = 1 << 112
  /// How much is known in all, so that no number of names hides the internet; the largest sets go first.
  package static let mostKnownIPv4: UInt64 = 1 << 27
  package static let mostKnownIPv6: UInt128 = 1 << 116

  /// 2000::/3, all that IANA has given out to be routed (RFC 4291 §2.4).
  package static let globalIPv6 = IntervalSet<UInt128>([.init(1 << 125, (1 << 126) - 1)])

  package init(of policy: ResolvedPolicy) {
    let outside = policy.zones.indices.filter { policy.zones[$0].kind == .outside }
    zones = ZoneSet(zones: outside, others: true)
    let named = Self.named(in: policy)
    var rows = AddressEntries()
    let ipv4 = Self.known(
      named.map(\.ipv4), each: UInt128(Self.largestKnownIPv4), together: UInt128(Self.mostKnownIPv4)
    )
    let ipv6 = Self.known(
      named.map(\.ipv6), each: Self.largestKnownIPv6, together: Self.mostKnownIPv6)
    // Rows are somebody's, each by itself, however much they are together.
    for row in policy.smtpEgress?.subnets ?? [] {
      switch row.prefix {
      case .ipv4(let prefix) where prefix.length >= 8: rows.append(.ipv4(prefix.interval))
      case .ipv6(let prefix) where prefix.length >= 16: rows.append(.ipv6(prefix.interval))
      case .ipv4, .ipv6: break
      }
    }
    let multicast = AddressSet(
      ipv4: IntervalSet([.init(0xe000_0000, 0xefff_ffff)]),
      ipv6: IntervalSet([.init(0xff << 120, .max)]))
    let known = AddressSet(
      ipv4: ipv4.union(IntervalSet(rows.ipv4)), ipv6: ipv6.union(IntervalSet(rows.ipv6)))
    addresses = known.union(.specialUse).union(multicast).complement()
      .intersection(AddressSet(ipv4: .all, ipv6: Self.globalIPv6))
  }

  /// The addresses of the sets that are known as somebody's: none larger than `each`, and the smallest
  /// of them, as many as are no more than `together`.
  private static func known<Bound>(
    _ sets: [IntervalSet<Bound>], each: UInt128, together: UInt128
  ) -> IntervalSet<Bound> {
    // Equal sizes in the order of their addresses: sets come in no order.
    let small = sets.map { (set: $0, count: $0.addressCount) }.filter { $0.count <= each }.sorted {
      if $0.count != $1.count { return $0.count < $1.count }
      return $0.set.intervals.lexicographicallyPrecedes($1.set.intervals) {
        ($0.lower, $0.upper) < ($1.lower, $1.upper)
      }
    }
    func union(_ count: Int) -> IntervalSet<Bound> {
      IntervalSet(small.prefix(count).flatMap(\.set.intervals))
    }
    let all = union(small.count)
    if all.addressCount <= together { return all }
    // More sets are never fewer addresses.
    var fits = 0
    var tooMany = small.count
    while fits + 1 < tooMany {
      let middle = (fits + tooMany) / 2
      if union(middle).addressCount <= together { fits = middle } else { tooMany = middle }
    }
    return union(fits)
  }

  /// Every set of addresses that the policy speaks of, each once.
  private static func named(in policy: ResolvedPolicy) -> Set<AddressSet> {
    var sets: Set<AddressSet> = []
    func add(_ endpoint: ResolvedEndpoint) {
      for part in endpoint.parts { sets.insert(part.addresses) }
    }
    for network in policy.networks { sets.insert(network.addresses) }
    for networks in policy.zones.compactMap(\.networks) { sets.insert(networks) }
    for section in [policy.inbound, policy.forward ?? ResolvedSection(), policy.outbound] {
      for rule in section.rules {
        add(rule.from)
        add(rule.to)
      }
    }
    if let gate = policy.smtpEgress {
      add(gate.relays)
      sets.insert(gate.clientNetworks)
      for entry in gate.allow {
        sets.insert(entry.from.addresses)
        add(entry.to)
      }
    }
    return sets
  }
}

extension IntervalSet {
  /// How many values it holds; one less for the whole of 128 bits.
  var addressCount: UInt128 {
    var count: UInt128 = 0
    for interval in intervals {
      let (sum, overflow) = count.addingReportingOverflow(
        UInt128(interval.upper - interval.lower))
      let (next, carried) = sum.addingReportingOverflow(1)
      if overflow || carried { return .max }
      count = next
    }
    return count
  }
}
