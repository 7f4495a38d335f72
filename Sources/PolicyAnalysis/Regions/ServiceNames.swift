package import NetworkTypes
package import PolicyLanguage

/// What sets of services are called in a policy.
package struct ServiceNames: Sendable {
  /// By name; of two names of one service the shorter.
  private let byService: [ServiceSet: String]
  /// Names of services of several parts, the larger first.
  private let composite: [(name: String, parts: [ServiceSet])]

  /// So many parts are written; of the rest, how many.
  private static let shownParts = 6

  package init(of policies: [ResolvedPolicy]) {
    var byService: [ServiceSet: String] = [:]
    var composite: [(name: String, parts: [ServiceSet])] = []
    let services = policies.flatMap { $0.services }
      .sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }
    for (name, service) in services where byService[service] == nil {
      byService[service] = name
      let parts = service.parts
      if parts.count > 1 { composite.append((name, parts)) }
    }
    // What no rule can take away has a name in reports, though none in policies.
    let errors = ServiceSet.icmpErrors
    for part in [errors, ServiceSet(icmp: errors.icmp), ServiceSet(icmpv6: errors.icmpv6)] {
      byService[part] = "ICMP errors"
      composite.append(("ICMP errors", part.parts))
    }
    self.byService = byService
    self.composite = composite.sorted { ($1.parts.count, $0.name) < ($0.parts.count, $1.name) }
  }

  /// A set in words: names where they fit, `any except NAME`, else literals.
  package func words(for set: ServiceSet) -> String {
    if set.isAny { return "any" }
    if let name = byService[set] { return name }
    let rest = set.complement()
    let own = set.parts
    if rest.parts.count < own.count { return "any except \(words(ofParts: rest.parts))" }
    return words(ofParts: own)
  }

  private func words(ofParts parts: [ServiceSet]) -> String {
    if parts.isEmpty { return "none" }
    var left = parts
    var words: [String] = []
    for service in composite where service.parts.allSatisfy(left.contains) {
      words.append(service.name)
      left.removeAll(where: service.parts.contains)
    }
    words += left.map { byService[$0] ?? $0.description }
    let more = words.count - Self.shownParts
    return words.prefix(Self.shownParts).joined(separator: ", ")
      + (more > 0 ? " and \(more) more" : "")
  }
}

extension ServiceSet {
  /// The errors that no rule can take away: language reference §4 step 4.
  fileprivate static let icmpErrors = ServiceSet(
    icmp: IntervalSet<UInt16>([3, 11, 12].map { .init($0 << 8, $0 << 8 | 255) }),
    icmpv6: IntervalSet<UInt16>([.init(1 << 8, 4 << 8 | 255)]))

  /// Its runs of ports, types and protocols, each a set of its own.
  var parts: [ServiceSet] {
    var parts: [ServiceSet] = []
    for (ipProtocol, set) in ports.sorted(by: { $0.key < $1.key }) {
      parts += set.intervals.map { ServiceSet(ports: [ipProtocol: IntervalSet([$0])]) }
    }
    parts += icmp.intervals.map { ServiceSet(icmp: IntervalSet([$0])) }
    parts += icmpv6.intervals.map { ServiceSet(icmpv6: IntervalSet([$0])) }
    parts += protocols.intervals.map { ServiceSet(protocols: IntervalSet([$0])) }
    return parts
  }

  /// Every packet that is not in the set.
  package func complement() -> ServiceSet {
    var protocols = self.protocols.complement()
    let partial =
      ports.keys.map(\.number) + (icmp.isEmpty ? [] : [IPProtocol.icmp.number])
      + (icmpv6.isEmpty ? [] : [IPProtocol.icmpv6.number])
    protocols = protocols.subtracting(IntervalSet<UInt8>(partial.map { .init($0, $0) }))
    return ServiceSet(
      protocols: protocols, ports: ports.mapValues { $0.complement() },
      icmp: icmp.isEmpty ? IntervalSet() : icmp.complement(),
      icmpv6: icmpv6.isEmpty ? IntervalSet() : icmpv6.complement())
  }
}
