package import Diagnostics

/// `{ keep: 7d, capacity: 65536 }`: of a set that is filled while the policy is in force.
package struct KeepingDeclaration: Sendable {
  /// Seconds.
  package var keep: Located<UInt64>?
  package var capacity: Located<UInt32>?
  package var span: SourceSpan

  package init(span: SourceSpan) { self.span = span }
}

package struct SMTPEgressDeclaration: Sendable {
  package enum Count: String, Sendable, CaseIterable {
    /// For each row of the inventory, and in total.
    case perSubnet = "per-subnet"
    case total
    case none
  }

  package struct Allow: Sendable {
    package var from: EndpointExpression?
    package var to: EndpointExpression?
    package var expires: Located<Timestamp>?
    package var metadata: Metadata
    package var waivers: [Waiver]
    package var span: SourceSpan

    package init(span: SourceSpan) {
      metadata = Metadata()
      waivers = []
      self.span = span
    }
  }

  package var clients: EndpointExpression?
  package var relays: EndpointExpression?
  package var allow: [Allow]
  package var subnets: SubnetsDeclaration?
  package var users: Located<[Located<String>]>?
  /// `.reject` or `.deny`.
  package var action: Located<RuleVerdict>?
  package var log: LogDeclaration?
  package var count: Located<Count>?
  package var offenders: KeepingDeclaration?
  package var waivers: [Waiver]
  package var keySpan: SourceSpan
  package var span: SourceSpan

  package init(keySpan: SourceSpan, span: SourceSpan) {
    allow = []
    waivers = []
    self.keySpan = keySpan
    self.span = span
  }
}
