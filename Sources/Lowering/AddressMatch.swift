import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// The side of a packet that an address or an interface is read from.
enum Side {
  case source
  case destination

  var field4: Field { self == .source ? .ipv4Source : .ipv4Destination }
  var field6: Field { self == .source ? .ipv6Source : .ipv6Destination }
  /// The interface that an endpoint on this side speaks of.
  var interface: Field { self == .source ? .inputInterface : .outputInterface }
  var word: String { self == .source ? "from" : "to" }
}

/// An address that must be, or must not be, in a network that is filled at run time.
struct MemberMatch: Hashable {
  var network: String
  var side: Side
  var isMember: Bool

  /// Of both ends of a rule.
  static func all(of source: DynamicMembership, _ destination: DynamicMembership) -> [MemberMatch] {
    [(source, Side.source), (destination, .destination)].flatMap { members, side in
      members.inside.map { MemberMatch(network: $0, side: side, isMember: true) }
        + members.outside.map { MemberMatch(network: $0, side: side, isMember: false) }
    }
  }
}

extension TableBuilder {
  /// The ways in which a packet can have a source and a destination in these sets: alternatives,
  /// one per family at most, each a list of matches.
  ///
  /// One empty list means every packet.
  mutating func addressMatches(
    source: AddressSet, destination: AddressSet, members: [MemberMatch] = [], hint: String,
    at span: SourceSpan
  ) -> [[Statement]] {
    if source.isAny, destination.isAny, members.isEmpty { return [[]] }
    var alternatives: [[Statement]] = []
    for family in AddressFamily.allCases
    where !source.isEmpty(in: family) && !destination.isEmpty(in: family) {
      var matches: [Statement] = [.compare(.nfProto, .equal, UInt64(family.rawValue))]
      for (set, side) in [(source, Side.source), (destination, Side.destination)]
      where !set.isAll(in: family) {
        matches.append(
          addressMatch(set, family: family, side: side, hint: "\(hint)-\(side.word)", at: span))
      }
      matches += members.map { memberMatch($0, family: family) }
      alternatives.append(matches)
    }
    return alternatives
  }

  /// One match of one side in one family: a prefix compared in place, anything else a named set.
  mutating func addressMatch(
    _ set: AddressSet, family: AddressFamily, side: Side, hint: String, at span: SourceSpan
  ) -> Statement {
    switch family {
    case .ipv4:
      if let prefix = singlePrefix(set.ipv4) {
        return .comparePrefix(
          side.field4, isNegated: false,
          .ipv4(IPv4Address(bits: prefix.lower), length: prefix.length))
      }
      return .lookup(
        Key(side.field4), isNegated: false, set: addressSet(set.ipv4, hint: hint, at: span))
    case .ipv6:
      if let prefix = singlePrefix(set.ipv6) {
        return .comparePrefix(
          side.field6, isNegated: false,
          .ipv6(IPv6Address(bits: prefix.lower), length: prefix.length))
      }
      return .lookup(
        Key(side.field6), isNegated: false, set: addressSet(set.ipv6, hint: hint, at: span))
    }
  }

  /// Rules that give a verdict to each alternative of a source and a destination.
  mutating func addressRules(
    source: AddressSet, destination: AddressSet, members: [MemberMatch] = [],
    guards: [Statement] = [], _ verdict: Verdict, hint: String, comment: String?,
    at span: SourceSpan
  ) -> [Rule] {
    addressMatches(
      source: source, destination: destination, members: members, hint: hint, at: span
    ).map {
      rule($0 + guards + [.verdict(verdict)], comment: comment, at: span)
    }
  }
}

/// The one prefix that a set is, if it is one and not the whole space.
private func singlePrefix<Bound>(_ set: IntervalSet<Bound>) -> (lower: Bound, length: Int)? {
  guard let only = set.intervals.first, set.intervals.count == 1, !set.isAll else { return nil }
  let span = only.upper - only.lower
  // A prefix has 2^n members and begins at a multiple of that.
  guard span & (span &+ 1) == 0, only.lower & span == 0 else { return nil }
  return (only.lower, Bound.bitWidth - (Bound.bitWidth - span.leadingZeroBitCount))
}
