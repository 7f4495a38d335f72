import Compiler
import Diagnostics
import NetworkTypes
import PacketSpace
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// Of random policies, what is called unreachable or redundant is.
@Suite struct RandomRulesTests {
  @Test func unreachableAndRedundantRulesAreWhatTheySay() throws {
    var generator = SeededGenerator(label: "rules of random policies")
    var unreachable = 0
    var redundant = 0
    for _ in 0..<30 {
      let policy = RandomPolicy.make(using: &generator)
      let report = runChecks(on: policy, written: policy.asWritten)
      #expect(!report.diagnostics.contains { $0.code == .uncheckedPolicy })
      let dead = names(report, "FW201")
      let idle = names(report, "FW202")
      unreachable += dead.count
      redundant += idle.count

      let effects = try Effects(of: policy)
      // The empty ones are spoken of elsewhere.
      let silent = effects.silent(policy)
      #expect(dead.isSubset(of: silent))
      #expect(
        silent.subtracting(dead).allSatisfy { name in
          policy.allRules.contains {
            $0.name == name && ($0.from.parts.isEmpty || $0.to.parts.isEmpty)
          }
        })
      #expect(try effects.isUnchanged(without: idle, in: policy))
      #expect(try effects.isUnchanged(without: idle.union(silent), in: policy))
      if idle.isEmpty {
        for rule in policy.allRules where !silent.contains(rule.name) {
          // What would wake an unreachable rule stays until that is gone.
          let mayGo =
            try effects.isUnchanged(without: silent.union([rule.name]), in: policy)
            && effects.isUnchanged(without: [rule.name], in: policy)
          #expect(!mayGo, "\(rule.name) is redundant")
        }
      }
    }
    #expect(unreachable > 10 && redundant > 2, "\(unreachable), \(redundant)")
  }

  private func names(_ report: CheckReport, _ code: String) -> Set<String> {
    Set(
      report.diagnostics.filter { $0.code.code == code }.map {
        String($0.message.split(separator: "`")[1])
      })
  }
}

extension ResolvedPolicy {
  fileprivate var allRules: [ResolvedRule] {
    inbound.rules + (forward?.rules ?? []) + outbound.rules
  }

  /// Declarations as far as checks of rules look at them.
  fileprivate var asWritten: Policy {
    var policy = Policy(name: Located(name, nameSpan), role: Located(role, nameSpan))
    func section(_ rules: [ResolvedRule]) -> RuleSection {
      RuleSection(
        rules: rules.map { rule in
          RuleDeclaration(
            verdict: Located(rule.verdict, rule.span),
            service: ServiceExpression(terms: [], span: rule.span), span: rule.span)
        })
    }
    policy.inbound = section(inbound.rules)
    policy.forward = section(forward?.rules ?? [])
    policy.outbound = section(outbound.rules)
    return policy
  }
}

/// What a policy does, and what it would do without some rules.
private struct Effects {
  private let arena = PacketArena()
  private let interfaces: InterfaceClasses
  private let limiters: LimiterNumbers
  private let possible: PacketSet
  private let original: Diagram
  private let decisions: (diagram: Diagram, numbering: Numbering<Decision?>)

  init(of policy: ResolvedPolicy) throws {
    interfaces = InterfaceClasses(of: [policy])
    limiters = try LimiterNumbers(of: [policy])
    possible = try arena.possiblePackets(interfaces: interfaces, limiters: limiters.isPerSource)
    var numbering = Numbering<Decision?>()
    let diagram = try PolicyDecisions(
      of: policy, in: arena, interfaces: interfaces, limiters: limiters, possible: possible,
      numbering: &numbering
    ).diagram
    decisions = (diagram, numbering)
    var effects = Self.effects
    original = try arena.map(diagram) { Self.number(numbering[$0], &effects) }
    numbers = effects
  }

  private let numbers: Numbering<Decision?>
  private static var effects: Numbering<Decision?> {
    var numbering = Numbering<Decision?>()
    _ = numbering.number(of: nil)
    return numbering
  }

  private static func number(_ decision: Decision?, _ effects: inout Numbering<Decision?>) -> UInt32
  {
    guard var decision else { return 0 }
    decision.step = .rules
    decision.decider = nil
    decision.gatePass = nil
    if case .sectionDefault = decision.counter { decision.counter = nil }
    return effects.number(of: decision)
  }

  /// The rules that decide nothing.
  func silent(_ policy: ResolvedPolicy) -> Set<String> {
    let deciders = arena.answers(of: decisions.diagram).compactMap {
      decisions.numbering[$0]?.step == .rules ? decisions.numbering[$0]?.decider?.name : nil
    }
    return Set(policy.allRules.map(\.name)).subtracting(deciders)
  }

  func isUnchanged(without names: Set<String>, in policy: ResolvedPolicy) throws -> Bool {
    var other = policy
    other.inbound.rules.removeAll { names.contains($0.name) }
    other.forward?.rules.removeAll { names.contains($0.name) }
    other.outbound.rules.removeAll { names.contains($0.name) }
    var numbering = Numbering<Decision?>()
    let diagram = try PolicyDecisions(
      of: other, in: arena, interfaces: interfaces, limiters: limiters, possible: possible,
      numbering: &numbering
    ).diagram
    var effects = numbers
    return try arena.map(diagram) { Self.number(numbering[$0], &effects) } == original
  }
}
