import PacketSpace

extension Diagram {
  /// What a step of the order of decision answers where it leaves the packet to the next one.
  static let undecided = Diagram.constant(undecidedNumber)
  static let undecidedNumber: UInt32 = (1 << 31) - 1
}

extension PacketArena {
  /// What the first of two steps decides, and the second where the first does not.
  func first(_ step: Diagram, then next: Diagram) throws(PacketSpaceError) -> Diagram {
    try combine(step, next) { step, next in
      if step == .undecided { return next }
      if step.constant != nil || next == .undecided || step == next { return step }
      return nil
    }
  }
}

/// How two steps become one, as `PacketArena.combine` asks; associative.
typealias StepComposition = (Diagram, Diagram) -> Diagram?

/// Steps of which the first that decides does: rules in their order, say.
///
/// Neighbours are composed first and then what they make, cut in the middle of the weights: n rules
/// cost n log n, and a list of 100,000 prefixes is walked but a few times among any number of rules.
struct FirstMatch {
  private var steps: [Diagram] = []
  /// The weights of the steps before each, and of all at the end.
  private var weights = [0]
  private var isTotal = false

  /// What two neighbours become; nil where the first that decides does.
  private let rule: StepComposition?

  init(by rule: StepComposition? = nil) { self.rule = rule }

  mutating func append(_ step: Diagram, weight: Int = 1) {
    // Nothing comes after a step that decides every packet.
    if isTotal || step == .undecided { return }
    isTotal = rule == nil && step.constant != nil
    steps.append(step)
    weights.append(weights[steps.count - 1] + max(weight, 1))
  }

  func diagram(in arena: PacketArena) throws(PacketSpaceError) -> Diagram {
    steps.isEmpty ? .undecided : try composed(0..<steps.count, in: arena)
  }

  private func composed(
    _ range: Range<Int>, in arena: PacketArena
  ) throws(PacketSpaceError) -> Diagram {
    if range.count == 1 { return steps[range.lowerBound] }
    let middle = middle(of: range)
    let left = try composed(range.lowerBound..<middle, in: arena)
    let right = try composed(middle..<range.upperBound, in: arena)
    guard let rule else { return try arena.first(left, then: right) }
    return try arena.combine(left, right, by: rule)
  }

  /// Where to cut a range of two steps or more, into parts that are both not empty.
  private func middle(of range: Range<Int>) -> Int {
    let half = weights[range.lowerBound] + weights[range.upperBound]
    var low = range.lowerBound + 1
    var high = range.upperBound - 1
    while low < high {
      let middle = (low + high) / 2
      if 2 * weights[middle] < half { low = middle + 1 } else { high = middle }
    }
    // A heavy step that straddles the middle belongs to the lighter side.
    let before = low - 1
    if before > range.lowerBound, half - 2 * weights[before] < 2 * weights[low] - half {
      return before
    }
    return low
  }
}
