package import Diagnostics
package import NetworkTypes

/// A claim about every packet of a region, names gone.
///
/// The region is what can arrive: unless a field says otherwise, packets in state new, not by or to
/// `lo`, from a source that anti-spoofing admits, that find room in every limit, before every
/// expiry. Neither endpoint is empty, but the region may be: address families that do not meet, or
/// sources that anti-spoofing lets in nowhere, are for the evaluation to find.
package struct ResolvedTest: Sendable {
  /// Unique among the tests; given, as free text on one line, or derived from the content.
  package var name: String
  /// `.inbound` with `to: self`, `.outbound` with `from: self`, else `.forward`.
  ///
  /// Never `.forward` where the policy has no forward section.
  package var path: PolicySection
  package var expect: TestExpectation
  /// Zones by input interface; outbound, one part over every zone.
  package var from: ResolvedEndpoint
  /// Zones by output interface; inbound, one part over every zone.
  package var to: ResolvedEndpoint
  package var service: ServiceSet
  /// The interfaces that the packets come in by, and nil for every one but `lo`.
  ///
  /// Always nil on the outbound path; never `lo` in forward.
  package var inputs: TestInterfaces?
  /// The interfaces that the packets leave by, and nil for every one but `lo`.
  ///
  /// Always nil on the inbound path; never `lo` in forward.
  package var outputs: TestInterfaces?
  /// Not empty.
  package var states: Set<TestState>
  /// Sorted user ids of the sending socket; nil for any packet, those without a socket included.
  ///
  /// Outbound only.
  package var users: [UInt32]?
  /// Whether the sources that anti-spoofing refuses are spoken of too.
  ///
  /// Never on the outbound path.
  package var isSpoofed: Bool
  /// Whether every limit is out of room.
  package var limitExceeded: Bool
  /// When the packets are seen; nil for a time before every expiry.
  package var asOf: Timestamp?
  /// The values of the keys that are given, for diagnostics.
  package var valueSpans: [TestKey: SourceSpan]
  /// The whole test.
  package var span: SourceSpan

  package init(
    name: String, path: PolicySection, expect: TestExpectation, from: ResolvedEndpoint,
    to: ResolvedEndpoint, service: ServiceSet, span: SourceSpan
  ) {
    self.name = name
    self.path = path
    self.expect = expect
    self.from = from
    self.to = to
    self.service = service
    self.span = span
    states = [.new]
    isSpoofed = false
    limitExceeded = false
    valueSpans = [:]
  }
}

/// Interfaces that a test names: whole zones, and single ones.
package struct TestInterfaces: Hashable, Sendable {
  /// Sorted, unique indices in `ResolvedPolicy.zones`.
  package var zones: [Int]
  /// Unique names in the order of the text; `lo` may be one of them.
  package var names: [String]

  package init(zones: [Int], names: [String]) {
    self.zones = zones
    self.names = names
  }

  /// Whether it names an interface; `zone` is the one that owns it, nil for none.
  package func contains(_ interface: String, ownedBy zone: Int?) -> Bool {
    zone.map { zones.contains($0) } == true || names.contains(interface)
  }
}
