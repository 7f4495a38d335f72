package import Diagnostics
import NetworkTypes
import PolicyLanguage

/// A part of a policy that is not the same in another one, whatever that does to traffic.
package struct PolicyEdit: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case added
    case removed
    case renamed
    case edited
    case moved
  }

  package var kind: Kind
  /// ``rule `ssh` ``, ``network `noc` ``.
  package var what: String
  /// The rule's name; nil for what is no rule.
  package var rule: String?
  /// What is other: the keys of a rule, the prefixes that came and went.
  package var details: String?
  package var oldSpan: SourceSpan?
  package var newSpan: SourceSpan?

  static func edits(from old: ResolvedPolicy, to new: ResolvedPolicy) -> [PolicyEdit] {
    var edits: [PolicyEdit] = []
    edits += sections(old, new)
    edits += gate(old.smtpEgress, new.smtpEgress)
    edits += zones(old, new)
    edits += networks(old.networks, new.networks)
    if old.outboundDefault != new.outboundDefault || old.invalid != new.invalid {
      edits.append(.init(kind: .edited, what: "defaults"))
    }
    if old.role != new.role { edits.append(.init(kind: .edited, what: "role")) }
    if old.table != new.table || old.priority != new.priority {
      edits.append(.init(kind: .edited, what: "table or priority"))
    }
    return edits
  }

  // MARK: Rules

  private static func sections(_ old: ResolvedPolicy, _ new: ResolvedPolicy) -> [PolicyEdit] {
    var edits: [PolicyEdit] = []
    for (before, after) in [
      (old.inbound.rules, new.inbound.rules),
      (old.forward?.rules ?? [], new.forward?.rules ?? []),
      (old.outbound.rules, new.outbound.rules),
    ] {
      edits += rules(before, after, old, new)
    }
    return edits
  }

  private static func rules(
    _ before: [ResolvedRule], _ after: [ResolvedRule], _ old: ResolvedPolicy, _ new: ResolvedPolicy
  ) -> [PolicyEdit] {
    var edits: [PolicyEdit] = []
    let oldPlaces = Dictionary(before.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let newNames = Set(after.map(\.name))
    var removed = before.filter { !newNames.contains($0.name) }
    for rule in after where oldPlaces[rule.name] == nil {
      // A rule of the same content and another name is the same rule.
      if let place = removed.firstIndex(where: { differences($0, old, rule, new).isEmpty }) {
        let other = removed.remove(at: place)
        edits.append(
          .init(
            kind: .renamed, what: "rule `\(rule.name)`", rule: rule.name,
            details: "was `\(other.name)`", oldSpan: other.span, newSpan: rule.span))
        continue
      }
      // A rule without a name is called after its content: one edit, and it is called otherwise.
      let near = removed.indices.map { ($0, differences(removed[$0], old, rule, new)) }
        .filter { $0.1.count <= 2 && !$0.1.contains("verdict") }
        .min { $0.1.count < $1.1.count }
      if let (place, keys) = near {
        let other = removed.remove(at: place)
        edits.append(
          .init(
            kind: .edited, what: "rule `\(rule.name)`", rule: rule.name,
            details: (["was `\(other.name)`"] + keys).joined(separator: ", "),
            oldSpan: other.span, newSpan: rule.span))
        continue
      }
      edits.append(
        .init(kind: .added, what: "rule `\(rule.name)`", rule: rule.name, newSpan: rule.span))
    }
    for rule in removed {
      edits.append(
        .init(kind: .removed, what: "rule `\(rule.name)`", rule: rule.name, oldSpan: rule.span))
    }
    let common = after.compactMap { rule in oldPlaces[rule.name].map { (rule: rule, place: $0) } }
    let kept = Set(longestAscending(common.map(\.place)))
    for (rule, place) in common {
      let keys = differences(before[place], old, rule, new)
      if !keys.isEmpty {
        edits.append(
          .init(
            kind: .edited, what: "rule `\(rule.name)`", rule: rule.name,
            details: keys.joined(separator: ", "), oldSpan: before[place].span, newSpan: rule.span))
      } else if !kept.contains(place) {
        edits.append(
          .init(
            kind: .moved, what: "rule `\(rule.name)`", rule: rule.name,
            oldSpan: before[place].span, newSpan: rule.span))
      }
    }
    return edits
  }

  /// The keys in which two rules differ, names apart.
  private static func differences(
    _ a: ResolvedRule, _ old: ResolvedPolicy, _ b: ResolvedRule, _ new: ResolvedPolicy
  ) -> [String] {
    var keys: [String] = []
    func compare<Value: Equatable>(_ key: String, _ a: Value, _ b: Value) {
      if a != b { keys.append(key) }
    }
    compare("verdict", a.verdict, b.verdict)
    compare(
      "from", End(a.from, parts: parts(a.from, old)), End(b.from, parts: parts(b.from, new)))
    compare("to", End(a.to, parts: parts(a.to, old)), End(b.to, parts: parts(b.to, new)))
    compare("service", a.service, b.service)
    compare("published", a.published, b.published)
    compare("helper", a.helpers, b.helpers)
    compare("user", a.users, b.users)
    compare("limit", a.limit, b.limit)
    compare("serves", a.serves, b.serves)
    compare("log", a.name == b.name ? a.log : nil, a.name == b.name ? b.log : nil)
    compare("count", a.counts, b.counts)
    compare("expires", a.expires, b.expires)
    compare("owner", a.owner, b.owner)
    compare("ticket", a.ticket, b.ticket)
    compare("note", a.note, b.note)
    return keys
  }

  /// An endpoint by names.
  private struct End: Equatable {
    var parts: [AddressSet: Set<String>]
    var members: DynamicMembership

    init(_ endpoint: ResolvedEndpoint, parts: [AddressSet: Set<String>]) {
      self.parts = parts
      members = endpoint.members
    }
  }

  /// An endpoint by the names of its zones, which have other numbers in another policy.
  private static func parts(
    _ endpoint: ResolvedEndpoint, _ policy: ResolvedPolicy
  ) -> [AddressSet: Set<String>] {
    var parts: [AddressSet: Set<String>] = [:]
    for part in endpoint.parts {
      let isWhole = part.zones.others && part.zones.zones.count >= policy.zones.count
      let names = isWhole ? ["*"] : part.zones.zones.map { policy.zones[$0].name.value }
      parts[part.addresses, default: []].formUnion(names + (part.zones.others ? ["*others"] : []))
    }
    return parts
  }

  /// The values of a longest run that ascends, in the order given.
  private static func longestAscending(_ values: [Int]) -> [Int] {
    var tails: [Int] = []
    var previous = [Int?](repeating: nil, count: values.count)
    for (index, value) in values.enumerated() {
      var low = 0
      var high = tails.count
      while low < high {
        let middle = (low + high) / 2
        if values[tails[middle]] < value { low = middle + 1 } else { high = middle }
      }
      previous[index] = low > 0 ? tails[low - 1] : nil
      if low == tails.count { tails.append(index) } else { tails[low] = index }
    }
    var run: [Int] = []
    var next = tails.last
    while let index = next {
      run.append(values[index])
      next = previous[index]
    }
    return run.reversed()
  }

  // MARK: The rest

  private static func gate(
    _ old: ResolvedSMTPEgress?, _ new: ResolvedSMTPEgress?
  ) -> [PolicyEdit] {
    switch (old, new) {
    case (nil, nil): return []
    case (nil, let new?):
      return [.init(kind: .added, what: "`smtp-egress`", newSpan: new.keySpan)]
    case (let old?, nil):
      return [.init(kind: .removed, what: "`smtp-egress`", oldSpan: old.keySpan)]
    case (let old?, let new?):
      var keys: [String] = []
      // Rows are told by themselves.
      let rows = (old.subnets + new.subnets).addresses
      if old.clientZones != new.clientZones
        || old.clientNetworks.subtracting(rows) != new.clientNetworks.subtracting(rows)
      {
        keys.append("clients")
      }
      if old.relays != new.relays { keys.append("relays") }
      if old.users != new.users || old.governsOwn != new.governsOwn { keys.append("users") }
      if old.action != new.action { keys.append("action") }
      if old.log != new.log { keys.append("log") }
      if old.counts != new.counts || old.countsPerSubnet != new.countsPerSubnet {
        keys.append("count")
      }
      if old.offenders != new.offenders { keys.append("offenders") }
      var edits: [PolicyEdit] = []
      if !keys.isEmpty {
        edits.append(
          .init(
            kind: .edited, what: "`smtp-egress`", details: keys.joined(separator: ", "),
            oldSpan: old.keySpan, newSpan: new.keySpan))
      }
      var left = old.allow.map(Exception.init)
      for allow in new.allow {
        if let place = left.firstIndex(of: Exception(allow)) {
          left.remove(at: place)
          continue
        }
        edits.append(
          .init(
            kind: .added, what: "exception from \(allow.from.addresses)", newSpan: allow.span))
      }
      for gone in left {
        edits.append(
          .init(kind: .removed, what: "exception from \(gone.from)", oldSpan: gone.span))
      }
      edits += subnets(old, new)
      return edits
    }
  }

  /// An exception of the gate, by what it says.
  private struct Exception: Equatable {
    let from: AddressSet
    let written: WrittenAddresses
    let to: ResolvedEndpoint
    let expires: Timestamp?
    let texts: [String?]
    let span: SourceSpan

    init(_ allow: ResolvedSMTPEgress.Allow) {
      from = allow.from.addresses
      written = allow.from
      to = allow.to
      expires = allow.expires
      texts = [allow.owner, allow.ticket, allow.note]
      span = allow.span
    }

    static func == (a: Exception, b: Exception) -> Bool {
      a.written == b.written && a.to == b.to && a.expires == b.expires && a.texts == b.texts
    }
  }

  private static func zones(_ old: ResolvedPolicy, _ new: ResolvedPolicy) -> [PolicyEdit] {
    let before = Dictionary(old.zones.map { ($0.name.value, $0) }) { first, _ in first }
    let after = Dictionary(new.zones.map { ($0.name.value, $0) }) { first, _ in first }
    var edits: [PolicyEdit] = []
    for zone in new.zones {
      guard let other = before[zone.name.value] else {
        edits.append(
          .init(kind: .added, what: "zone `\(zone.name.value)`", newSpan: zone.name.span))
        continue
      }
      var keys: [String] = []
      if zone.interfaces.map(\.value) != other.interfaces.map(\.value) { keys.append("interfaces") }
      if zone.kind != other.kind { keys.append("kind") }
      if zone.networks != other.networks { keys.append("networks") }
      if zone.invalid != other.invalid { keys.append("invalid") }
      if zone.antiSpoofing != other.antiSpoofing { keys.append("anti-spoofing") }
      if !keys.isEmpty {
        edits.append(
          .init(
            kind: .edited, what: "zone `\(zone.name.value)`", details: keys.joined(separator: ", "),
            oldSpan: other.name.span, newSpan: zone.name.span))
      }
    }
    for zone in old.zones where after[zone.name.value] == nil {
      edits.append(
        .init(kind: .removed, what: "zone `\(zone.name.value)`", oldSpan: zone.name.span))
    }
    return edits
  }

  private static func networks(
    _ old: [ResolvedNetwork], _ new: [ResolvedNetwork]
  ) -> [PolicyEdit] {
    let before = Dictionary(old.map { ($0.name.value, $0) }) { first, _ in first }
    let after = Set(new.map(\.name.value))
    var edits: [PolicyEdit] = []
    for network in new {
      guard let other = before[network.name.value] else {
        edits.append(
          .init(kind: .added, what: "network `\(network.name.value)`", newSpan: network.name.span))
        continue
      }
      var details: [String] = []
      let came = network.addresses.subtracting(other.addresses)
      let went = other.addresses.subtracting(network.addresses)
      if !came.isEmpty { details.append("gained \(came.shortWords)") }
      if !went.isEmpty { details.append("lost \(went.shortWords)") }
      if network.networkClass != other.networkClass { details.append("class") }
      if !details.isEmpty {
        edits.append(
          .init(
            kind: .edited, what: "network `\(network.name.value)`",
            details: details.joined(separator: ", "), oldSpan: other.name.span,
            newSpan: network.name.span))
      }
    }
    for network in old where !after.contains(network.name.value) {
      edits.append(
        .init(kind: .removed, what: "network `\(network.name.value)`", oldSpan: network.name.span))
    }
    return edits
  }
}

extension AddressSet {
  /// At most three of its literals, and how many more.
  fileprivate var shortWords: String {
    let literals =
      ipv4.intervals.prefix(3).map(\.addressDescription)
      + ipv6.intervals.prefix(max(0, 3 - ipv4.intervals.count)).map(\.addressDescription)
    let more = intervalCount - literals.count
    return literals.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}
