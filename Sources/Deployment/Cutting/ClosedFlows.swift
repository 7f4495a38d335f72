package import Kernel
package import Lowering
import NetworkTypes
import Nftables
import PacketSpace
import PolicyAnalysis
package import PolicyLanguage

/// Tells which connections a policy closes that what the kernel runs would have let in.
///
/// A connection is judged by its first packet, as if it came now: with every limit at room, in no
/// network that is filled at run time, by the right reverse path. Once made, what is asked of a
/// connection are look-ups in one decision diagram.
package struct ClosedFlows {
  /// What it is about, and how long that holds.
  package let reading: RulesetReading
  private let live: LiveRuleset
  private let comparison: LiveComparison
  /// 1 of the first packets that the policy lets in.
  private let accepted: Diagram
  /// `Fate` of every packet.
  private let fates: Diagram
  /// The packets that are closed on some path, by some interfaces, of some user.
  private let mayClose: PacketSet
  private let now: Timestamp

  /// What becomes of a first packet; raw values are the diagram's answers.
  private enum Fate: UInt32 {
    /// It could not come in before, or cannot be.
    case outside = 0
    case stays = 1
    case closed = 2
  }

  /// Nil where the kernel has no table of the policy's name.
  package init?(
    from live: LiveRuleset, to policy: ResolvedPolicy, lowered: LoweredPolicy, now: Timestamp
  ) throws(LiveRuleset.Failure) {
    guard let reading = live.kernelTable?.reading else { return nil }
    self.reading = reading
    self.live = live
    self.now = now
    let result: Result<(LiveComparison, Diagram, PacketSet, Diagram), LiveRuleset.Failure>
    do throws(PacketSpaceError) {
      let comparison = try LiveComparison(live, policy, lowered)
      result = try Self.fates(comparison, now)
    } catch {
      throw .outOfSpace(error)
    }
    (comparison, fates, mayClose, accepted) = try result.get()
  }

  private static func fates(
    _ comparison: LiveComparison, _ now: Timestamp
  ) throws(PacketSpaceError) -> Result<
    (LiveComparison, Diagram, PacketSet, Diagram), LiveRuleset.Failure
  > {
    let arena = comparison.arena
    var comparison = comparison
    comparison.possible = try arena.intersection(
      comparison.possible, firstPackets(comparison, now))
    var outcomes = Numbering<Outcome?>()
    let before: Diagram
    do throws(LiveRuleset.Failure) {
      before = try comparison.before(&outcomes)
    } catch {
      return .failure(error)
    }
    var decisions = Numbering<Decision?>()
    let after = try comparison.after(&decisions, detail: .effects)
    let fates = try arena.combine(before, after) { a, b in
      guard let a = a.constant else { return nil }
      guard outcomes[a]?.verdict == .accept else { return .constant(Fate.outside.rawValue) }
      guard let b = b.constant else { return nil }
      let stays = decisions[b]?.verdict == .accept
      return .constant((stays ? Fate.stays : Fate.closed).rawValue)
    }
    var closed = try arena.packets(of: fates) { $0 == Fate.closed.rawValue }
    for dimension in [Dimension.path, .inputInterface, .outputInterface, .user] {
      closed = try arena.project(closed, away: dimension)
    }
    let accepted = try arena.map(after) { decisions[$0]?.verdict == .accept ? 1 : 0 }
    return .success((comparison, fates, closed, accepted))
  }

  /// Packets that begin a connection now.
  private static func firstPackets(
    _ comparison: LiveComparison, _ now: Timestamp
  ) throws(PacketSpaceError) -> PacketSet {
    let arena = comparison.arena
    func only(_ dimension: Dimension, _ value: UInt32) throws(PacketSpaceError) -> PacketSet {
      try arena.set(dimension, IntervalSet<UInt32>(value))
    }
    var result = try arena.union(
      try only(.state, StateValue.new.rawValue), try only(.state, StateValue.related.rawValue))
    for dimension in [Dimension.hopLimit, .packetType, .reversePath] {
      result = try arena.intersection(result, try only(dimension, 0))
    }
    result = try arena.intersection(
      result,
      try arena.set(.date, IntervalSet<UInt128>(UInt128(clamping: max(0, now.seconds)))))
    for index in comparison.limiters.numbers.isPerSource.indices {
      result = try arena.intersection(
        result, try only(.limiter(index), LimiterValue.room.rawValue))
    }
    return result
  }

  // MARK: One connection

  /// What a connection's first packet meets, whichever way it may have gone.
  package enum Judgement: Hashable, Sendable {
    /// It was not let in before, or still is.
    case stays
    /// It was let in before and no longer is.
    case closed
    /// That depends on what is not known of it.
    case unclear
  }

  /// Whether there is a way on which the connection is closed.
  ///
  /// The quick answer: most connections need no route.
  package func mayClose(_ entry: ConntrackEntry) -> Bool {
    let packet = firstPacket(of: entry, on: .inbound)
    return comparison.arena.answer(mayClose.diagram) {
      packet.value(of: $0, interfaces: comparison.interfaces)
    } != 0
  }

  /// Judges a connection that went one of some ways.
  package func judge(_ entry: ConntrackEntry, on ways: FlowWays) -> Judgement {
    var packet = firstPacket(of: entry, on: ways.path)
    var found: Set<UInt32> = []
    for input in ways.inputs.isEmpty ? [nil] : ways.inputs.map(Optional.some) {
      for output in ways.outputs.isEmpty ? [nil] : ways.outputs.map(Optional.some) {
        packet.inputInterface = input
        packet.outputInterface = output
        collect(fates, packet, into: &found)
      }
    }
    guard found.contains(Fate.closed.rawValue) else { return .stays }
    return found.count == 1 && ways.isCertain ? .closed : .unclear
  }

  /// Every answer that a packet may get, whoever sent it.
  private func collect(_ diagram: Diagram, _ packet: Packet, into found: inout Set<UInt32>) {
    let arena = comparison.arena
    var current = diagram
    while let dimension = arena.dimension(of: current) {
      if dimension == .user, packet.path == .outbound {
        for child in arena.children(of: current) { collect(child, packet, into: &found) }
        return
      }
      current = arena.child(
        of: current, at: packet.value(of: dimension, interfaces: comparison.interfaces))
    }
    found.insert(current.constant ?? 0)
  }

  /// The first packets that the other end may send of a connection that it begins, by each way back.
  ///
  /// Conntrack takes an answer for such a packet where its entry is gone: of UDP any, of TCP by
  /// `nf_conntrack_tcp_loose`. What has no ports answers, and does not begin.
  private func answers(of entry: ConntrackEntry, on ways: FlowWays) -> [Packet] {
    var packet = firstPacket(of: entry, on: ways.path)
    guard packet.sourcePort != nil else { return [] }
    packet.path =
      switch ways.path {
      case .inbound: .outbound
      case .outbound: .inbound
      case .forward: .forward
      }
    packet.addresses =
      switch packet.addresses {
      case .ipv4(let source, let destination): .ipv4(source: destination, destination: source)
      case .ipv6(let source, let destination): .ipv6(source: destination, destination: source)
      }
    swap(&packet.sourcePort, &packet.destinationPort)
    packet.originalDestinationPort = packet.destinationPort
    packet.state = .new
    var packets: [Packet] = []
    for input in ways.outputs.isEmpty ? [nil] : ways.outputs.map(Optional.some) {
      for output in ways.inputs.isEmpty ? [nil] : ways.inputs.map(Optional.some) {
        packet.inputInterface = input
        packet.outputInterface = output
        packets.append(packet)
      }
    }
    return packets
  }

  /// Whether what the other end sends is let in, on some way or of some user: the connection may go on.
  func comesBack(_ entry: ConntrackEntry, on ways: FlowWays) -> Bool {
    var found: Set<UInt32> = []
    for packet in answers(of: entry, on: ways) { collect(accepted, packet, into: &found) }
    return found.contains(1)
  }

  /// After destination NAT and before source NAT, as the hooks see it.
  func firstPacket(of entry: ConntrackEntry, on path: Packet.Path) -> Packet {
    let original = entry.original
    let addresses: Packet.Addresses
    switch (original.addresses, entry.reply.addresses) {
    case (.ipv4(let source, _), .ipv4(let destination, _)):
      addresses = .ipv4(source: source, destination: destination)
    case (.ipv6(let source, _), .ipv6(let destination, _)):
      addresses = .ipv6(source: source, destination: destination)
    case (.ipv4(let source, let destination), .ipv6):
      addresses = .ipv4(source: source, destination: destination)
    case (.ipv6(let source, let destination), .ipv4):
      addresses = .ipv6(source: source, destination: destination)
    }
    var packet = Packet(path: path, addresses: addresses, ipProtocol: original.ipProtocol)
    packet.sourcePort = original.sourcePort
    packet.destinationPort = entry.reply.sourcePort
    packet.originalDestinationPort = original.destinationPort
    packet.icmpType = original.icmpType
    packet.icmpCode = original.icmpCode
    packet.state = entry.isExpected ? .related : .new
    packet.time = now
    return packet
  }

  // MARK: Why

  /// What the kernel's table says of those who came past its gate.
  var formerPass: FormerPass { FormerPass(live.kernelTable?.table) }

  /// Who let a connection in, and past the gate if it came there, and what the policy decides now, for
  /// one of its ways.
  func explanation(
    of entry: ConntrackEntry, on ways: FlowWays, _ former: FormerPass
  ) -> (
    allowedBy: String, passedBy: String?, now: TrafficDifference.Side,
    comesBackBy: TrafficDifference.Side?
  ) {
    var packet = firstPacket(of: entry, on: ways.path)
    packet.inputInterface = ways.inputs.first
    packet.outputInterface = ways.outputs.first
    let trace = try? live.trace(
      of: { packet.value(of: $0, interfaces: comparison.interfaces) },
      interfaces: comparison.interfaces, limiters: comparison.limiters)
    let policy = comparison.policy
    return (
      trace?.steps.last.map { "the kernel's \($0)" } ?? "the kernel's ruleset",
      trace.flatMap { former.words(of: $0.steps, source: packet.addresses) },
      TrafficDifference.Side(PolicyMeaning(of: policy).decide(packet), of: policy),
      answers(of: entry, on: ways).lazy.map { PolicyMeaning(of: policy).decide($0) }
        .first { $0.verdict == .accept }.map { TrafficDifference.Side($0, of: policy) }
    )
  }

  // MARK: Zones

  /// Names of interfaces, one for each kind that is told apart, that belong to a zone which lists an
  /// address as living behind it.
  func interfaces(listing address: (AddressSet) -> Bool) -> [(zone: Int, names: [String])] {
    let policy = comparison.policy
    return policy.zones.indices.compactMap { zone in
      guard let networks = policy.zones[zone].networks, address(networks) else { return nil }
      return (zone, everyInterface.filter { policy.zone(ofInterface: $0) == zone })
    }
  }

  /// The zone of an interface; nil where it is in none.
  func zone(ofInterface name: String) -> Int? { comparison.policy.zone(ofInterface: name) }

  /// A name for each kind of interface that is told apart, `lo` left out.
  var everyInterface: [String] {
    (InterfaceClasses.other..<UInt32(comparison.interfaces.count)).map {
      comparison.interfaces.name(of: $0)
    }.filter { $0 != "lo" }
  }
}
