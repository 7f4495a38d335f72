import PacketSpace

/// What a rule or a chain has made of a packet so far.
struct Flow: Hashable, Sendable {
  enum Ending: Hashable, Sendable {
    /// To the next rule; at the end of a chain as `returns`.
    case goesOn
    /// Out of the chain.
    case returns
    /// Of the base chain; only a drop and the rejects are the last word.
    case verdict(Outcome.Verdict)
  }

  var ending: Ending
  /// Sorted, as those of an `Outcome`.
  var effects: [Outcome.Effect]

  init(_ ending: Ending, effects: [Outcome.Effect] = []) {
    self.ending = ending
    self.effects = effects
  }

  func after(_ earlier: [Outcome.Effect]) -> Flow {
    if earlier.isEmpty { return self }
    return Flow(ending, effects: Outcome(.accept, effects: earlier + effects).effects)
  }
}

/// The numbers of flows: the answers of the diagrams of rules and chains.
final class Flows {
  static let goesOn = Diagram.constant(0)
  static let returns = Diagram.constant(1)
  /// The answer where a diagram in the making does not say anything yet; no flow's number.
  static let nowhere = Diagram.constant(UInt32.max >> 1)

  private var numbering = Numbering<Flow>()
  private var doesGoOn: [Bool] = []
  private var pairs: [UInt64: UInt32] = [:]
  private var ends: [UInt64: UInt32] = [:]

  init() {
    _ = number(of: Flow(.goesOn))
    _ = number(of: Flow(.returns))
  }

  subscript(_ number: UInt32) -> Flow { numbering[number] }

  func number(of flow: Flow) -> UInt32 {
    let number = numbering.number(of: flow)
    if number == doesGoOn.count { doesGoOn.append(flow.ending == .goesOn) }
    return number
  }

  func diagram(of flow: Flow) -> Diagram { .constant(number(of: flow)) }

  /// Whether what follows a flow happens.
  func goesOn(_ number: UInt32) -> Bool { doesGoOn[Int(number)] }

  /// What a flow is where its base chain has ended: one that goes on has been accepted.
  func ended(_ number: UInt32, by policy: BaseChain.Policy) -> UInt32 {
    if policy == .accept, number == 0 { return 0 }
    let key = UInt64(number) << 1 | UInt64(policy.rawValue)
    if let known = ends[key] { return known }
    let flow = self[number]
    let result: UInt32
    switch flow.ending {
    case .goesOn, .returns:
      let ending: Flow.Ending = policy == .accept ? .goesOn : .verdict(.drop)
      result = self.number(of: Flow(ending, effects: flow.effects))
    case .verdict(.accept): result = self.number(of: Flow(.goesOn, effects: flow.effects))
    case .verdict: result = number
    }
    ends[key] = result
    return result
  }

  /// Both, one after the other; the first must go on.
  func sequence(_ first: UInt32, _ second: UInt32) -> UInt32 {
    let key = UInt64(first) << 32 | UInt64(second)
    if let known = pairs[key] { return known }
    let result = number(of: self[second].after(self[first].effects))
    pairs[key] = result
    return result
  }
}
