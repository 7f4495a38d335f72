import NetworkTypes
package import PacketSpace
package import PolicyLanguage

/// What a policy does with every packet: the language reference read aloud, for all of them at once.
///
/// A diagram whose answers are numbers of decisions. Like `PolicyMeaning`, which decides about one
/// packet and with which it always agrees, it is written to be read beside §4 and knows nothing of
/// nftables.
///
/// Meanings that are compared share an arena, the classes of interfaces, the limiters, the possible
/// packets and, where decisions are compared, a numbering.
package struct PolicyDecisions {
  package let arena: PacketArena
  package let interfaces: InterfaceClasses
  package let limiters: LimiterNumbers
  package let possible: PacketSet
  /// Answers are numbers in the caller's numbering; 0, nil there, where a packet is not possible.
  package let diagram: Diagram

  /// - Parameters:
  ///   - interfaces: of this policy and what it is compared with; `InterfaceClasses(of:)`.
  ///   - limiters: of this policy and others.
  ///   - possible: mostly `arena.possiblePackets(interfaces:limiters:)`; a smaller set will do.
  ///   - numbering: empty, or that of another policy's decisions.
  package init(
    of policy: ResolvedPolicy, in arena: PacketArena, interfaces: InterfaceClasses,
    limiters: LimiterNumbers, possible: PacketSet, numbering: inout Numbering<Decision?>
  ) throws(PacketSpaceError) {
    self.arena = arena
    self.interfaces = interfaces
    self.limiters = limiters
    self.possible = possible
    let impossible = numbering.number(of: nil)
    precondition(impossible == 0, "the numbering is of something else than decisions")

    let zones = InterfaceZones(of: policy, interfaces)
    var paths: [(upper: UInt32, then: Diagram)] = []
    for path in Packet.Path.allCases {
      let ofPath = try arena.fix(possible.diagram, .path, to: UInt128(path.value.rawValue))
      var families: [(upper: UInt32, then: Diagram)] = []
      for family in AddressFamily.allCases {
        let isPossible = try arena.fix(ofPath, .family, to: UInt128(family.value))
        let slice = PacketSlice(arena: arena, path: path, family: family, zones: zones)
        families.append(
          (
            family.value,
            try Self.decisions(
              of: policy, isPossible: isPossible, slice, interfaces, limiters, &numbering)
          ))
      }
      families.append((.max, .constant(impossible)))
      paths.append((path.value.rawValue, try arena.cases(.family, families)))
    }
    paths.append((.max, .constant(impossible)))
    diagram = try arena.cases(.path, paths)
  }

  /// The order of decision, §4, for the packets of one path and family.
  private static func decisions(
    of policy: ResolvedPolicy, isPossible: Diagram, _ slice: PacketSlice,
    _ interfaces: InterfaceClasses, _ limiters: LimiterNumbers,
    _ numbering: inout Numbering<Decision?>
  ) throws(PacketSpaceError) -> Diagram {
    var slice = slice
    let arena = slice.arena
    // Before any step: 0 for packets that cannot be.
    var steps = FirstMatch()
    steps.append(try arena.map(isPossible) { $0 == 0 ? 0 : Diagram.undecidedNumber })

    guard let section = policy.section(for: slice.path) else {
      // "role: host has no say over forwarded traffic unless it declares a containers zone"
      steps.append(numbering.constant(Decision(.accept, at: .notGoverned)))
      return try steps.diagram(in: arena)
    }
    func accept(_ step: Decision.Step) -> Diagram {
      numbering.constant(Decision(.accept, at: step))
    }
    steps.append(try slice.loopback(interfaces, then: accept(.loopback)))
    steps.append(
      try AntiSpoofingStep(policy: policy, slice: slice).diagram {
        numbering.constant(policy.antiSpoofingDecision(in: $0))
      })
    steps.append(try slice.conntrack(gate: policy.smtpEgress, then: accept(.conntrack)))
    steps.append(try slice.essentialICMP(then: accept(.essentialICMP)))
    steps.append(
      try slice.invalid(of: policy) {
        numbering.constant(policy.invalidDecision(in: $0, slice.path))
      })
    let head = try steps.diagram(in: arena)

    var rules = SectionRules(section: section, limiters: limiters, slice: slice)
    var rest = try rules.diagram(
      default: try sectionDefault(of: section, policy, slice, &numbering), &numbering)
    if let gate = policy.smtpEgress {
      var step = GateStep(gate, slice)
      rest = try step.diagram(before: rest, &numbering)
    }
    return try arena.first(head, then: rest)
  }

  /// Step 8, of which broadcast and multicast at the inbound default are not logged.
  private static func sectionDefault(
    of section: ResolvedSection, _ policy: ResolvedPolicy, _ slice: PacketSlice,
    _ numbering: inout Numbering<Decision?>
  ) throws(PacketSpaceError) -> Diagram {
    func decided(isNoise: Bool) -> Diagram {
      numbering.constant(
        policy.defaultDecision(
          of: section, slice.path, isLinkBroadcastOrMulticast: isNoise))
    }
    return try slice.arena.choice(
      .packetType, in: IntervalSet<UInt32>(0), then: decided(isNoise: false), else: decided(isNoise: true))
  }

  /// The number of a packet's decision.
  package func number(of packet: Packet) -> UInt32 {
    arena.answer(diagram) { packet.value(of: $0, interfaces: interfaces) }
  }
}
