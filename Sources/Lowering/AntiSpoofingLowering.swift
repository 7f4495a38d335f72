import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// Drops sources that do not belong behind their interface, zone by zone.
struct AntiSpoofingLowering {
  let policy: ResolvedPolicy

  /// The jump for the base chain; none where no zone asks for it.
  func rules(in builder: inout TableBuilder) -> [Rule] {
    let verdicts = policy.zones.indices.map { zone -> Verdict in
      policy.zones[zone].antiSpoofing.isEmpty || policy.zones[zone].antiSpoofing == [.off]
        ? .return : .goto(chain(ofZone: zone, in: &builder))
    }
    let dispatch = ZoneDispatch(
      zones: policy.zones, field: .inputInterface, verdicts: verdicts, others: .return)
    if dispatch.isTrivial { return [] }
    let span = policy.nameSpan
    let name = builder.chain(
      "spoof-zones", dispatch.rules(in: &builder, named: "zones-spoof", at: span), at: span)
    return [builder.rule([.verdict(.jump(name))], at: span)]
  }

  /// Returns for what belongs, exempts what has no address yet, drops the rest.
  private func chain(ofZone index: Int, in builder: inout TableBuilder) -> String {
    let zone = policy.zones[index]
    let span = zone.name.span
    let comment = builder.comment("anti-spoofing-\(zone.name.value)", at: span)
    var rules: [Rule] = []
    let byNetworks = zone.antiSpoofing.contains(.networks)
    let byPath = zone.antiSpoofing.contains(.reversePath)
    let pathIsRight = Statement.reversePath(isMissing: false)

    var behindOthers = AddressSet()
    if byNetworks, zone.kind == .outside {
      for (other, zone) in policy.zones.enumerated() where other != index {
        if let networks = zone.networks { behindOthers = behindOthers.union(networks) }
      }
    }
    for family in AddressFamily.allCases where !behindOthers.isAll(in: family) {
      var matches = [Statement.compare(.nfProto, .equal, UInt64(family.rawValue))]
      var needsPath = byPath
      if byNetworks, zone.kind != .outside || zone.networks != nil {
        let networks = zone.networks ?? AddressSet()
        if networks.isEmpty(in: family) {
          // A list of one family must not cut the other: that one is checked by reverse path.
          needsPath = true
        } else if !networks.isAll(in: family) {
          matches.append(
            builder.addressMatch(
              networks, family: family, side: .source, hint: "zone-\(zone.name.value)", at: span))
        }
      }
      if !behindOthers.isEmpty(in: family) {
        matches.append(
          .lookup(
            Key(family == .ipv4 ? .ipv4Source : .ipv6Source), isNegated: true,
            set: builder.sourceSet(
              behindOthers, family, hint: "behind-others-\(zone.name.value)", at: span)))
      }
      if needsPath { matches.append(pathIsRight) }
      rules.append(builder.rule(matches + [.verdict(.return)], comment: comment, at: span))
    }
    rules += exemptions(in: &builder)
    if let log = policy.antiSpoofingLog {
      rules.append(builder.logRule(log, comment: comment, at: span))
    }
    rules.append(
      builder.rule(
        [builder.counter(.antiSpoofing(zone: zone.name.value), at: span), .verdict(.drop)],
        comment: comment,
        at: span))
    return builder.chain("spoof-\(zone.name.value)", rules, at: span)
  }

  /// What has no address of its own yet, or one of the link only: decided by the later steps.
  private func exemptions(in builder: inout TableBuilder) -> [Rule] {
    let span = policy.nameSpan
    let ipv4 = Statement.compare(.nfProto, .equal, UInt64(AddressFamily.ipv4.rawValue))
    let ipv6 = Statement.compare(.nfProto, .equal, UInt64(AddressFamily.ipv6.rawValue))
    let unspecified4 = Statement.comparePrefix(
      .ipv4Source, isNegated: false, .ipv4(IPv4Address(bits: 0), length: 32))
    let unspecified6 = Statement.comparePrefix(
      .ipv6Source, isNegated: false, .ipv6(IPv6Address(bits: 0), length: 128))
    let linkLocal = Statement.comparePrefix(
      .ipv6Source, isNegated: false,
      .ipv6(IPv6Address(bits: UInt128(0xFE80) << 112), length: 10))
    func transport(_ ipProtocol: IPProtocol) -> Statement {
      .compare(.l4Proto, .equal, UInt64(ipProtocol.number))
    }
    return [
      builder.rule([ipv6, linkLocal, .verdict(.return)], at: span),
      builder.rule(
        [
          ipv6, unspecified6, transport(.icmpv6),
          .compareAny(.icmpv6Type, isNegated: false, neighbourTypes),
          .compare(.ipv6HopLimit, .equal, 255), .verdict(.return),
        ], at: span),
      builder.rule(
        [
          ipv6, unspecified6, transport(.icmpv6),
          .compareAny(.icmpv6Type, isNegated: false, mldTypes), .verdict(.return),
        ], at: span),
      builder.rule(
        [
          ipv4, unspecified4, transport(.udp), .compare(.udpSourcePort, .equal, 68),
          .compare(.udpDestinationPort, .equal, 67), .verdict(.return),
        ], at: span),
      builder.rule([ipv4, unspecified4, transport(.igmp), .verdict(.return)], at: span),
    ]
  }
}

/// Neighbour discovery (RFC 4861) and MLD (RFC 2710, RFC 3810).
let neighbourTypes: [UInt64] = [133, 134, 135, 136]
let mldTypes: [UInt64] = [130, 131, 132, 143]

extension TableBuilder {
  /// The named set of one family of addresses.
  mutating func sourceSet(
    _ set: AddressSet, _ family: AddressFamily, hint: String, at span: SourceSpan
  ) -> String {
    switch family {
    case .ipv4: addressSet(set.ipv4, hint: hint, at: span)
    case .ipv6: addressSet(set.ipv6, hint: hint, at: span)
    }
  }
}
