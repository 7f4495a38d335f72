package import NetworkTypes

/// The gate's longest-prefix table: which exception decides for a source.
///
/// Values are indices in `ResolvedSMTPEgress.allow`.
package struct GateTable: Sendable {
  package let ipv4: LongestPrefixTable<UInt32>
  package let ipv6: LongestPrefixTable<UInt128>

  /// O(n log n) in the prefixes of all exceptions.
  package init(_ exceptions: [ResolvedSMTPEgress.Allow]) {
    ipv4 = LongestPrefixTable(exceptions.map(\.from.ipv4))
    ipv6 = LongestPrefixTable(exceptions.map(\.from.ipv6))
  }
}

extension ResolvedSMTPEgress {
  /// Made anew at each call.
  package var table: GateTable { GateTable(allow) }
}
