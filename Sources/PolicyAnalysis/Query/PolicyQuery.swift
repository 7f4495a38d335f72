import Diagnostics
package import PacketSpace

/// What a policy says about a region: its verdicts, and who gives them.
package struct QueryAnswer: Sendable {
  /// All packets of the region that one part of the policy decides in one way.
  package struct Part: Sendable {
    package var decision: Decision
    /// In the policy's words; the rest is left out where there are very many.
    package var regions: [RegionWords]
    package var hasMoreRegions: Bool
    package var example: Packet
  }

  /// Those that accept first, then as the policy's text has them.
  package var parts: [Part]

  /// Whether the region has no packet that can arrive.
  package var isEmpty: Bool { parts.isEmpty }
}

extension PolicyQuestions {
  /// The verdicts over the packets of a selection, each decider apart.
  ///
  /// Regions are told within what can arrive: its state, say, goes without saying.
  ///
  /// - Parameter isWanted: of which decisions; the others are not told.
  package func answer(
    about selection: TrafficSelection, regionsShown: Int = 8,
    where isWanted: (Decision) -> Bool = { _ in true }
  ) throws(PacketSpaceError) -> QueryAnswer {
    let packets = try packets(of: selection)
    if packets.isEmpty { return QueryAnswer(parts: []) }
    let arriving = try self.packets(of: selection.widened(in: policy))
    let table = try decisions(about: packets)
    let writer = RegionWriter([policy], interfaces: interfaces, limiters: limiters)
    // What differs in effects only is one part for people.
    var numbers: [PartKey: [UInt32]] = [:]
    for number in arena.answers(of: table.diagram) {
      guard let decision = table.numbering[number], isWanted(decision) else { continue }
      numbers[PartKey(decision), default: []].append(number)
    }
    var parts: [(key: PartKey, part: QueryAnswer.Part)] = []
    for (key, wanted) in numbers {
      let set = try arena.packets(of: table.diagram) { wanted.contains($0) }
      let cover = try arena.cover(
        of: set, within: arriving, limit: regionsShown, name: writer.addresses.name)
      guard let example = example(of: set), let number = wanted.first,
        let decision = table.numbering[number]
      else { continue }
      parts.append(
        (
          key,
          QueryAnswer.Part(
            decision: decision, regions: cover.regions.map(writer.words),
            hasMoreRegions: !cover.isComplete, example: example)
        ))
    }
    return QueryAnswer(parts: parts.sorted { $0.key < $1.key }.map(\.part))
  }

  /// What people tell decisions apart by.
  private struct PartKey: Hashable, Comparable {
    let verdict: Decision.Verdict
    let step: Decision.Step
    let decider: Decision.Decider?
    /// The excess of a limit is decided by the limit's rule, too.
    let isExcess: Bool

    init(_ decision: Decision) {
      verdict = decision.verdict
      step = decision.step
      decider = decision.decider
      isExcess = if case .limitExcess = decision.counter { true } else { false }
    }

    static func < (a: PartKey, b: PartKey) -> Bool { a.order < b.order }

    private var order: (Int, Int, Int, Int, String) {
      (
        verdict == .accept ? 0 : 1, step.rawValue, Int(decider?.span.file.index ?? 0),
        Int(decider?.span.start ?? 0), verdict.rawValue
      )
    }
  }
}
