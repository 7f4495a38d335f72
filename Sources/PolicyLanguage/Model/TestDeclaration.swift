package import Diagnostics

/// One entry of `tests` as written: a claim about every packet of a region.
///
/// What a key leaves out is what can arrive: see `ResolvedTest`.
package struct TestDeclaration: Sendable {
  package var name: Located<String>?
  /// Inbound with `to: self`, outbound with `from: self`, else forward.
  package var path: PolicySection
  package var expect: TestExpectation
  package var from: EndpointExpression?
  package var to: EndpointExpression?
  package var service: ServiceExpression?
  /// Names of zones and interfaces, not yet told apart.
  package var inputs: [Located<String>]?
  /// Names of zones and interfaces, not yet told apart.
  package var outputs: [Located<String>]?
  package var states: Set<TestState>?
  package var users: [Located<String>]?
  package var isSpoofed: Bool
  package var limitExceeded: Bool
  package var asOf: Timestamp?
  /// The values of the keys that are given.
  package var valueSpans: [TestKey: SourceSpan]
  /// The whole entry.
  package var span: SourceSpan

  package init(path: PolicySection, expect: TestExpectation, span: SourceSpan) {
    self.path = path
    self.expect = expect
    self.span = span
    isSpoofed = false
    limitExceeded = false
    valueSpans = [:]
  }
}

/// The keys of a test.
///
/// Raw values are as written.
package enum TestKey: String, Hashable, Sendable, CaseIterable {
  case name
  case expect
  case from
  case to
  case service
  case `in`
  case out
  case state
  case user
  case spoofed
  case limit
  case asOf = "as-of"
}

/// What a test claims of its packets.
package enum TestExpectation: String, Hashable, Sendable, CaseIterable {
  case allow
  case deny
  case reject
  /// Deny or reject.
  case blocked
}

/// A state that a test may ask for; nftables: `ct state`.
package enum TestState: String, Hashable, Sendable, CaseIterable {
  case new
  case established
  case related
  case invalid
  case untracked
}
