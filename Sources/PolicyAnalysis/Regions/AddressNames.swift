package import NetworkTypes
package import PolicyLanguage

/// What sets of addresses are called in a policy.
package struct AddressNames: Sendable {
  private struct Named {
    var name: String
    var addresses: AddressSet
  }

  /// In the order of the text; built-in ones at the end.
  private let named: [Named]
  private let byAddresses: [AddressSet: String]
  /// Rows of the gate's inventory, by prefix.
  private let rows: [IPPrefix: String]

  /// More names, or larger sets, are only looked up whole.
  private static let searchedNames = 200
  private static let searchedIntervals = 20_000
  /// So many literals are written; of the rest, how many.
  private static let shownLiterals = 3

  package init(of policies: [ResolvedPolicy]) {
    var named: [Named] = []
    var known: Set<String> = []
    for network in policies.flatMap(\.networks) where known.insert(network.name.value).inserted {
      named.append(Named(name: network.name.value, addresses: network.addresses))
    }
    for name in AddressSet.builtInNames {
      if let addresses = AddressSet.builtIn(name) {
        named.append(Named(name: name, addresses: addresses))
      }
    }
    var byAddresses: [AddressSet: String] = [:]
    func know(_ addresses: AddressSet, _ name: String) {
      if !addresses.isEmpty, byAddresses[addresses] == nil { byAddresses[addresses] = name }
    }
    for network in named { know(network.addresses, network.name) }
    // Of one family a name stands for its part.
    for network in named {
      know(AddressSet(ipv4: network.addresses.ipv4), network.name)
      know(AddressSet(ipv6: network.addresses.ipv6), network.name)
    }
    var rows: [IPPrefix: String] = [:]
    for row in policies.flatMap({ $0.smtpEgress?.subnets ?? [] }) where rows[row.prefix] == nil {
      rows[row.prefix] = row.name
    }
    self.rows = rows
    self.named = named
    self.byAddresses = byAddresses
  }

  /// The one name of a set; nil where it has none.
  package func name(of set: AddressSet) -> String? { byAddresses[set] ?? rowName(of: set) }

  /// `198.51.100.16/28 (acme)`, of the one prefix of a row.
  private func rowName(of set: AddressSet) -> String? {
    if rows.isEmpty || set.intervalCount != 1 { return nil }
    let prefix =
      set.ipv4.intervals.first.flatMap { IPPrefix(.ipv4($0)) }
      ?? set.ipv6.intervals.first.flatMap { IPPrefix(.ipv6($0)) }
    return prefix.flatMap { prefix in rows[prefix].map { "\(prefix) (\($0))" } }
  }

  /// A set in words: names where they fit, `any except NAME`, else literals.
  ///
  /// - Parameter families: what the set is a set of; `any` is every address of these.
  package func words(for set: AddressSet, of families: Set<AddressFamily>) -> String {
    wording(for: set, of: families).text
  }

  /// The same, and whether an address of the set's own family is written in it.
  func wording(
    for set: AddressSet, of families: Set<AddressFamily>
  ) -> (text: String, hasLiterals: Bool) {
    let all = AddressSet(
      ipv4: families.contains(.ipv4) ? .all : IntervalSet(),
      ipv6: families.contains(.ipv6) ? .all : IntervalSet())
    if set == all { return ("any", false) }
    if let name = byAddresses[set] { return (name, false) }
    if let name = rowName(of: set) { return (name, true) }
    if let except = byAddresses[all.subtracting(set)] { return ("any except \(except)", false) }
    let size = set.ipv4.intervals.count + set.ipv6.intervals.count
    if named.count <= Self.searchedNames, size <= Self.searchedIntervals {
      let parts = named.map {
        Named(name: $0.name, addresses: $0.addresses.intersection(all))
      }.filter { !$0.addresses.isEmpty && $0.addresses != all }
      if let union = union(set, parts) { return (union, false) }
      let rest = all.subtracting(set)
      if let except = byAddresses[rest] ?? union(rest, parts) {
        return ("any except \(except)", false)
      }
      if let except = short(rest, shorterThan: set) { return ("any except \(except)", true) }
      for part in parts where set.isSubset(of: part.addresses) {
        let rest = part.addresses.subtracting(set)
        if let except = byAddresses[rest] ?? union(rest, parts) ?? short(rest, shorterThan: set) {
          return ("\(part.name) except \(except)", true)
        }
      }
    }
    return (literals(of: set), true)
  }

  /// At most three names that together are the set.
  private func union(_ set: AddressSet, _ parts: [Named]) -> String? {
    if set.isEmpty { return nil }
    var rest = set
    var names: [String] = []
    while !rest.isEmpty {
      let candidates = parts.filter {
        $0.addresses.isSubset(of: set) && !$0.addresses.intersection(rest).isEmpty
      }
      // What leaves least to be named.
      guard names.count < 3,
        let best = candidates.min(by: {
          let (a, b) = (rest.subtracting($0.addresses), rest.subtracting($1.addresses))
          return a.intervalCount < b.intervalCount
        })
      else { return nil }
      names.append(best.name)
      rest = rest.subtracting(best.addresses)
    }
    return names.joined(separator: ", ")
  }

  /// The literals of a set of few, where that says more than another set.
  private func short(_ set: AddressSet, shorterThan other: AddressSet) -> String? {
    let count = set.intervalCount
    guard count <= Self.shownLiterals, count < other.intervalCount else { return nil }
    return literals(of: set)
  }

  /// `192.0.2.0/24, 198.51.100.7 and 12 more`.
  private func literals(of set: AddressSet) -> String {
    let count = set.intervalCount
    let shown = Self.shownLiterals
    // Both families are shown where both are there.
    let six = min(set.ipv6.intervals.count, set.ipv4.intervals.isEmpty ? shown : 1)
    let four = min(set.ipv4.intervals.count, shown - six)
    let texts =
      set.ipv4.intervals.prefix(four).map(\.addressDescription)
      + set.ipv6.intervals.prefix(max(six, shown - four)).map(\.addressDescription)
    let more = count - texts.count
    return texts.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}

extension AddressSet {
  /// How many literals it takes to write.
  package var intervalCount: Int { ipv4.intervals.count + ipv6.intervals.count }
}
