import NetworkTypes
import PacketSpace
import PolicyLanguage

/// The services that the rows of a table are about: the smallest named parts of what rules speak of.
struct MatrixServices {
  struct Named {
    var name: String
    var isPublished: Bool
    var packets: PacketSet
  }

  var named: [Named] = []
  /// Packets of any of them.
  var all: PacketSet

  var hasPublished: Bool { named.contains(where: \.isPublished) }

  init(
    of rules: [ResolvedRule], in questions: PolicyQuestions, on path: Packet.Path, rowLimit: Int,
    withSMTP: Bool, asOf: Timestamp?
  ) throws(PacketSpaceError) {
    var spoken = ServiceSet()
    var published = ServiceSet()
    for rule in rules {
      if let ports = rule.published {
        published = published.union(ports)
      } else if !rule.service.isAny {
        spoken = spoken.union(rule.service)
      }
    }
    if withSMTP { spoken = spoken.union(ServiceSet(ports: [.tcp: IntervalSet<UInt16>(25)])) }
    let arena = questions.arena
    for (name, set) in Self.parts(of: spoken, in: questions.policy).prefix(rowLimit) {
      var selection = TrafficSelection(
        on: path, from: questions.endpoint(nil), to: questions.endpoint(nil), service: set)
      selection.isSpoofed = true
      selection.asOf = asOf
      selection.mayBeTranslated = true
      named.append(
        Named(name: name, isPublished: false, packets: try questions.packets(of: selection)))
    }
    for (name, set) in Self.parts(of: published, in: questions.policy).prefix(rowLimit) {
      named.append(
        Named(name: name, isPublished: true, packets: try Self.dialled(set, in: arena)))
    }
    all = try arena.union(named.map(\.packets))
  }

  /// Packets that were dialled by some ports.
  private static func dialled(
    _ service: ServiceSet, in arena: PacketArena
  ) throws(PacketSpaceError) -> PacketSet {
    var sets: [PacketSet] = []
    for (ipProtocol, ports) in service.ports.sorted(by: { $0.key < $1.key }) {
      let wide = IntervalSet<UInt32>(
        ports.intervals.map { .init(UInt32($0.lower), UInt32($0.upper)) })
      sets.append(
        try arena.intersection(
          try arena.set(.ipProtocol, IntervalSet<UInt32>(UInt32(ipProtocol.number))),
          try arena.set(.originalPort, wide)))
    }
    return try arena.union(sets)
  }

  /// Named services inside a set, none of which holds a port of another; then what has no name.
  private static func parts(
    of set: ServiceSet, in policy: ResolvedPolicy
  ) -> [(name: String, set: ServiceSet)] {
    if set.isEmpty { return [] }
    var rest = set
    var result: [(name: String, set: ServiceSet)] = []
    let candidates = policy.services.filter { !$0.value.isAny && !$0.value.isEmpty }
      .sorted { a, b in
        (a.value.partCount, a.key.utf8.count, a.key) < (b.value.partCount, b.key.utf8.count, b.key)
      }
    for (name, service) in candidates where service.isSubset(of: rest) {
      result.append((name, service))
      rest = rest.subtracting(service)
    }
    result.sort { $0.name < $1.name }
    let words = ServiceNames(of: [policy])
    return result + rest.parts.map { (words.words(for: $0), $0) }
  }
}

extension ServiceSet {
  fileprivate var partCount: Int { parts.count }

  fileprivate func subtracting(_ other: ServiceSet) -> ServiceSet {
    complement().union(other).complement()
  }

  fileprivate func isSubset(of other: ServiceSet) -> Bool { union(other) == other }
}
