import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// One policy, and what questions about its traffic share.
///
/// Sets and diagrams of all answers are in one arena. Not for two threads at once.
package final class PolicyQuestions {
  package let policy: ResolvedPolicy
  package let arena: PacketArena
  package let interfaces: InterfaceClasses
  package let limiters: LimiterNumbers
  package let possible: PacketSet
  private let builder: SelectionBuilder

  /// - Parameter interfaceNames: single interfaces that selections or packets will name.
  package init(
    about policy: ResolvedPolicy, interfaceNames: [String] = [], arena: PacketArena = PacketArena()
  ) throws(PacketSpaceError) {
    self.policy = policy
    self.arena = arena
    let known = policy.interfaceNames
    interfaces = InterfaceClasses(exact: known.exact + interfaceNames, stems: known.stems)
    limiters = try LimiterNumbers(of: [policy])
    possible = try arena.possiblePackets(
      interfaces: interfaces, limiters: limiters.isPerSource, networks: limiters.networks.count)
    builder = SelectionBuilder(
      policy: policy, arena: arena, interfaces: interfaces, limiters: limiters, possible: possible,
      zones: InterfaceZones(of: policy, interfaces))
  }

  /// The packets that a selection speaks of; empty where none can arrive.
  package func packets(of selection: TrafficSelection) throws(PacketSpaceError) -> PacketSet {
    try builder.packets(of: selection)
  }

  /// What the policy decides about packets of a set; 0 for others.
  ///
  /// Cheap for small sets, however large the policy's lists.
  package func decisions(about packets: PacketSet) throws(PacketSpaceError) -> DecisionTable {
    var numbering = Numbering<Decision?>()
    let diagram = try PolicyDecisions(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: packets,
      naming: SubnetNaming(for: packets, in: arena, of: [policy]), numbering: &numbering
    ).diagram
    return DecisionTable(diagram: diagram, numbering: numbering)
  }

  /// A packet of a set that reads well; nil for the empty set.
  package func example(of packets: PacketSet) -> Packet? {
    Packet(of: packets, in: arena, interfaces: interfaces, networks: limiters.networks)
  }

  /// What a table decides about one packet.
  package func decision(of packet: Packet, in table: DecisionTable) -> Decision? {
    table.numbering[
      arena.answer(table.diagram) {
        packet.value(of: $0, interfaces: interfaces, networks: limiters.networks)
      }]
  }
}
