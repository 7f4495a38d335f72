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
    var answerVerdicts: [Int: Verdict] = [:]

    func place(ofAnswer answer: Int, _ builder: TableBuilder) -> Place {
      self.place(of: entries.firsts[answer], others: entries.counts[answer] - 1, in: builder)
    }

    /// The rules of an answer without its end.
    func rules(of answer: Int, _ builder: inout TableBuilder) -> [Rule] {
      let place = place(ofAnswer: answer, builder)
      let destinations = entries.answers[answer].destinations
      if let direct = direct(destinations, relays, stop, builder) {
        return [builder.rule([.verdict(direct)], comment: place.comment, at: place.span)]
      }
      guard case .to(let endpoint) = destinations else { return [] }
      return builder.destinationRules(
        endpoint, matched: .return, otherwise: relays, hint: "\(hint)-to",
        comment: place.comment, at: place.span)
    }

    func verdict(ofAnswer answer: Int, _ builder: inout TableBuilder) -> Verdict {
      if let known = answerVerdicts[answer] { return known }
      let verdict =
        direct(entries.answers[answer].destinations, relays, stop, builder)
        ?? .goto(
          builder.chain(
            name, rules(of: answer, &builder), at: place(ofAnswer: answer, builder).span))
      answerVerdicts[answer] = verdict
      return verdict
    }

    /// The verdict for a source that gets a sequence of answers.
    ///
    /// Ends are asked from the last to the first in one chain, so that the kernel's limit of nested
    /// chains does not bound how prefixes nest.
    func verdict(_ sequence: Int, _ builder: inout TableBuilder) -> Verdict {
      if let known = verdicts[sequence] { return known }
      var answers: [Int] = []
      var step = sequence
      while step >= 0 {
        answers.append(sequences.steps[step].answer)
        step = sequences.steps[step].next
      }
      // What the source gets behind the end that is looked at.
      var after = relays
      var ends: [Rule] = []
      for (position, answer) in answers.enumerated().reversed() {
        let (destinations, expires) = (
          entries.answers[answer].destinations, entries.answers[answer].expires
        )
        let own = direct(destinations, relays, stop, builder)
        // An end that changes nothing is not asked.
        if let expires, own != after {
          let place = place(ofAnswer: answer, builder)
          ends.append(
            builder.rule(
              [
                .compare(.time, .greaterOrEqual, UInt64(clamping: expires.seconds)),
                .verdict(after),
              ], comment: place.comment, at: place.span))
        }
        if position > 0 { after = own ?? verdict(ofAnswer: answer, &builder) }
      }
      let made: Verdict
      if ends.isEmpty {
        made = verdict(ofAnswer: answers[0], &builder)
      } else {
        let chain = builder.chain(
          name, ends + rules(of: answers[0], &builder),
          at: place(ofAnswer: answers[0], builder).span)
        made = .goto(chain)
      }
      verdicts[sequence] = made
      return made
    }

    let first = self.place(
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
