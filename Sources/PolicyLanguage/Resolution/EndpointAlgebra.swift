import NetworkTypes

/// Union, intersection and difference of endpoints, in canonical form.
///
/// Only an intersection knows of networks that are filled at run time: a union with one, or a
/// difference from one, is not what an endpoint can say.
///
/// Canonical: zone sets disjoint, address sets non-empty and pairwise different, parts in the order
/// of their first zone, interfaces of no zone last. Every operation is linear in the zones and works
/// out each pair of parts once.
struct EndpointAlgebra {
  let zoneCount: Int

  /// Every interface, those of no zone included.
  var everyZone: ZoneSet { ZoneSet(zones: Array(0..<zoneCount), others: true) }

  var any: ResolvedEndpoint { endpoint(.any) }

  /// Addresses, whatever the interface.
  func endpoint(_ addresses: AddressSet) -> ResolvedEndpoint {
    addresses.isEmpty
      ? ResolvedEndpoint(parts: [])
      : ResolvedEndpoint(parts: [ResolvedEndpoint.Part(zones: everyZone, addresses: addresses)])
  }

  /// Interfaces, whatever the address.
  func endpoint(_ zones: ZoneSet) -> ResolvedEndpoint {
    zones.zones.isEmpty && !zones.others
      ? ResolvedEndpoint(parts: [])
      : ResolvedEndpoint(parts: [ResolvedEndpoint.Part(zones: zones, addresses: .any)])
  }

  func union(_ a: ResolvedEndpoint, _ b: ResolvedEndpoint) -> ResolvedEndpoint {
    combine(a, b) { $0.union($1) }
  }

  func intersection(_ a: ResolvedEndpoint, _ b: ResolvedEndpoint) -> ResolvedEndpoint {
    // A long list met by `any` keeps its storage.
    let parts = combine(a, b) { $0.isAny ? $1 : $1.isAny ? $0 : $0.intersection($1) }.parts
    return ResolvedEndpoint(parts: parts, members: a.members.intersection(b.members))
  }

  func subtracting(_ a: ResolvedEndpoint, _ b: ResolvedEndpoint) -> ResolvedEndpoint {
    combine(a, b) { $0.subtracting($1) }
  }

  private struct Pair: Hashable {
    var a: Int
    var b: Int
  }

  private func combine(
    _ a: ResolvedEndpoint, _ b: ResolvedEndpoint,
    _ operation: (AddressSet, AddressSet) -> AddressSet
  ) -> ResolvedEndpoint {
    let partsOfA = partOfEachZone(a)
    let partsOfB = partOfEachZone(b)
    var zonesOfPair: [Pair: ZoneSet] = [:]
    for zone in 0...zoneCount {
      let pair = Pair(a: partsOfA[zone], b: partsOfB[zone])
      var zones = zonesOfPair.removeValue(forKey: pair) ?? ZoneSet(zones: [], others: false)
      if zone == zoneCount { zones.others = true } else { zones.zones.append(zone) }
      zonesOfPair[pair] = zones
    }
    var parts: [ResolvedEndpoint.Part] = []
    var partsLike: [Outline: [Int]] = [:]
    for (pair, zones) in zonesOfPair {
      let left = pair.a < 0 ? AddressSet() : a.parts[pair.a].addresses
      let right = pair.b < 0 ? AddressSet() : b.parts[pair.b].addresses
      let addresses = operation(left, right)
      if addresses.isEmpty { continue }
      let outline = Outline(addresses)
      if let known = partsLike[outline]?.first(where: { parts[$0].addresses == addresses }) {
        parts[known].zones.zones += zones.zones
        if zones.others { parts[known].zones.others = true }
      } else {
        partsLike[outline, default: []].append(parts.count)
        parts.append(ResolvedEndpoint.Part(zones: zones, addresses: addresses))
      }
    }
    for index in parts.indices { parts[index].zones.zones.sort() }
    // Zone sets are disjoint, so the first zone orders them whatever order the hash gave.
    return ResolvedEndpoint(
      parts: parts.sorted { $0.zones.zones.first ?? .max < $1.zones.zones.first ?? .max })
  }

  /// A cheap stand-in for the hash of an address set, which would read all of a long list.
  private struct Outline: Hashable {
    var ipv4Count: Int
    var ipv6Count: Int
    var ipv4First: UInt32?
    var ipv6First: UInt128?

    init(_ addresses: AddressSet) {
      ipv4Count = addresses.ipv4.intervals.count
      ipv6Count = addresses.ipv6.intervals.count
      ipv4First = addresses.ipv4.intervals.first?.lower
      ipv6First = addresses.ipv6.intervals.first?.lower
    }
  }

  /// The index of the part that holds each zone, -1 for none; interfaces of no zone stand last.
  private func partOfEachZone(_ endpoint: ResolvedEndpoint) -> [Int] {
    var result = [Int](repeating: -1, count: zoneCount + 1)
    for (index, part) in endpoint.parts.enumerated() {
      for zone in part.zones.zones { result[zone] = index }
      if part.zones.others { result[zoneCount] = index }
    }
    return result
  }
}
