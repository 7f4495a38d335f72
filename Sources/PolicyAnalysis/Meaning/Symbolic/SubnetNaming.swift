package import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Which rows of the gate's inventory are told apart, where deciders are.
///
/// With every row a decider of its own, what the section's rules make of its mail is repeated for each:
/// 100,000 rows would take hundreds of megabytes. Who asks about a few sources names a few rows.
package enum SubnetNaming: Sendable {
  /// None: the decider is `.subnets`.
  case together
  /// Those that hold some of these sources.
  case holding(AddressSet)
  /// All.
  case apart

  /// What a row is called as a decider.
  func decider(of row: Subnet, in gate: ResolvedSMTPEgress) -> Decision.Decider {
    let isNamed =
      switch self {
      case .together: false
      case .holding(let sources): sources.meets(row.prefix)
      case .apart: true
      }
    return isNamed ? row.decider : gate.subnetsDecider
  }
}

extension SubnetNaming {
  /// So many rows are told apart where somebody asks about packets.
  private static let most = 1000

  /// The rows that hold sources of some packets, where these are few.
  ///
  /// Linear in the set's addresses and the rows.
  init(for packets: PacketSet, in arena: PacketArena, of policies: [ResolvedPolicy]) {
    self = .together
    let rows = policies.flatMap { $0.smtpEgress?.subnets ?? [] }
    if rows.isEmpty { return }
    if rows.count <= Self.most {
      self = .apart
      return
    }
    guard let mail = try? arena.intersection(packets, arena.forwardedMail) else { return }
    let sources = arena.sources(of: mail)
    var count = 0
    for row in rows where sources.meets(row.prefix) {
      count += 1
      if count > Self.most { return }
    }
    self = .holding(sources)
  }
}

extension PacketArena {
  /// What a gate may govern.
  fileprivate var forwardedMail: PacketSet {
    get throws(PacketSpaceError) {
      let isMail = try choice(
        .ipProtocol, in: IntervalSet<UInt32>(6),
        then: try choice(
          .destinationPort, in: IntervalSet<UInt32>(25), then: .constant(1), else: .constant(0)),
        else: .constant(0))
      return PacketSet(
        diagram: try choice(
          .path, in: IntervalSet<UInt32>(PathValue.forward.rawValue), then: isMail,
          else: .constant(0)))
    }
  }

  /// The sources of the packets of a set.
  fileprivate func sources(of packets: PacketSet) -> AddressSet {
    var ipv4: [IntervalSet<UInt32>.Interval] = []
    var ipv6: [IntervalSet<UInt128>.Interval] = []
    var seen: Set<Diagram> = []
    var open: [(diagram: Diagram, family: UInt128?)] = [(packets.diagram, nil)]
    while let (diagram, family) = open.popLast() {
      guard diagram != .constant(0) else { continue }
      let dimension = self.dimension(of: diagram) ?? .date
      if dimension == .source4 {
        forEachEdge(of: diagram) { lower, upper, child in
          if child != .constant(0) {
            ipv4.append(.init(UInt32(truncatingIfNeeded: lower), UInt32(truncatingIfNeeded: upper)))
          }
        }
      } else if dimension == .source6 {
        forEachEdge(of: diagram) { lower, upper, child in
          if child != .constant(0) { ipv6.append(.init(lower, upper)) }
        }
      } else if dimension < .source4 {
        guard family == nil || seen.insert(diagram).inserted else { continue }
        forEachEdge(of: diagram) { lower, _, child in
          open.append((child, dimension == .family ? lower : family))
        }
      } else {
        // It does not ask for the source: any of the family will do.
        if family != 1 { ipv4.append(.init(.min, .max)) }
        if family != 0 { ipv6.append(.init(.min, .max)) }
      }
    }
    return AddressSet(ipv4: IntervalSet(ipv4), ipv6: IntervalSet(ipv6))
  }
}

extension AddressSet {
  /// Whether it has an address in common with a prefix.
  ///
  /// O(log n).
  package func meets(_ prefix: IPPrefix) -> Bool {
    switch prefix {
    case .ipv4(let prefix): ipv4.meets(prefix.interval)
    case .ipv6(let prefix): ipv6.meets(prefix.interval)
    }
  }
}

extension IntervalSet {
  fileprivate func meets(_ wanted: Interval) -> Bool {
    // The first interval that does not end before the wanted one.
    var low = 0
    var high = intervals.count
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].upper < wanted.lower { low = middle + 1 } else { high = middle }
    }
    return low < intervals.count && intervals[low].lower <= wanted.upper
  }
}
