import Diagnostics
package import NetworkTypes
package import PacketSpace
import PolicyLanguage

/// Ports out of a list that one rule opens to the internet, on whatever ways.
package struct Exposure: Sendable {
  package var place: RulePlace
  package var ports: PortSet
  package var families: Set<AddressFamily>
  package var ways: [PublicWay]
}

extension CheckContext {
  /// Ports of a list that are open to the internet, by rule, in the order of the rules.
  package func exposures(of ports: PortSet) throws(PacketSpaceError) -> [Exposure] {
    var found: [RulePlace: Exposure] = [:]
    for opening in try openings() {
      for (family, open) in opening.ports {
        let common = open.intersection(ports)
        if common.isEmpty { continue }
        var exposure =
          found[opening.place]
          ?? Exposure(
            place: opening.place, ports: PortSet(tcp: [], udp: []), families: [], ways: [])
        exposure.ports = exposure.ports.union(common)
        exposure.families.insert(family)
        if !exposure.ways.contains(opening.way) { exposure.ways.append(opening.way) }
        found[opening.place] = exposure
      }
    }
    return found.values.sorted { $0.place < $1.place }
  }

  /// The same without the ports that a rule says it serves in one of some roles, where the word is
  /// believed: `believedPorts(of:at:)`.
  func exposures(
    of ports: PortSet, unlessServing roles: Set<ServedRole>
  ) throws(PacketSpaceError) -> [Exposure] {
    try exposures(of: ports).compactMap { exposure in
      var exposure = exposure
      exposure.ports = exposure.ports.subtracting(believedPorts(of: roles, at: exposure.place))
      return exposure.ports.isEmpty ? nil : exposure
    }
  }

  /// A packet that shows an exposure.
  package func example(of exposure: Exposure) throws(PacketSpaceError) -> String? {
    // One stranger is mostly enough; all of them are many to look through for every rule.
    for way in exposure.ways {
      if let one = try trafficOfOne(on: way),
        let found = try example(of: exposure, on: way, in: one)
      {
        return found
      }
    }
    for way in exposure.ways {
      if let all = try traffic(on: way), let found = try example(of: exposure, on: way, in: all) {
        return found
      }
    }
    return nil
  }

  private func example(
    of exposure: Exposure, on way: PublicWay, in traffic: PacketSet
  ) throws(PacketSpaceError) -> String? {
    let accepted = try packets(of: traffic) {
      $0.verdict == .accept && $0.decider?.name == rule(at: exposure.place).name
    }
    let dimension: Dimension = way == .published ? .originalPort : .destinationPort
    for (transport, ports) in [(IPProtocol.tcp, exposure.ports.tcp), (.udp, exposure.ports.udp)]
    where !ports.isEmpty {
      let values = IntervalSet<UInt32>(
        ports.intervals.map { .init(UInt32($0.lower), UInt32($0.upper)) })
      let ofPorts = try arena.intersection(accepted, try arena.set(dimension, values))
      let set = try arena.intersection(
        ofPorts, try arena.set(.ipProtocol, IntervalSet<UInt32>(UInt32(transport.number))))
      if let example = example(of: set) { return example }
    }
    return nil
  }

  /// The same for the first findings of a check.
  private func exampleWithinReason(
    of exposure: Exposure, for name: String
  ) throws(PacketSpaceError) -> String? {
    showsExample(for: name) ? try example(of: exposure) : nil
  }

  /// A finding about a rule that opens ports to the internet.
  ///
  /// - Parameters:
  ///   - message: what must not be, such as "a proxy must not be open to the internet".
  ///   - help: changes to make; how to waive is added.
  func finding(
    _ message: String, _ exposure: Exposure, of name: String, severity: Severity? = nil,
    help: [String]
  ) throws(PacketSpaceError) -> Finding {
    let rule = rule(at: exposure.place)
    let only =
      exposure.families.count == 1
      ? exposure.families.map { " over \($0.displayName)" }.joined() : ""
    return Finding(
      "\(message): `\(rule.name)` opens \(exposure.ports.words)\(only)",
      at: span(ofRule: exposure.place), label: "open to the internet",
      notes: [try exampleWithinReason(of: exposure, for: name)],
      help: (help + ["or say why it is meant: `waive: { \(name): \"…\" }`"]).map {
        Diagnostic.Help(inOwnNames($0))
      },
      waivers: rule.waivers, severity: severity)
  }
}

extension AddressFamily {
  var displayName: String {
    switch self {
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    }
  }
}

extension Check {
  /// A check that finds ports which are open to the internet by a rule that serves none of some
  /// roles.
  static func exposure(
    _ code: String, _ name: String, _ severity: Severity = .warning, ports: PortSet,
    unlessServing roles: Set<ServedRole> = [], message: String, summary: String,
    explanation: String, help: [String], example: String, fixed: String
  ) -> Check {
    Check(
      code, name, severity, summary: summary, explanation: explanation, example: example,
      fixed: fixed,
      run: { context in
        try context.exposures(of: ports, unlessServing: roles).map { exposure in
          // Of a word that is there and not believed, the cure is another.
          let word = roles.first { context.rule(at: exposure.place).serves.contains($0.rawValue) }
          let cure = word.map {
            [
              "open it by a rule of its own: `allow: \(exposure.ports.ruleText), serves: \($0.rawValue)`"
            ]
          }
          return try context.finding(message, exposure, of: name, help: cure ?? help)
        }
      })
  }
}
