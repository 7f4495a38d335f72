import PacketSpace

/// The numbers that the answers of a policy's diagram are.
struct DecisionNumbers {
  private(set) var numbering: Numbering<Decision?>
  private let detail: PolicyDecisions.Detail

  init(_ numbering: Numbering<Decision?>, _ detail: PolicyDecisions.Detail) {
    self.numbering = numbering
    self.detail = detail
  }

  /// The function that decides every packet alike.
  mutating func constant(_ decision: Decision) -> Diagram {
    .constant(numbering.number(of: detail == .effects ? decision.effects : decision))
  }

  /// The number of a decision that something in the gate has let a packet reach.
  mutating func constant(_ number: UInt32, passedBy decider: Decision.Decider) -> Diagram {
    guard detail == .deciders, var decision = numbering[number] else { return .constant(number) }
    decision.gatePass = decider
    return constant(decision)
  }
}

extension Decision {
  /// The decision without those who made it.
  fileprivate var effects: Decision {
    var effects = self
    effects.step = .rules
    effects.decider = nil
    effects.gatePass = nil
    return effects
  }
}
