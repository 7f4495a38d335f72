import NetworkTypes
package import PacketSpace
package import PolicyLanguage

extension ResolvedPolicy {
  /// The names and the stems of the patterns that the policy tells interfaces apart by.
  package var interfaceNames: (exact: [String], stems: [String]) {
    let patterns = zones.flatMap { $0.interfaces.map(\.value) }
    return (
      patterns.filter { !$0.isWildcard }.map(\.stem), patterns.filter(\.isWildcard).map(\.stem)
    )
  }
}

extension InterfaceClasses {
  /// The classes that some policies together tell apart.
  package init(of policies: [ResolvedPolicy]) {
    self.init(
      exact: policies.flatMap(\.interfaceNames.exact),
      stems: policies.flatMap(\.interfaceNames.stems))
  }
}

/// Which zone of a policy owns the interfaces of each class.
struct InterfaceZones {
  /// By class; nil for interfaces of no zone.
  let zones: [Int?]
  private let zoneCount: Int
  private var known: [ZoneSet: IntervalSet<UInt32>] = [:]

  init(of policy: ResolvedPolicy, _ interfaces: InterfaceClasses) {
    zoneCount = policy.zones.count
    zones = (0..<UInt32(interfaces.count)).map { interfaceClass in
      interfaceClass == InterfaceClasses.none
        ? nil : policy.zone(ofInterface: interfaces.name(of: interfaceClass))
    }
  }

  /// The classes of the interfaces of some zones; everything for all zones and the rest.
  mutating func classes(of set: ZoneSet) -> IntervalSet<UInt32> {
    if set.others, set.zones.count >= zoneCount { return .all }
    if let classes = known[set] { return classes }
    let classes = IntervalSet(
      zones.indices.filter { set.contains(zones[$0]) }
        .map { IntervalSet<UInt32>.Interval(UInt32($0), UInt32($0)) })
    known[set] = classes
    return classes
  }
}
