import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// The rules of one section: a list for each pair of zones, equal lists shared, reached by dispatch
/// on the interfaces.
struct SectionLowering {
  enum Section: String {
    case inbound
    case forward
    case outbound
  }

  /// A rule as one pair of zones sees it: which part of its `from` and `to` applies.
  private struct Seen: Hashable {
    let rule: Int
    let from: Int
    let to: Int
  }

  let section: Section
  let rules: [ResolvedRule]
  let span: SourceSpan

  /// The rules that stand for the section in its base chain.
  func lower(in builder: inout TableBuilder) -> [Rule] {
    var verdicts = RuleChains(section: section)
    let zoneIndices: [Int?] = builder.policy.zones.indices.map { $0 } + [nil]
    // Zones are told apart only on the sides that have an interface.
    let readsInput = section != .outbound && rules.contains { $0.from.readsZones(builder.policy) }
    let readsOutput = section != .inbound && rules.contains { $0.to.readsZones(builder.policy) }

    var lists: [[Seen]: [Rule]] = [:]
    var listChains: [[Seen]: Verdict] = [:]
    var listNumber = 0
    var outputChains: [[Verdict]: Verdict] = [:]

    /// The body of a list, made once.
    func body(_ seen: [Seen], hint: String, _ builder: inout TableBuilder) -> [Rule] {
      if let known = lists[seen] { return known }
      let made = block(seen, hint: hint, verdicts: &verdicts, in: &builder)
      lists[seen] = made
      return made
    }

    /// Where a dispatch sends packets of a list.
    func target(_ seen: [Seen], _ builder: inout TableBuilder) -> Verdict {
      if seen.isEmpty { return .return }
      if let known = listChains[seen] { return known }
      listNumber += 1
      let hint = "\(section.rawValue)-\(listNumber)"
      let name = builder.reserveChain("\(hint)-\(rules[seen[0].rule].name)")
      let rules = body(seen, hint: hint, &builder)
      builder.addChain(named: name, rules, at: span)
      listChains[seen] = .goto(name)
      return .goto(name)
    }

    /// The answer for one input zone: a list, or a chain that looks at the output interface.
    func answer(from zone: Int?, _ builder: inout TableBuilder) -> (seen: [Seen]?, verdict: Verdict)
    {
      let open = rules.indices.compactMap { rule in
        rules[rule].from.part(in: zone).map { (rule: rule, from: $0) }
      }
      func seen(to zone: Int?) -> [Seen] {
        open.compactMap { entry in
          rules[entry.rule].to.part(in: zone).map {
            Seen(rule: entry.rule, from: entry.from, to: $0)
          }
        }
      }
      let readsOutput = open.contains { rules[$0.rule].to.readsZones(builder.policy) }
      if !readsOutput { return (seen(to: nil), .return) }
      let targets = zoneIndices.map { target(seen(to: $0), &builder) }
      if let known = outputChains[targets] { return (nil, known) }
      let dispatch = ZoneDispatch(
        zones: builder.policy.zones, field: .outputInterface,
        verdicts: targets.dropLast(), others: targets.last ?? .return)
      if dispatch.isTrivial { return (nil, targets.last ?? .return) }
      let body = dispatch.rules(in: &builder, named: "to-zone-\(section.rawValue)", at: span)
      let verdict = Verdict.goto(
        builder.chain("\(section.rawValue)-to-zone", body, at: span))
      outputChains[targets] = verdict
      return (nil, verdict)
    }

    if !readsInput && !readsOutput {
      let seen = rules.indices.compactMap { rule -> Seen? in
        guard let from = rules[rule].from.part(in: nil), let to = rules[rule].to.part(in: nil)
        else { return nil }
        return Seen(rule: rule, from: from, to: to)
      }
      return body(seen, hint: section.rawValue, &builder)
    }
    if !readsInput {
      let only = answer(from: nil, &builder)
      if let seen = only.seen { return body(seen, hint: section.rawValue, &builder) }
      return only.verdict == .return
        ? [] : [builder.rule([.verdict(jump(only.verdict))], at: span)]
    }
    let targets = zoneIndices.map { zone -> Verdict in
      let answer = answer(from: zone, &builder)
      return answer.seen.map { target($0, &builder) } ?? answer.verdict
    }
    let dispatch = ZoneDispatch(
      zones: builder.policy.zones, field: .inputInterface, verdicts: targets.dropLast(),
      others: targets.last ?? .return)
    if dispatch.isTrivial {
      guard let last = targets.last, last != .return else { return [] }
      return [builder.rule([.verdict(jump(last))], at: span)]
    }
    let chain = builder.chain(
      "\(section.rawValue)-from-zone",
      dispatch.rules(in: &builder, named: "from-zone-\(section.rawValue)", at: span), at: span)
    return [builder.rule([.verdict(.jump(chain))], at: span)]
  }

  /// From a base chain a list is jumped to, so that what it leaves undecided meets the default.
  private func jump(_ verdict: Verdict) -> Verdict {
    if case .goto(let chain) = verdict { return .jump(chain) }
    return verdict
  }

  /// One list: runs of rules by the packet's own port and runs by the published port, in order.
  private func block(
    _ seen: [Seen], hint: String, verdicts: inout RuleChains, in builder: inout TableBuilder
  ) -> [Rule] {
    var result: [Rule] = []
    var index = 0
    var number = 0
    while index < seen.count {
      let published = rules[seen[index].rule].published != nil
      var entries: [BlockLowering.Entry] = []
      while index < seen.count, (rules[seen[index].rule].published != nil) == published {
        let rule = rules[seen[index].rule]
        entries.append(
          BlockLowering.Entry(
            service: rule.published ?? rule.service,
            item: item(seen[index], verdicts: &verdicts, in: &builder)))
        index += 1
        if let last = entries.last, last.service.isAny, last.item.isTotal {
          // Nothing gets past it.
          index = seen.count
        }
      }
      number += 1
      result += BlockLowering.rules(
        entries[...], matchesPublishedPort: published,
        hint: number == 1 ? hint : "\(hint)-\(number)", span: span, in: &builder)
    }
    return result
  }

  private func item(
    _ seen: Seen, verdicts: inout RuleChains, in builder: inout TableBuilder
  ) -> TailItem {
    let rule = rules[seen.rule]
    var guards: [Statement] = []
    if let users = rule.users {
      // Nobody at all: a match that no packet passes.
      switch users.count {
      case 0: guards.append(.compare(.l4Proto, .notEqual, 0))
      case 1: guards.append(.compare(.socketUser, .equal, UInt64(users[0])))
      default: guards.append(.compareAny(.socketUser, isNegated: false, users.map(UInt64.init)))
      }
    }
    if let expires = rule.expires {
      guards.append(.compare(.time, .less, UInt64(clamping: expires.seconds)))
    }
    return TailItem(
      source: rule.from.parts[seen.from].addresses,
      destination: rule.to.parts[seen.to].addresses,
      members: MemberMatch.all(of: rule.from.members, rule.to.members), guards: guards,
      verdict: verdicts.verdict(of: rule, in: &builder), name: rule.name,
      comment: builder.comment(
        rule.name, at: rule.span, ticket: rule.ticket, owner: rule.owner), span: rule.span)
  }
}

extension ResolvedEndpoint {
  /// The part that speaks of a zone (nil: interfaces of no zone), by index.
  fileprivate func part(in zone: Int?) -> Int? {
    parts.firstIndex { $0.zones.contains(zone) }
  }

  /// Whether its answer depends on the interface.
  func readsZones(_ policy: ResolvedPolicy) -> Bool {
    if parts.isEmpty { return false }
    return parts.count > 1 || !parts[0].zones.others
      || parts[0].zones.zones.count < policy.zones.count
  }
}
