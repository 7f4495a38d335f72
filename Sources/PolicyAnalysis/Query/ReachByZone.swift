import PacketSpace
import PolicyLanguage

/// How much of each service passes on one path, by zone: what tables and lists are drawn from.
struct ReachByZone {
  struct Service {
    /// Nil for everything that is of no other service.
    var name: String?
    var isPublished: Bool
    /// By the far end, and in forward by the end that packets leave for.
    fileprivate var bits: [[UInt32]]

    /// - Parameters:
    ///   - end: of `ends`: where packets come from, outbound where they go.
    ///   - output: of `ends` in forward, else 0.
    func reach(_ end: Int, _ output: Int) -> ServiceMatrix.Reach {
      let bits = bits[end][output]
      if bits & Self.passes == 0 { return .nothing }
      return bits & Self.stops == 0 ? .everything : .part
    }

    fileprivate static let passes: UInt32 = 1
    fileprivate static let stops: UInt32 = 2
  }

  /// Zones by index, then nil for interfaces that belong to none.
  let ends: [Int?]
  /// In the order of their names; everything else is the last one.
  private(set) var services: [Service] = []
  private let zones: InterfaceZones
  private let path: Packet.Path

  /// - Parameter everywhere: all packets of the path that tables are about.
  init(
    of services: MatrixServices, _ everywhere: TrafficSelection, in questions: PolicyQuestions
  ) throws(PacketSpaceError) {
    let arena = questions.arena
    ends = questions.policy.zones.indices.map(Optional.some) + [nil]
    zones = InterfaceZones(of: questions.policy, questions.interfaces)
    path = everywhere.path
    let own = try questions.packets(of: everywhere)
    var dialled = own
    if services.hasPublished {
      var selection = everywhere
      selection.mayBeTranslated = true
      dialled = try questions.packets(of: selection)
    }
    // The policy is asked once, of all packets; what is made of its answers is small, for most rules
    // do one of two things.
    let table = try questions.decisions(about: dialled)
    let ofDialled = try arena.map(table.diagram) { number in
      // What passes or is dropped whatever the policy says, says nothing about a service.
      guard let decision = table.numbering[number], decision.isTheAuthors else { return 0 }
      return decision.verdict == .accept ? Service.passes : Service.stops
    }
    let ofOwn =
      own == dialled ? ofDialled : try arena.restrict(ofDialled, to: own, otherwise: 0)
    let classes = questions.interfaces.count
    for service in services.named {
      let bits = arena.bitsByInterface(
        of: service.isPublished ? ofDialled : ofOwn, within: service.packets, classes: classes)
      self.services.append(
        Service(name: service.name, isPublished: service.isPublished, bits: byEnd(bits)))
    }
    let rest = arena.bitsByInterface(
      of: ofOwn, within: try arena.complement(services.all), classes: classes)
    self.services.append(Service(name: nil, isPublished: false, bits: byEnd(rest)))
  }

  /// What is known by classes of interfaces, by their zones.
  private func byEnd(_ bits: [[UInt32]]) -> [[UInt32]] {
    let isForward = path == .forward
    var result = Array(
      repeating: Array(repeating: UInt32(0), count: isForward ? ends.count : 1), count: ends.count)
    for (input, row) in bits.enumerated() {
      for (output, bits) in row.enumerated() where bits != 0 {
        let far = place(of: path == .outbound ? output : input)
        result[far][isForward ? place(of: output) : 0] |= bits
      }
    }
    return result
  }

  /// The place of a class's zone among the ends.
  private func place(of interfaceClass: Int) -> Int {
    zones.zones[interfaceClass] ?? ends.count - 1
  }
}

extension Decision {
  /// Whether the gate, a rule or a default decided, and not what is the same on every machine.
  var isTheAuthors: Bool {
    switch step {
    case .smtpEgress, .rules, .sectionDefault, .notGoverned: true
    case .loopback, .antiSpoofing, .conntrack, .essentialICMP, .invalid: false
    }
  }
}
