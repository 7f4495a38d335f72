package import Diagnostics
package import NetworkTypes
package import Nftables

/// The names of two sets that hold the same for either address family.
package struct FamilySets: Hashable, Sendable {
  package var ipv4: String
  package var ipv6: String

  package init(ipv4: String, ipv6: String) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }
}

/// What a policy compiles to, and which text every part of it comes from.
package struct LoweredPolicy: Sendable {
  package var table: Table
  /// Indexed by `Origin.index`.
  package var origins: [SourceSpan]
  /// The counter object of what the policy counts.
  package var counters: [PolicyCounter: String] = [:]
  /// The counter object of each row of the gate's inventory; empty unless it is counted per subnet.
  ///
  /// Rows with one prefix share that of the first.
  package var subnetCounters: [String] = []
  /// The sets of the gate's offenders.
  package var offenderSets: FamilySets?
  /// The counter maps that lead from a source to the counter of its row, by family.
  package var subnetCounterMaps: [AddressFamily: String] = [:]
  /// The sets of each network that is filled at run time, by its name.
  package var dynamicSets: [String: FamilySets] = [:]
  /// The rule whose limit a dynamic set carries, by the set's name.
  package var ruleOfLimiterSet: [String: String] = [:]
  /// The rule whose limit the limit statements of a chain are, by the chain's name.
  package var ruleOfLimiterChain: [String: String] = [:]

  package init(table: Table, origins: [SourceSpan]) {
    self.table = table
    self.origins = origins
  }

  /// The text that an object of the table comes from.
  package func span(of origin: Origin) -> SourceSpan? {
    origins.indices.contains(origin.index) ? origins[origin.index] : nil
  }
}
