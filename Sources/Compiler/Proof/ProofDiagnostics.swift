package import Diagnostics
package import Lowering
import NetworkTypes
import Nftables
package import PacketSpace
import PolicyAnalysis
package import PolicyLanguage

/// The codes of the Compiler room.
extension DiagnosticCode {
  package static let meaningDiffers = DiagnosticCode("FW602", "meaning-differs")
  package static let unprovenMeaning = DiagnosticCode("FW603", "unproven-meaning")

  package static let compilerCatalogue: [DiagnosticCode] = [
    .meaningDiffers, .unprovenMeaning, .failedTest,
  ]
}

extension MeaningProof {
  /// The errors that forbid to use the table; none where the proof holds.
  package func diagnostics(of lowered: LoweredPolicy, policy: ResolvedPolicy) -> [Diagnostic] {
    let report = Diagnostic.Help(
      "this is a defect of fwpolicy: please report it, with the policy; nothing has been written")
    switch self {
    case .equal: return []
    case .different(let example):
      return [
        Diagnostic(
          .meaningDiffers, .error, "a ruleset must do with every packet what its policy says",
          at: example.decision?.decider?.span ?? policy.nameSpan,
          label: example.decision.map { "the policy says: \($0)" },
          secondary: example.place(in: lowered).map { [$0] } ?? [],
          notes: example.notes(lowered), help: [report])
      ]
    case .limitDiffers(let difference):
      return [
        Diagnostic(
          .meaningDiffers, .error, "a limit of the ruleset must be its rule's limit",
          at: lowered.span(of: difference.origin) ?? policy.nameSpan,
          notes: [
            "chain \(difference.chain) has other numbers than "
              + (difference.rule.map { "rule `\($0)`" } ?? "any rule") + ", or counts others apart"
          ], help: [report])
      ]
    case .setDiffers(let difference):
      return [
        Diagnostic(
          .meaningDiffers, .error,
          "a set that is filled while a policy is in force must be as its policy says",
          at: lowered.span(of: difference.origin) ?? policy.nameSpan,
          notes: [
            "set \(difference.set) has another type, time or size, or is not there"
          ], help: [report])
      ]
    case .subnetCounterDiffers(let difference):
      return [
        Diagnostic(
          .meaningDiffers, .error, "a ruleset must count a subnet by the counter of its row",
          at: difference.row?.span ?? policy.smtpEgress?.subnetsSpan ?? policy.nameSpan,
          notes: difference.notes, help: [report])
      ]
    case .notUnderstood(let error):
      return [
        Diagnostic(
          .meaningDiffers, .error, "a ruleset must do only what fwpolicy can prove",
          at: lowered.span(of: error.origin) ?? policy.nameSpan,
          notes: ["chain or set \(error)"], help: [report])
      ]
    case .outOfSpace(let error):
      return [
        Diagnostic(
          .unprovenMeaning, .error, "a policy must be small enough for its proof",
          at: policy.nameSpan, notes: [error.description],
          help: [
            Diagnostic.Help(
              "rules that overlap in source, destination and service at once make it large: give "
                + "them common networks, or split the policy"),
            Diagnostic.Help("pass --no-prove to go without the proof; the header will say so"),
          ])
      ]
    }
  }
}

/// What is to be said where a question about a policy's traffic does not fit into memory.
package func tooLarge(_ error: PacketSpaceError, at span: SourceSpan?) -> [Diagnostic] {
  [
    Diagnostic(
      .unprovenMeaning, .error, "a policy must be small enough for questions about all its packets",
      at: span, notes: [error.description],
      help: [
        Diagnostic.Help(
          "rules that overlap in source, destination and service at once make it large: give them "
            + "common networks, or split the policy")
      ])
  ]
}

extension MeaningProof.SubnetCounterDifference {
  fileprivate var notes: [String] {
    let source =
      family == .ipv4
      ? UInt32(truncatingIfNeeded: address).addressDescription : address.addressDescription
    let said =
      row.map { "row `\($0.name)`" + (expected.map { ", by \($0)" } ?? ", which has no counter") }
      ?? "no row"
    return [
      Diagnostic.exampleNote(example.map(\.description) ?? "from \(source)"),
      "the policy: \(source) counts for \(said)",
      "the ruleset: it counts by \(counter ?? "no counter")",
    ]
  }
}

extension Counterexample {
  /// The text of the rule that decided in the table.
  fileprivate func place(in lowered: LoweredPolicy) -> Diagnostic.Label? {
    guard let step = steps.last, let span = lowered.span(of: step.origin) else { return nil }
    return Diagnostic.Label(span, "the ruleset decides by what this compiles to")
  }

  fileprivate func notes(_ lowered: LoweredPolicy) -> [String] {
    func text(_ outcome: Outcome?) -> String {
      guard let outcome else { return "nothing: it holds the packet for impossible" }
      return ([outcome.verdict.rawValue] + outcome.effects.map(\.description))
        .joined(separator: ", ")
    }
    var notes = [
      Diagnostic.exampleNote(packet), "the policy: \(text(expected))",
      "the ruleset: \(text(outcome))",
    ]
    if let step = steps.last {
      notes.append(
        "decided in chain \(step.chain)" + (step.rule.map { ", rule \($0 + 1)" } ?? ", at its end"))
    }
    return notes
  }
}
