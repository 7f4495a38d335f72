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
  /// What decisions are told apart by.
  package enum Detail: Hashable, Sendable {
    /// Everything, who decided included: for people.
    case deciders
    /// What becomes of the packet: the verdict, and what else happens.
    ///
    /// Decisions have no deciders, and no steps that mean anything. Far smaller, as most rules of
    /// most policies do one thing.
    case effects
  }

  package let arena: PacketArena
  package let interfaces: InterfaceClasses
  package let limiters: LimiterNumbers
  package let possible: PacketSet
  /// Answers are numbers in the caller's numbering; 0, nil there, where a packet is not possible.
  ///
  /// With `possible: .all` what it answers for packets that are not possible means nothing.
  package let diagram: Diagram

  ///   - interfaces: of this policy and what it is compared with; `InterfaceClasses(of:)`.
  ///   - limiters: of this policy and others.
  ///   - possible: mostly `arena.possiblePackets(interfaces:limiters:networks:)`; a smaller set will do, or
  ///     `.all` where the caller restricts what is made of the answers: two to three times faster
  ///     for thousands of deciders, each of which otherwise has the limits of packets below it.
  ///   - naming: of rows of the gate's inventory, where deciders are told apart.
  ///   - numbering: empty, or that of another policy's decisions in the same detail.
  package init(
    of policy: ResolvedPolicy, in arena: PacketArena, interfaces: InterfaceClasses,
    limiters: LimiterNumbers, possible: PacketSet, detail: Detail = .deciders,
    naming: SubnetNaming = .together, numbering: inout Numbering<Decision?>
  ) throws(PacketSpaceError) {
    self.arena = arena
    self.interfaces = interfaces
    self.limiters = limiters
    self.possible = possible
    let impossible = numbering.number(of: nil)
    precondition(impossible == 0, "the numbering is of something else than decisions")
    var numbers = DecisionNumbers(numbering, detail)
    defer { numbering = numbers.numbering }

    let zones = InterfaceZones(of: policy, interfaces)
    var paths: [(upper: UInt32, then: Diagram)] = []
    for path in Packet.Path.allCases {
      let ofPath = try arena.fix(possible.diagram, .path, to: UInt128(path.value.rawValue))
      var families: [(upper: UInt32, then: Diagram)] = []
      for family in AddressFamily.allCases {
        let isPossible = try arena.fix(ofPath, .family, to: UInt128(family.value))
        let slice = PacketSlice(
          arena: arena, path: path, family: family, zones: zones, numbers: limiters)
        families.append(
          (
            family.value,
            try Self.decisions(
              of: policy, isPossible: isPossible, slice, interfaces, limiters,
              detail == .effects ? .together : naming, &numbers)
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
    _ interfaces: InterfaceClasses, _ limiters: LimiterNumbers, _ naming: SubnetNaming,
    _ numbering: inout DecisionNumbers
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
      var step = GateStep(gate, slice, naming: naming)
      rest = try step.diagram(before: rest, &numbering)
    }
    return try arena.first(head, then: rest)
  }

  /// Step 8, of which broadcast and multicast at the inbound default are not logged.
  static func sectionDefault(
    of section: ResolvedSection, _ policy: ResolvedPolicy, _ slice: PacketSlice,
    _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    func decided(isNoise: Bool) -> Diagram {
      numbering.constant(
        policy.defaultDecision(
          of: section, slice.path, isLinkBroadcastOrMulticast: isNoise))
    }
    return try slice.arena.choice(
      .packetType, in: IntervalSet<UInt32>(0), then: decided(isNoise: false),
      else: decided(isNoise: true))
  }

  /// The number of a packet's decision.
  package func number(of packet: Packet) -> UInt32 {
    arena.answer(diagram) {
      packet.value(of: $0, interfaces: interfaces, networks: limiters.networks)
    }
  }
}
