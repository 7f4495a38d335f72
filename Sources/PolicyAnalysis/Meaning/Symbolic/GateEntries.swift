import NetworkTypes
import PacketSpace
import PolicyLanguage

/// The gate's longest-prefix table, for all sources at once.
///
/// Entries that say the same are one kind, so that there are as many functions as kinds combine to,
/// however many rows there are.
extension GateStep {
  /// What an entry says, wherever it is.
  fileprivate enum Kind: Hashable {
    /// By index: each entry has a `to` and a text of its own.
    case allow(Int)
    case row(SubnetAnswer, expires: Timestamp?, decider: Decision.Decider)
  }

  /// The longest prefix that holds the source decides.
  mutating func entries(
    _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    var kinds = Numbering<Kind>()
    var ipv4: [HeldPrefix<UInt32>] = []
    var ipv6: [HeldPrefix<UInt128>] = []
    for (index, allow) in gate.allow.enumerated() {
      let kind = Int(kinds.number(of: .allow(index)))
      switch slice.family {
      case .ipv4:
        ipv4 += allow.from.ipv4.prefixes.map {
          HeldPrefix($0.block, length: Int($0.length), kind: kind, isRow: false)
        }
      case .ipv6:
        ipv6 += allow.from.ipv6.prefixes.map {
          HeldPrefix($0.block, length: Int($0.length), kind: kind, isRow: false)
        }
      }
    }
    // This machine's own traffic is nobody's subnet.
    if slice.path == .forward {
      for row in gate.subnets where row.prefix.family == slice.family {
        let decider = naming.decider(of: row, in: gate)
        let kind = Int(
          kinds.number(of: .row(row.answer, expires: row.expires, decider: decider)))
        switch row.prefix {
        case .ipv4(let prefix):
          ipv4.append(HeldPrefix(prefix.interval, length: prefix.length, kind: kind, isRow: true))
        case .ipv6(let prefix):
          ipv6.append(HeldPrefix(prefix.interval, length: prefix.length, kind: kind, isRow: true))
        }
      }
    }
    switch slice.family {
    case .ipv4:
      let runs = try longestPrefixRuns(ipv4, kinds.values, &numbering)
      return try slice.arena.cases(.source4, runs)
    case .ipv6:
      let runs = try longestPrefixRuns(ipv6, kinds.values, &numbering)
      return try slice.arena.cases(.source6, runs)
    }
  }

  /// The sources in runs that the same entries hold, each with what these say.
  private mutating func longestPrefixRuns<Bound>(
    _ prefixes: [HeldPrefix<Bound>], _ kinds: [Kind], _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> [(upper: Bound, then: Diagram)] {
    let prefixes = prefixes.sorted { $0.block.lower < $1.block.lower }
    var known: [Holding: Diagram] = [:]
    /// What a kind says where it alone decides, in no row and in some: nearly everywhere.
    var alone = [[Diagram?]](repeating: [nil, nil], count: kinds.count)
    var runs: [(upper: Bound, then: Diagram)] = []
    runs.reserveCapacity(2 * prefixes.count + 1)
    var held: [HeldPrefix<Bound>] = []
    var next = 0
    var position: Bound = 0
    let nobody = try answer(of: Holding(groups: [], isCounted: false), kinds, &numbering)
    while true {
      held.removeAll { $0.block.upper < position }
      while next < prefixes.count, prefixes[next].block.lower == position {
        held.append(prefixes[next])
        next += 1
      }
      var upper = next < prefixes.count ? prefixes[next].block.lower - 1 : Bound.max
      for prefix in held { upper = min(upper, prefix.block.upper) }
      let then: Diagram
      if held.isEmpty {
        then = nobody
      } else {
        let isCounted = gate.countsPerSubnet && held.contains(where: \.isRow)
        if let only = decidingAlone(held, kinds) {
          if let made = alone[only][isCounted ? 1 : 0] {
            then = made
          } else {
            then = try answer(
              of: Holding(groups: [[only]], isCounted: isCounted), kinds, &numbering)
            alone[only][isCounted ? 1 : 0] = then
          }
        } else {
          let holding = Holding(groups: longestFirst(held, kinds), isCounted: isCounted)
          if let made = known[holding] {
            then = made
          } else {
            then = try answer(of: holding, kinds, &numbering)
            known[holding] = then
          }
        }
      }
      runs.append((upper, then))
      if upper == .max { return runs }
      position = upper + 1
    }
  }

  /// The kind of the one entry of the longest prefix, where it never expires.
  private func decidingAlone<Bound>(_ held: [HeldPrefix<Bound>], _ kinds: [Kind]) -> Int? {
    var longest = -1
    var kind: Int?
    for prefix in held where prefix.length >= longest {
      kind = prefix.length > longest || prefix.kind == kind ? prefix.kind : nil
      longest = prefix.length
    }
    return kind.flatMap { expires(kinds[$0]) == nil ? $0 : nil }
  }

  /// The kinds that may decide for a source, in groups of equal length, down to the first that never
  /// expires.
  private func longestFirst<Bound>(_ held: [HeldPrefix<Bound>], _ kinds: [Kind]) -> [[Int]] {
    var groups: [[Int]] = []
    var length: Int?
    for prefix in held.sorted(by: { ($1.length, $0.kind) < ($0.length, $1.kind) }) {
      if prefix.length == length {
        if groups.last?.last != prefix.kind { groups[groups.count - 1].append(prefix.kind) }
        continue
      }
      if let last = groups.last, last.contains(where: { expires(kinds[$0]) == nil }) { break }
      groups.append([prefix.kind])
      length = prefix.length
    }
    return groups
  }

  private func expires(_ kind: Kind) -> Timestamp? {
    switch kind {
    case .allow(let index): gate.allow[index].expires
    case .row(_, let expires, _): expires
    }
  }

  /// What the entries say that hold a source, those of the longest prefix that live first.
  private mutating func answer(
    of holding: Holding, _ kinds: [Kind], _ numbering: inout DecisionNumbers
  ) throws(PacketSpaceError) -> Diagram {
    let isCounted = holding.isCounted
    let unnamed = try relaysOnly(by: nil, isCounted: isCounted, &numbering)
    var steps = FirstMatch()
    for group in holding.groups {
      // What passes: an `allow` whose `to` matches, or a row.
      for kind in group {
        switch kinds[kind] {
        case .allow(let index):
          let allow = gate.allow[index]
          let pass = try slice.before(allow.expires, then: mark(allow.pass))
          steps.append(try slice.to(allow.to, then: try governed(then: pass)))
        case .row(.allowed, let expires, let decider):
          steps.append(try governed(then: try slice.before(expires, then: mark(decider))))
        case .row: break
        }
      }
      // "`blocked` → action", for the relays as well.
      for kind in group {
        if case .row(.blocked, let expires, let decider) = kinds[kind] {
          steps.append(
            try stop(by: decider, before: expires, isCounted: isCounted, &numbering))
        }
      }
      // The rest is as relays-only while the entry lives: "an expired entry is as if absent (the next
      // longest one that lives decides)".
      for kind in group {
        if case .row(.relaysOnly, let expires, let decider) = kinds[kind] {
          let named = try relaysOnly(by: decider, isCounted: isCounted, &numbering)
          steps.append(try named.while(before: expires, in: slice))
        }
      }
      let ends = group.map { expires(kinds[$0]) }
      let last = ends.contains(nil) ? nil : ends.compactMap(\.self).max()
      steps.append(try unnamed.while(before: last, in: slice))
    }
    steps.append(unnamed)
    return try steps.diagram(in: slice.arena)
  }
}

/// Who holds a source: kinds of entries in groups of equal length, the longest first.
private struct Holding: Hashable {
  let groups: [[Int]]
  /// Whether what is stopped counts for a row.
  let isCounted: Bool
}

/// Addresses that an entry of the gate holds, and the length of the prefix that they are of.
private struct HeldPrefix<Bound: FixedWidthInteger & UnsignedInteger & Sendable> {
  let block: IntervalSet<Bound>.Interval
  let length: Int
  let kind: Int
  let isRow: Bool

  init(_ block: IntervalSet<Bound>.Interval, length: Int, kind: Int, isRow: Bool) {
    self.block = block
    self.length = length
    self.kind = kind
    self.isRow = isRow
  }
}

extension Diagram {
  /// The same before a date, undecided from then on.
  fileprivate func `while`(
    before end: Timestamp?, in slice: PacketSlice
  ) throws(PacketSpaceError) -> Diagram {
    guard let end else { return self }
    let lives = try slice.before(end, then: .constant(1), else: .constant(0))
    return try slice.arena.restrict(
      self, to: PacketSet(diagram: lives), otherwise: Diagram.undecidedNumber)
  }
}
