package import Diagnostics
import Kernel
import PacketSpace

extension LiveRuleset.Failure {
  /// What to tell whoever asked for the comparison: the program could not run.
  package var diagnostic: Diagnostic {
    switch self {
    case .unreadable(.netlink(let error)):
      let help = error.advice.map { [Diagnostic.Help($0)] } ?? []
      if case .notPermitted = error {
        return Diagnostic(
          .notPermitted, .error, "reading the ruleset needs CAP_NET_ADMIN", at: nil, help: help)
      }
      return Diagnostic(
        .kernelTrouble, .error, "the ruleset could not be read: \(error)", at: nil, help: help)
    case .unreadable(.notUnderstood(let unknown)): return Self.unknown("\(unknown)")
    case .meaningless: return Self.unknown(description)
    case .outOfSpace(let error):
      return Diagnostic(
        .unknownRuleset, .error, "a ruleset must be small enough for its comparison", at: nil,
        notes: [error.description])
    }
  }

  private static func unknown(_ note: String) -> Diagnostic {
    Diagnostic(
      .unknownRuleset, .error,
      "a ruleset that is compared must hold only what fwpolicy knows the meaning of", at: nil,
      notes: [note],
      help: [
        Diagnostic.Help(
          "compare with the policy that the table was made from, or delete what was added by hand")
      ])
  }
}
