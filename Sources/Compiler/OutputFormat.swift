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
  package func product(of lowered: LoweredPolicy, policy: ResolvedPolicy, digest: String) -> [UInt8]
  {
    switch self {
    case .nft:
      emitText(
        lowered.table,
        header: [
          "Compiled by fwpolicy \(programVersion) from policy \(policy.name): edit the policy, not this.",
          "sha256 of all inputs: \(digest)",
          "Load with `nft -f FILE`: one transaction. Counters start afresh.",
        ])
    case .json:
      emitJSON(lowered.table)
    }
  }
}
