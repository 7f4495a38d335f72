import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Packets that show findings which no walk over the decisions has found.
extension CheckContext {
  /// How many findings of a check are shown with a packet: whoever has more needs no more examples.
  static let shownExamples = 16

  /// Whether one more packet of a check is shown.
  func showsExample(for name: String) -> Bool {
    exampleCounts[name, default: 0] += 1
    return exampleCounts[name, default: 0] <= Self.shownExamples
  }

  /// A packet that a rule would match if it stood alone, before it expires; nil where there is none,
  /// or where the check has shown enough.
  func exampleOfFirst(
    _ name: String, ofRule place: RulePlace
  ) throws(PacketSpaceError) -> String? {
    guard showsExample(for: name) else { return nil }
    let all = try matching(place)
    let new = try arena.intersection(all, try newFromOutside())
    return example(of: new.isEmpty ? all : new)
  }

  /// Mail from some sources that the gate lets pass by an exception, accepted if any of it is.
  ///
  /// - Parameters:
  ///   - zones: that it comes in by; nil for all.
  ///   - date: as of which, nil for before every expiry.
  func exampleOfExemptMail(
    from sources: AddressSet, to: ResolvedEndpoint? = nil, in zones: ZoneSet? = nil,
    asOf date: Timestamp?
  ) throws(PacketSpaceError) -> String? {
    guard let gate = policy.smtpEgress else { return nil }
    let isForward = gate.governsForward
    var selection = TrafficSelection(
      on: isForward ? .forward : .outbound,
      from: isForward ? endpoint(sources, in: zones) : endpoint(), to: to ?? endpoint(),
      service: .port(.tcp, 25))
    selection.asOf = date
    let mail = try packets(of: selection)
    let passed = try packets(of: mail) {
      $0.gatePass?.kind == .entry || $0.gatePass?.kind == .subnet || $0.gatePass?.kind == .subnets
    }
    // Where the gate does not govern, the source passes without its help.
    let all = passed.isEmpty ? mail : passed
    let sent = try packets(of: all) { $0.verdict == .accept }
    return example(of: sent.isEmpty ? passed : sent)
  }

  /// Mail that the gate stops.
  func exampleOfStoppedMail() throws(PacketSpaceError) -> String? {
    guard let gate = policy.smtpEgress else { return nil }
    let mail = try traffic(
      on: gate.governsForward ? .forward : .outbound, from: endpoint(), to: endpoint(),
      .port(.tcp, 25))
    return example(of: try packets(of: mail) { $0.step == .smtpEgress && $0.verdict != .accept })
  }

  /// When exceptions are judged: as of the check, or before everything ends.
  var dateOfCheck: Timestamp? { options.asOf.seconds == 0 ? nil : options.asOf }
}
