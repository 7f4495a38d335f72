import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// One rule of a list from which zones and services are gone: addresses, guards, and what to do.
struct TailItem {
  var source: AddressSet
  var destination: AddressSet
  /// What else holds of the addresses.
  var members: [MemberMatch] = []
  /// Matches that cannot melt into a map: the user, the date.
  var guards: [Statement]
  /// An end: `accept`, `drop`, or `goto` to the rule's own chain.
  var verdict: Verdict
  var name: String
  var comment: String
  var span: SourceSpan

  /// Whether it takes every packet that reaches it.
  var isTotal: Bool { !isGuarded && source.isAny && destination.isAny }

  /// Whether it asks for more than its addresses.
  var isGuarded: Bool { !guards.isEmpty || !members.isEmpty }

  fileprivate enum Shape {
    case total
    case source
    case destination
    case both
    case guarded
  }

  fileprivate var shape: Shape {
    if isGuarded { return .guarded }
    switch (source.isAny, destination.isAny) {
    case (true, true): return .total
    case (false, true): return .source
    case (true, false): return .destination
    case (false, false): return .both
    }
  }
}

/// First-match lists of `TailItem`, as few rules as they can be.
struct TailLowering {
  /// A map of source and destination together stops being worth it beyond this many elements.
  static let maximumPairs = 4096

  /// The rules of a list, in order: neighbours that read one and the same address melt into one map.
  static func rules(
    _ items: [TailItem], in builder: inout TableBuilder, hint: String
  ) -> [Rule] {
    var rules: [Rule] = []
    var index = 0
    while index < items.count {
      let item = items[index]
      var end = index + 1
      if item.shape != .guarded, item.shape != .total {
        while end < items.count, items[end].shape == item.shape { end += 1 }
      }
      let run = Array(items[index..<end])
      switch item.shape {
      case .source:
        rules += oneSided(run, side: .source, in: &builder, hint: hint)
      case .destination:
        rules += oneSided(run, side: .destination, in: &builder, hint: hint)
      case .both where run.count > 1:
        rules += twoSided(run, in: &builder, hint: hint)
      case .both, .guarded, .total:
        for item in run { rules += single(item, in: &builder) }
      }
      if item.shape == .total { break }
      index = end
    }
    return rules
  }

  static func single(_ item: TailItem, in builder: inout TableBuilder) -> [Rule] {
    builder.addressRules(
      source: item.source, destination: item.destination, members: item.members,
      guards: item.guards, item.verdict,
      hint: "addr-\(item.name)", comment: item.comment, at: item.span)
  }

  /// Consecutive rules that look at one address only: a set where all say the same, else a map.
  private static func oneSided(
    _ run: [TailItem], side: Side, in builder: inout TableBuilder, hint: String
  ) -> [Rule] {
    guard run.count > 1 else { return single(run[0], in: &builder) }
    let sets = run.map { side == .source ? $0.source : $0.destination }
    var rules: [Rule] = []
    let comment = merged(run)
    if Set(run.map(\.verdict)).count == 1 {
      let union = sets.reduce(AddressSet()) { $0.union($1) }
      return builder.addressRules(
        source: side == .source ? union : .any, destination: side == .source ? .any : union,
        run[0].verdict, hint: "addr-\(run[0].name)", comment: comment, at: run[0].span)
    }
    let map4 = firstLayerWins(zip(sets, run).map { ($0.ipv4, $1.verdict) })
    let map6 = firstLayerWins(zip(sets, run).map { ($0.ipv6, $1.verdict) })
    if let rule = addressMap(
      map4.map { Element([.range(UInt128($0.lower), UInt128($0.upper))], $0.value) },
      whole: map4.first.map { $0.lower == .min && $0.upper == .max } ?? false,
      family: .ipv4, side: side, in: &builder, hint: hint, comment: comment, at: run[0].span)
    {
      rules.append(rule)
    }
    if let rule = addressMap(
      map6.map { Element([.range($0.lower, $0.upper)], $0.value) },
      whole: map6.first.map { $0.lower == .min && $0.upper == .max } ?? false,
      family: .ipv6, side: side, in: &builder, hint: hint, comment: comment, at: run[0].span)
    {
      rules.append(rule)
    }
    return rules
  }

  /// `ip saddr vmap @map`; a map that holds the whole family with one answer is a plain verdict,
  /// because nft versions disagree on how to write a prefix of length 0.
  private static func addressMap(
    _ elements: [Element], whole: Bool, family: AddressFamily, side: Side,
    in builder: inout TableBuilder, hint: String, comment: String, at span: SourceSpan
  ) -> Rule? {
    guard let first = elements.first else { return nil }
    let familyMatch = Statement.compare(.nfProto, .equal, UInt64(family.rawValue))
    if whole, let verdict = first.verdict {
      return builder.rule([familyMatch, .verdict(verdict)], comment: comment, at: span)
    }
    let field = family == .ipv4 ? side.field4 : side.field6
    let map = builder.verdictMap(
      "map-\(hint)-\(side.word)-\(family == .ipv4 ? 4 : 6)", key: [field.dataType],
      isInterval: true, elements, at: span)
    return builder.rule(
      [familyMatch, .verdictMap(Key(field), map: map)], comment: comment, at: span)
  }

  /// Consecutive rules that look at both addresses: one concatenated map per family where resolving
  /// their overlaps does not cost more elements than it saves rules, else rules in order.
  private static func twoSided(
    _ run: [TailItem], in builder: inout TableBuilder, hint: String
  ) -> [Rule] {
    let pairs4 = disjointPairs(
      run.map { ($0.source.ipv4, $0.destination.ipv4, $0.verdict) }, limit: maximumPairs)
    let pairs6 = disjointPairs(
      run.map { ($0.source.ipv6, $0.destination.ipv6, $0.verdict) }, limit: maximumPairs)
    guard let pairs4, let pairs6 else { return run.flatMap { single($0, in: &builder) } }
    var rules: [Rule] = []
    for (elements, family) in [(pairs4, AddressFamily.ipv4), (pairs6, .ipv6)]
    where !elements.isEmpty {
      let key =
        family == .ipv4
        ? Key(.ipv4Source, .ipv4Destination) : Key(.ipv6Source, .ipv6Destination)
      let map = builder.verdictMap(
        "map-\(hint)-\(family == .ipv4 ? 4 : 6)", key: key.parts.map(\.field.dataType),
        isInterval: true, elements, at: run[0].span)
      rules.append(
        builder.rule(
          [
            .compare(.nfProto, .equal, UInt64(family.rawValue)), .verdictMap(key, map: map),
          ], comment: merged(run), at: run[0].span))
    }
    return rules
  }

  /// The boxes of first-match rules cut into disjoint ones; nil where they would be more than twice
  /// as many as before, more than the limit, or hold a whole address family.
  private static func disjointPairs<Bound>(
    _ rules: [(source: IntervalSet<Bound>, destination: IntervalSet<Bound>, verdict: Verdict)],
    limit: Int
  ) -> [Element]? {
    let rules = rules.filter { !$0.source.isEmpty && !$0.destination.isEmpty }
    if rules.contains(where: { $0.source.isAll || $0.destination.isAll }) { return nil }
    var written = 0
    for rule in rules {
      let product = rule.source.intervals.count.multipliedReportingOverflow(
        by: rule.destination.intervals.count)
      written += product.partialValue
      if product.overflow || written > limit { return nil }
    }
    // Cut the source line where any rule begins or ends; on each piece the same rules apply.
    let pieces = pieces(of: rules.map(\.source))
    var elements: [Element] = []
    for piece in pieces {
      let map = firstLayerWins(
        piece.layers.map { (rules[$0].destination, rules[$0].verdict) })
      for interval in map {
        if interval.lower == .min, interval.upper == .max { return nil }
        elements.append(
          Element(
            [
              .range(UInt128(piece.lower), UInt128(piece.upper)),
              .range(UInt128(interval.lower), UInt128(interval.upper)),
            ], interval.value))
      }
      if elements.count > 2 * written { return nil }
    }
    return elements
  }

  private struct Piece<Bound> {
    var lower: Bound
    var upper: Bound
    var layers: [Int]
  }

  /// The maximal stretches of the line on which the same non-empty list of sets holds.
  private static func pieces<Bound>(of sets: [IntervalSet<Bound>]) -> [Piece<Bound>] {
    var cuts: Set<Bound> = []
    for set in sets {
      for interval in set.intervals {
        cuts.insert(interval.lower)
        if interval.upper != .max { cuts.insert(interval.upper + 1) }
      }
    }
    let sorted = cuts.sorted()
    var pieces: [Piece<Bound>] = []
    for (index, lower) in sorted.enumerated() {
      let upper = index + 1 < sorted.count ? sorted[index + 1] - 1 : Bound.max
      let layers = sets.indices.filter { sets[$0].contains(lower) }
      if layers.isEmpty { continue }
      if let last = pieces.last, last.layers == layers, last.upper != .max,
        last.upper + 1 == lower
      {
        pieces[pieces.count - 1].upper = upper
      } else {
        pieces.append(Piece(lower: lower, upper: upper, layers: layers))
      }
    }
    return pieces
  }

  /// The comment of the first rule and how many others its line stands for.
  static func merged(_ run: [TailItem]) -> String {
    let others = Set(run.map(\.name)).count - 1
    return others > 0 ? safeComment("\(run[0].comment) +\(others)") : run[0].comment
  }
}
