import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// The gate's longest-prefix table: one look-up of the source in each family, overlaps resolved here.
extension GateLowering {
  /// What an entry of the table says of the destination.
  private enum Destinations: Hashable {
    /// Pass to these, to relays otherwise.
    case to(ResolvedEndpoint)
    case everywhere
    case relaysOnly
    case nowhere
  }

  /// One entry as the table sees it: what it opens, and when it ends.
  private struct Answer: Hashable {
    let destinations: Destinations
    let expires: Timestamp?
  }

  /// Where an answer is from: its first entry, and how many more there are.
  private struct Place {
    let span: SourceSpan
    let comment: String
  }

  /// The answers of all entries, each once.
  private struct Answers {
    private(set) var answers: [Answer] = []
    private var indices: [Answer: Int] = [:]
    private(set) var firsts: [GateEntry] = []
    private(set) var counts: [Int] = []
    /// By the values of the table.
    private(set) var ofEntry: [Int] = []

    mutating func append(_ answer: Answer, of entry: GateEntry) {
      if let known = indices[answer] {
        counts[known] += 1
        ofEntry.append(known)
        return
      }
      ofEntry.append(answers.count)
      indices[answer] = answers.count
      answers.append(answer)
      firsts.append(entry)
      counts.append(1)
    }
  }

  /// Rows speak of forwarded traffic only: this machine is nobody's subnet.
  private var rows: [Subnet] { path == .forward ? gate.subnets : [] }

  private func answers() -> Answers {
    var answers = Answers()
    for (index, allow) in gate.allow.enumerated() {
      answers.append(
        Answer(destinations: .to(allow.to), expires: allow.expires), of: .allow(index))
    }
    for (index, row) in rows.enumerated() {
      let destinations: Destinations =
        switch row.answer {
        case .allowed: .everywhere
        case .relaysOnly: .relaysOnly
        case .blocked: .nowhere
        }
      answers.append(
        Answer(destinations: destinations, expires: row.expires), of: .subnet(index))
    }
    return answers
  }

  private func place(
    of entry: GateEntry, named name: String? = nil, others: Int, in builder: TableBuilder
  ) -> Place {
    switch entry {
    case .allow(let index):
      let allow = gate.allow[index]
      return Place(
        span: allow.span,
        comment: builder.comment(
          name ?? "allow", at: allow.span, ticket: name == nil ? allow.ticket : nil,
          owner: name == nil ? allow.owner : nil, others: others)
      )
    case .subnet(let index):
      let row = gate.subnets[index]
      return Place(
        span: row.span,
        comment: builder.comment(
          name ?? row.answer.rawValue, at: row.span, ticket: name == nil ? row.ticket : nil,
          owner: name == nil ? row.owner : nil,
          others: others))
    }
  }

  /// Rules that look up the source; what no entry decides goes on behind them.
  func tableRules(relays: Verdict, stop: Verdict, in builder: inout TableBuilder) -> [Rule] {
    let entries = answers()
    if entries.ofEntry.isEmpty { return [] }
    let name = rows.isEmpty ? "\(hint)-allow" : "\(hint)-subnets"
    var sequences = AnswerSequences(expiries: entries.answers.map(\.expires))
    var verdicts: [Int: Verdict] = [AnswerSequences.nothing: relays]

    /// The verdict for a source that gets a sequence of answers.
    func verdict(_ sequence: Int, _ builder: inout TableBuilder) -> Verdict {
      if let known = verdicts[sequence] { return known }
      let step = sequences.steps[sequence]
      let answer = entries.answers[step.answer]
      if answer.expires == nil, let direct = direct(answer.destinations, relays, stop, builder) {
        verdicts[sequence] = direct
        return direct
      }
      let place = place(
        of: entries.firsts[step.answer], others: entries.counts[step.answer] - 1, in: builder)
      var rules: [Rule] = []
      if let expires = answer.expires {
        rules.append(
          builder.rule(
            [
              .compare(.time, .greaterOrEqual, UInt64(clamping: expires.seconds)),
              .verdict(verdict(step.next, &builder)),
            ], comment: place.comment, at: place.span))
      }
      if let direct = direct(answer.destinations, relays, stop, builder) {
        rules.append(
          builder.rule([.verdict(direct)], comment: place.comment, at: place.span))
      } else if case .to(let endpoint) = answer.destinations {
        rules += builder.destinationRules(
          endpoint, matched: .return, otherwise: relays, hint: "\(hint)-to",
          comment: place.comment, at: place.span)
      }
      let made = Verdict.goto(builder.chain(name, rules, at: place.span))
      verdicts[sequence] = made
      return made
    }

    let first = place(
      of: entries.firsts[0], named: rows.isEmpty ? nil : "subnets",
      others: entries.ofEntry.count - 1, in: builder)

    /// The rule of one family.
    func rule<Bound>(
      _ stretches: [MappedInterval<Bound, Int>], _ family: AddressFamily,
      _ builder: inout TableBuilder
    ) -> Rule? {
      if stretches.isEmpty { return nil }
      // What goes to the relays goes there without being found, too; and sequences that come to one
      // verdict are joined once more.
      var joined: [MappedInterval<Bound, Verdict>] = []
      joined.reserveCapacity(stretches.count)
      for stretch in stretches {
        let verdict = verdict(stretch.value, &builder)
        if verdict == relays { continue }
        if let last = joined.last, last.value == verdict, last.upper != .max,
          last.upper + 1 == stretch.lower
        {
          joined[joined.count - 1].upper = stretch.upper
        } else {
          joined.append(
            MappedInterval(lower: stretch.lower, upper: stretch.upper, value: verdict))
        }
      }
      guard let only = joined.first?.value else { return nil }
      let familyMatch = Statement.compare(.nfProto, .equal, UInt64(family.rawValue))
      let field: Field = family == .ipv4 ? .ipv4Source : .ipv6Source
      if joined.allSatisfy({ $0.value == only }) {
        let union = IntervalSet<Bound>(
          joined.map { IntervalSet<Bound>.Interval($0.lower, $0.upper) })
        let set = addressSet(union, family)
        var matches = [familyMatch]
        if !union.isAll {
          matches.append(
            builder.addressMatch(
              set, family: family, side: .source, hint: name, at: first.span))
        }
        return builder.rule(
          matches + [.verdict(only)], comment: first.comment, at: first.span)
      }
      let map = builder.verdictMap(
        "\(name)-\(family == .ipv4 ? 4 : 6)", key: [field.dataType], isInterval: true,
        joined.map { Element([.range(UInt128($0.lower), UInt128($0.upper))], $0.value) },
        at: first.span)
      return builder.rule(
        [familyMatch, .verdictMap(Key(field), map: map)], comment: first.comment, at: first.span)
    }

    let table = GateTable(gate.allow, rows)
    let ipv4 = longestPrefixStretches(table.ipv4, nobody: AnswerSequences.nothing) {
      sequences.sequence(entries.ofEntry[Int($1)], before: $0)
    }
    let ipv6 = longestPrefixStretches(table.ipv6, nobody: AnswerSequences.nothing) {
      sequences.sequence(entries.ofEntry[Int($1)], before: $0)
    }
    return [rule(ipv4, .ipv4, &builder), rule(ipv6, .ipv6, &builder)].compactMap { $0 }
  }

  /// The one verdict of an answer that needs no rules; nil where it asks for the destination.
  private func direct(
    _ destinations: Destinations, _ relays: Verdict, _ stop: Verdict, _ builder: TableBuilder
  ) -> Verdict? {
    switch destinations {
    case .nowhere: stop
    case .relaysOnly: relays
    case .everywhere: .return
    case .to(let endpoint):
      endpoint.parts.count == 1 && endpoint.parts[0].addresses.isAny
        && !endpoint.readsZones(builder.policy) ? .return : nil
    }
  }

  private func addressSet<Bound>(_ set: IntervalSet<Bound>, _ family: AddressFamily) -> AddressSet {
    switch family {
    case .ipv4:
      AddressSet(
        ipv4: IntervalSet(
          canonical: set.intervals.map { .init(UInt32($0.lower), UInt32($0.upper)) }))
    case .ipv6:
      AddressSet(
        ipv6: IntervalSet(
          canonical: set.intervals.map { .init(UInt128($0.lower), UInt128($0.upper)) }))
    }
  }
}
