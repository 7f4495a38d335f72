import Diagnostics
import Lowering
package import Nftables
package import PacketSpace
package import PolicyAnalysis

/// A packet with which a table does not do what its policy says.
package struct Counterexample: Sendable {
  package var packet: Packet
  /// The policy's.
  package var decision: Decision?
  /// The same in the ruleset's terms.
  package var expected: Outcome?
  /// What the table does.
  package var outcome: Outcome?
  /// The packet's way through the table, as far as it could be followed.
  package var steps: [RulesetTrace.Step]
}
