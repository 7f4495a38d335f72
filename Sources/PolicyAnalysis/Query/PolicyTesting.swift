package import PacketSpace
package import PolicyLanguage

/// What became of one claim of a policy.
package struct TestResult: Sendable {
  package enum Outcome: Sendable {
    case holds
    /// For this packet the policy decides otherwise.
    case fails(Packet, Decision)
    /// It speaks of no packet that can arrive.
    case speaksOfNothing
  }

  package let test: ResolvedTest
  package let outcome: Outcome

  package var holds: Bool {
    if case .holds = outcome { true } else { false }
  }
}

/// Examines every claim of a policy, in the order of the text, each about every packet of its region.
///
/// Throws where a region's decisions do not fit into the arena.
package func runTests(
  of policy: ResolvedPolicy, arena: PacketArena = PacketArena()
) throws(PacketSpaceError) -> [TestResult] {
  let selections = policy.tests.map { TrafficSelection($0) }
  let questions = try PolicyQuestions(
    about: policy, interfaceNames: selections.flatMap(\.interfaceNames), arena: arena)
  var results: [TestResult] = []
  for (test, selection) in zip(policy.tests, selections) {
    results.append(
      TestResult(test: test, outcome: try questions.outcome(of: test, about: selection)))
  }
  return results
}

/// The claims of a policy that speak of no packet that can arrive, whatever they expect.
package func emptyTests(
  of policy: ResolvedPolicy, arena: PacketArena = PacketArena()
) throws(PacketSpaceError) -> [TestResult] {
  let selections = policy.tests.map { TrafficSelection($0) }
  let questions = try PolicyQuestions(
    about: policy, interfaceNames: selections.flatMap(\.interfaceNames), arena: arena)
  var results: [TestResult] = []
  for (test, selection) in zip(policy.tests, selections)
  where try questions.packets(of: selection).isEmpty {
    results.append(TestResult(test: test, outcome: .speaksOfNothing))
  }
  return results
}

extension PolicyQuestions {
  fileprivate func outcome(
    of test: ResolvedTest, about selection: TrafficSelection
  ) throws(PacketSpaceError) -> TestResult.Outcome {
    let region = try packets(of: selection)
    if region.isEmpty { return .speaksOfNothing }
    let table = try decisions(about: region)
    let exceptions = try arena.packets(of: table.diagram) { number in
      guard let decision = table.numbering[number] else { return false }
      return !test.expect.holds(for: decision.verdict)
    }
    guard let packet = example(of: exceptions), let decision = decision(of: packet, in: table)
    else { return .holds }
    return .fails(packet, decision)
  }
}

extension TestExpectation {
  /// Whether a verdict is what the test expects.
  package func holds(for verdict: Decision.Verdict) -> Bool {
    switch (self, verdict) {
    case (.allow, .accept), (.deny, .drop), (.blocked, .drop): true
    case (.reject, .tcpReset), (.reject, .icmpReject): true
    case (.blocked, .tcpReset), (.blocked, .icmpReject): true
    default: false
    }
  }
}
