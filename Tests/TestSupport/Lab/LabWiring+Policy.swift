import NetworkTypes
package import PolicyLanguage

extension LabWiring {
  /// A wiring for a policy: an interface for each pattern of each zone, names that just miss a
  /// pattern, one of no zone, and a route for what lives behind each zone.
  ///
  /// An outside zone comes first, so that the default route leads there.
  package init(for policy: ResolvedPolicy) {
    var names: [String] = []
    func add(_ name: String) {
      let isUsable =
        !name.isEmpty && name.utf8.count <= 15 && name != "lo"
        && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f && $0 != 0x3a }
      if isUsable, !names.contains(name) { names.append(name) }
    }
    let ordered = policy.zones.filter { $0.kind == .outside } + policy.zones
    var routes: [(prefix: String, interface: String)] = []
    for zone in ordered {
      for pattern in zone.interfaces.prefix(4) {
        add(pattern.value.isWildcard ? pattern.value.stem + "1" : pattern.value.stem)
      }
    }
    for pattern in ordered.flatMap(\.interfaces).prefix(3) {
      add(
        pattern.value.isWildcard ? String(pattern.value.stem.dropLast()) : pattern.value.stem + "9")
    }
    add("other0")
    for (index, zone) in policy.zones.enumerated() {
      guard let networks = zone.networks,
        let interface = names.first(where: { policy.zone(ofInterface: $0) == index })
      else { continue }
      for prefix in networks.ipv4.prefixes.prefix(32) where prefix.interval.upper.isUnicast {
        routes.append(("\(prefix)", interface))
      }
      for prefix in networks.ipv6.prefixes.prefix(32) where prefix.interval.upper.isUnicast {
        routes.append(("\(prefix)", interface))
      }
    }
    self.init(interfaces: names, routes: routes)
  }
}

extension UInt32 {
  /// Whether the kernel routes to and from it: no zero, loopback, multicast or broadcast.
  var isUnicast: Bool { self >> 24 != 0 && self >> 24 != 127 && self < 0xe000_0000 }
}

extension UInt128 {
  /// Global or unique local unicast (RFC 4291 §2.4, RFC 4193).
  var isUnicast: Bool { self >> 125 == 1 || self >> 121 == 0xfc >> 1 }
  var isLinkLocal: Bool { self >> 118 == 0xfe80 >> 6 }
}
