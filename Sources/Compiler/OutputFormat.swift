package import Lowering
import Nftables
package import PolicyLanguage

/// What a policy can be written as.
package enum OutputFormat: String, Sendable, CaseIterable {
  /// A file for `nft -f`.
  case nft
  /// A document for `nft -j -f`: libnftables-json(5).
  case json

  /// The same bytes for the same inputs.
  package func product(
    of lowered: LoweredPolicy, policy: ResolvedPolicy, digest: String, isProven: Bool
  ) -> [UInt8] {
    let head =
      [
        "Compiled by fwpolicy \(programVersion) from policy \(policy.name): edit the policy, not this.",
        "sha256 of all inputs: \(digest)",
      ] + (isProven ? Self.proven(policy) : Self.unproven)
    return switch self {
    case .nft:
      emitText(
        lowered.table,
        header: head + ["Load with `nft -f FILE`: one transaction. Counters start afresh."])
    case .json: emitJSON(lowered.table, header: head)
    }
  }

  private static func proven(_ policy: ResolvedPolicy) -> [String] {
    [
      "Proven: every packet gets the verdict, log, counter, helper and limit that the policy says.",
      "The proof takes what the kernel measures as unknown, and holds whatever it is: whether a limit "
        + "has room, when a timeout ends, the date, the reverse path"
        + (policy.dynamicNetworks.isEmpty ? "." : ", what is in networks that are filled later."),
    ]
  }
  private static let unproven = [
    "NOT PROVEN to do what the policy says: compiled with --no-prove."
  ]
}
