package import Diagnostics
package import NetworkTypes

/// What an inventory says of outbound TCP 25 from a subnet.
package enum SubnetAnswer: String, Hashable, Sendable, CaseIterable {
  /// Not even to the relays.
  case blocked
  case relaysOnly = "relays-only"
  /// Anywhere.
  case allowed
}

/// One row of the gate's inventory.
///
/// With the `allow` entries the rows form one table, of which the longest prefix that holds a source
/// decides.
package struct Subnet: Sendable {
  package var prefix: IPPrefix
  package var name: String
  package var answer: SubnetAnswer
  package var owner: String?
  package var ticket: String?
  /// From then on the row is as if absent.
  package var expires: Timestamp?
  /// The row in its file, or in the policy.
  package var span: SourceSpan
  /// Its `expires`.
  package var expiresSpan: SourceSpan?
  /// Which row of its file it is, from 1, a header row apart; nil for a row of the policy.
  package var row: UInt32?

  package init(prefix: IPPrefix, name: String, answer: SubnetAnswer, span: SourceSpan) {
    self.prefix = prefix
    self.name = name
    self.answer = answer
    self.span = span
  }
}

extension [Subnet] {
  /// The addresses of all rows, expired ones included.
  package var addresses: AddressSet {
    var entries = AddressEntries()
    for subnet in self {
      switch subnet.prefix {
      case .ipv4(let prefix): entries.append(.ipv4(prefix.interval))
      case .ipv6(let prefix): entries.append(.ipv6(prefix.interval))
      }
    }
    return entries.addresses
  }
}
