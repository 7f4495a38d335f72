import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// A region in a policy's own words.
package struct RegionWords: Hashable, Sendable {
  package var path: Packet.Path
  /// Where its packets come from: an endpoint as rules have it, or `self`.
  package var from: String
  package var to: String
  package var service: String
  /// What else its packets have in common: `IPv4 only`, `user 89`, `invalid or untracked`.
  package var conditions: [String]
}

extension RegionWords: CustomStringConvertible {
  /// For example `forward from clients to internet: smtp (IPv6 only)`.
  package var description: String {
    var text = "\(path.rawValue) from \(from) to \(to): \(service)"
    if !conditions.isEmpty { text += " (\(conditions.joined(separator: ", ")))" }
    return text
  }
}

/// What turns regions into words: the names of one policy, or of two that are compared.
package struct RegionWriter: Sendable {
  package let addresses: AddressNames
  private let services: ServiceNames
  private let interfaces: InterfaceClasses
  private let limiters: LimiterNumbers
  /// By class of interfaces.
  private let zoneOfClass: [String?]
  private let zoneNetworks: [String: [AddressSet]]

  /// - Parameter policies: where they name one thing differently, the last one's name is taken.
  package init(
    _ policies: [ResolvedPolicy], interfaces: InterfaceClasses, limiters: LimiterNumbers
  ) {
    addresses = AddressNames(of: policies.reversed())
    services = ServiceNames(of: policies.reversed())
    self.interfaces = interfaces
    self.limiters = limiters
    var zones: [String?] = Array(repeating: nil, count: interfaces.count)
    var networks: [String: [AddressSet]] = [:]
    for policy in policies {
      for interfaceClass in 0..<UInt32(interfaces.count)
      where interfaceClass != InterfaceClasses.none {
        let zone = policy.zone(ofInterface: interfaces.name(of: interfaceClass))
        zones[Int(interfaceClass)] =
          zone.map { policy.zones[$0].name.value } ?? zones[Int(interfaceClass)]
      }
      for zone in policy.zones {
        if let own = zone.networks { networks[zone.name.value, default: []].append(own) }
      }
    }
    zoneOfClass = zones
    zoneNetworks = networks
  }

  package func words(for region: TrafficRegion) -> RegionWords {
    let from =
      region.path == .outbound
      ? here(region.source, isAny: region.isAnySource, region)
      : end(region.inputs, region.source, isAny: region.isAnySource, region)
    let to =
      region.path == .inbound
      ? here(region.destination, isAny: region.isAnyDestination, region)
      : end(region.outputs, region.destination, isAny: region.isAnyDestination, region)
    return RegionWords(
      path: region.path, from: from, to: to, service: services.words(for: region.service),
      conditions: conditions(of: region))
  }

  /// This machine, or some of its addresses.
  private func here(_ set: AddressSet, isAny: Bool, _ region: TrafficRegion) -> String {
    isAny ? "self" : addresses.words(for: set, of: region.families)
  }

  /// An end by its interfaces and addresses.
  private func end(
    _ classes: IntervalSet<UInt32>?, _ set: AddressSet, isAny: Bool, _ region: TrafficRegion
  ) -> String {
    guard let zone = classes.flatMap(zones) else {
      return addresses.words(for: set, of: region.families)
    }
    if isAny { return zone }
    // A zone's own networks go without saying.
    let whole = zoneNetworks[zone, default: []]
    if whole.contains(where: { own in
      region.families.allSatisfy { family in
        switch family {
        case .ipv4: own.ipv4 == set.ipv4
        case .ipv6: own.ipv6 == set.ipv6
        }
      }
    }) {
      return zone
    }
    return "\(addresses.words(for: set, of: region.families)) in \(zone)"
  }

  /// The names of the zones whose interfaces these are; nil for every interface.
  private func zones(_ classes: IntervalSet<UInt32>) -> String? {
    let all = (1..<UInt32(interfaces.count)).filter { $0 != interfaces.classOf("lo") }
    let own = all.filter { classes.contains($0) }
    let hasLoopback = classes.contains(interfaces.classOf("lo"))
    if own.count == all.count { return nil }
    var words: [String] = []
    var named: Set<String> = []
    for interfaceClass in own {
      let name = interfaces.name(of: interfaceClass)
      guard let zone = zoneOfClass[Int(interfaceClass)] else {
        // A class of its own only because another policy, or the question, names it.
        words.append(
          interfaceClass == InterfaceClasses.other ? "interfaces of no zone" : "`\(name)`")
        continue
      }
      let whole = all.filter { zoneOfClass[Int($0)] == zone }
      if whole.allSatisfy(own.contains) {
        if named.insert(zone).inserted { words.append(zone) }
      } else {
        words.append("`\(name)`")
      }
    }
    if hasLoopback, words.isEmpty { words.append("`lo`") }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  // MARK: Conditions

  private func conditions(of region: TrafficRegion) -> [String] {
    var words: [String] = []
    if region.families.count == 1, let family = region.families.first, !showsFamily(region) {
      words.append(family == .ipv4 ? "IPv4 only" : "IPv6 only")
    }
    // What holds for a new connection is what people ask about; that replies or what is seen one way
    // only fare otherwise needs no word.
    if let states = region.states, !states.contains(.new) {
      words.append(
        Packet.ConntrackState.allCases.filter(states.contains).map(\.rawValue)
          .joined(separator: " or "))
    }
    if let users = region.users { words.append(self.words(forUsers: users)) }
    for (dimension, values) in region.conditions.sorted(by: { $0.key < $1.key }) {
      // That an address is in no network which is filled at run time is what people ask about, too.
      if dimension.networkMembership != nil, case .narrow(let values) = values,
        values.contains(0)
      {
        continue
      }
      words.append(self.words(for: dimension, values))
    }
    return words
  }

  /// Whether an address of one family is written out.
  private func showsFamily(_ region: TrafficRegion) -> Bool {
    [(region.source, region.isAnySource), (region.destination, region.isAnyDestination)]
      .contains { set, isAny in
        !isAny && addresses.wording(for: set, of: region.families).hasLiterals
      }
  }

  private func words(forUsers users: IntervalSet<UInt32>) -> String {
    let none = Dimension.noUser
    if users == IntervalSet(none) { return "without a user" }
    let rest = users.complement()
    if rest.intervals.count < users.intervals.count {
      return "any user but \(runs(rest, without: none))"
    }
    return "user \(runs(users, without: none))"
      + (users.contains(none) ? " or without one" : "")
  }

  private func words(for dimension: Dimension, _ values: ValueSet) -> String {
    guard case .narrow(let values) = values else {
      guard case .wide(let values) = values else { return "" }
      return dates(values)
    }
    func both(_ zero: String, _ one: String) -> String { values.contains(0) ? zero : one }
    switch dimension {
    case .sourcePort: return "source port \(ports(values))"
    case .hopLimit: return both("hop limit not 255", "hop limit 255")
    case .packetType: return both("sent to this host", "link broadcast or multicast")
    case .originalPort: return "dialled as port \(ports(values))"
    case .reversePath: return both("right reverse path", "wrong reverse path")
    case _ where dimension.networkMembership != nil:
      guard let (side, index) = dimension.networkMembership else { return "" }
      let name = limiters.networks.indices.contains(index) ? limiters.networks[index] : ""
      return "\(side == .source ? "from" : "to") an address in \(name)"
    default:
      let rule = dimension.limiterIndex.map { limiters.rules[$0] } ?? ""
      return both("`\(rule)` within its limit", "`\(rule)` over its limit")
    }
  }

  private func ports(_ values: IntervalSet<UInt32>) -> String {
    runs(values.intersection(IntervalSet([.init(0, 65535)])), without: Dimension.noPort)
  }

  /// `until 2027-06-30`, `from 2027-06-30 on`.
  private func dates(_ values: IntervalSet<UInt128>) -> String {
    func date(_ seconds: UInt128) -> String {
      Timestamp(seconds: Int64(clamping: seconds)).description
    }
    return values.intervals.map { interval in
      switch (interval.lower, interval.upper) {
      case (0, let end): "until \(date(end + 1))"
      case (let start, .max): "from \(date(start)) on"
      case (let start, let end): "from \(date(start)) until \(date(end + 1))"
      }
    }.joined(separator: " and ")
  }

  private func runs(_ values: IntervalSet<UInt32>, without none: UInt32) -> String {
    let intervals = values.subtracting(IntervalSet(none)).intervals
    return intervals.prefix(4)
      .map { $0.lower == $0.upper ? "\($0.lower)" : "\($0.lower)-\($0.upper)" }
      .joined(separator: ", ") + (intervals.count > 4 ? " and \(intervals.count - 4) more" : "")
  }
}
