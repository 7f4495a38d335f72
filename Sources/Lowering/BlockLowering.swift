import Diagnostics
import NetworkTypes
import Nftables
import PolicyLanguage

/// A first-match list of rules of one pair of zones, as look-ups by service with short tails.
///
/// Each region of the service space has the list of rules that speak of it. A region whose first
/// rule takes everything is an element with a bare verdict; other lists become chains of their own,
/// shared by all regions that have the same list. Lists that read only one address melt further, into
/// one concatenated map of service and address.
struct BlockLowering {
  /// A list is hoisted into a concatenated map only while it has at most this many addresses.
  static let maximumHoisted = 512

  /// A rule in a block: its service, and the item that it is once the service has matched.
  struct Entry {
    var service: ServiceSet
    var item: TailItem
  }

  /// What the packets of a region do.
  private enum Outcome: Hashable {
    case nothing
    case verdict(Verdict)
  }

  /// The lists of a block may have this many rules for each of its entries, and `freeListed` more.
  static let maximumListed = 16
  static let freeListed = 2048

  private let entries: [Entry]
  private let partition: ServicePartition
  private let hint: String
  private let span: SourceSpan
  /// Whether `ct original proto-dst` takes the place of the packet's own port.
  private let matchesPublishedPort: Bool
  private var chains: [[Int]: Verdict] = [:]

  private init(_ entries: [Entry], matchesPublishedPort: Bool, hint: String, span: SourceSpan) {
    self.entries = entries
    self.hint = hint
    self.span = span
    self.matchesPublishedPort = matchesPublishedPort
    partition = ServicePartition(entries.map(\.service)) { entries[$0].item.isTotal }
  }

  /// The rules of a list of entries.
  ///
  /// One block where it can be. Services that overlap all over, each with addresses of its own, give
  /// every region another long list; then the first half of the entries is a block before that of the
  /// second, and so on, which a packet hardly notices: it meets fewer rules of a list in each.
  static func rules(
    _ entries: ArraySlice<Entry>, matchesPublishedPort: Bool, hint: String, span: SourceSpan,
    in builder: inout TableBuilder
  ) -> [Rule] {
    var block = BlockLowering(
      Array(entries), matchesPublishedPort: matchesPublishedPort, hint: hint, span: span)
    if block.listedRules <= maximumListed * entries.count + freeListed {
      return block.rules(in: &builder)
    }
    let middle = (entries.startIndex + entries.endIndex) / 2
    return rules(
      entries[..<middle], matchesPublishedPort: matchesPublishedPort, hint: hint, span: span,
      in: &builder)
      + rules(
        entries[middle...], matchesPublishedPort: matchesPublishedPort, hint: hint, span: span,
        in: &builder)
  }

  /// How many rules the lists of all regions have, each list counted once.
  private var listedRules: Int {
    let lists =
      partition.ports.map(\.rules) + partition.icmp.map(\.rules) + partition.icmpv6.map(\.rules)
      + partition.protocols.map(\.rules)
    return Set(lists).reduce(0) { $0 + $1.count }
  }

  private mutating func rules(in builder: inout TableBuilder) -> [Rule] {
    var rules = portRules(in: &builder)
    rules += icmpRules(partition.icmp, family: .ipv4, in: &builder)
    rules += icmpRules(partition.icmpv6, family: .ipv6, in: &builder)
    rules += protocolRules(in: &builder)
    rules += TailLowering.rules(partition.rest.map { entries[$0].item }, in: &builder, hint: hint)
    return rules
  }

  // MARK: Ports

  private mutating func portRules(in builder: inout TableBuilder) -> [Rule] {
    if partition.ports.isEmpty { return [] }
    var hoisted: [Side: [ServicePartition.PortRegion]] = [:]
    var plain: [ServicePartition.PortRegion] = []
    for region in partition.ports {
      if let side = hoistableSide(region.rules) {
        hoisted[side, default: []].append(region)
      } else {
        plain.append(region)
      }
    }
    for side in [Side.source, .destination] {
      // One list alone is better off as a chain with named sets.
      let regions = hoisted[side, default: []]
      if Set(regions.map(\.rules)).count < 2 {
        plain += regions
        hoisted[side] = nil
      }
    }
    plain.sort { ($0.ipProtocol, $0.lower) < ($1.ipProtocol, $1.lower) }

    var rules: [Rule] = []
    let elements: [(region: ServicePartition.PortRegion, verdict: Verdict)] = plain.map {
      ($0, verdict(for: $0.rules, in: &builder))
    }
    if matchesPublishedPort {
      rules += publishedRules(elements, in: &builder)
    } else if elements.count == 1, let only = elements.first,
      only.region.lower == only.region.upper, let field = portField(only.region.ipProtocol)
    {
      rules.append(
        builder.rule(
          [
            .compare(.l4Proto, .equal, UInt64(only.region.ipProtocol.number)),
            .compare(field, .equal, UInt64(only.region.lower)), .verdict(only.verdict),
          ], comment: comment(of: [only.region.rules]), at: span(of: only.region.rules)))
    } else if !elements.isEmpty {
      let key = Key(.l4Proto, .transportDestinationPort)
      let map = builder.verdictMap(
        "svc-\(hint)", key: key.parts.map(\.field.dataType), isInterval: true,
        elements.map { element in
          Element(
            [
              .value(element.region.ipProtocol.number),
              .range(UInt128(element.region.lower), UInt128(element.region.upper)),
            ], element.verdict)
        }, at: span)
      rules.append(
        builder.rule(
          [.verdictMap(key, map: map)], comment: comment(of: elements.map(\.region.rules)),
          at: span(of: elements[0].region.rules)))
    }
    for side in [Side.source, .destination] {
      rules += hoistedRules(hoisted[side, default: []], side: side, in: &builder)
    }
    return rules
  }

  /// One map per protocol, because nft has no concatenation with `ct original proto-dst`.
  ///
  /// What conntrack does not follow was never translated: the port that it carries is the port that
  /// was dialled.
  private func publishedRules(
    _ elements: [(region: ServicePartition.PortRegion, verdict: Verdict)],
    in builder: inout TableBuilder
  ) -> [Rule] {
    let byProtocol = Dictionary(grouping: elements) { $0.region.ipProtocol }
    return byProtocol.sorted { $0.key < $1.key }.flatMap { ipProtocol, elements in
      let map = builder.verdictMap(
        "published-\(hint)-\(ipProtocol.number)", key: [.inetService], isInterval: true,
        elements.map {
          Element([.range(UInt128($0.region.lower), UInt128($0.region.upper))], $0.verdict)
        }, at: span)
      let transport = Statement.compare(.l4Proto, .equal, UInt64(ipProtocol.number))
      let comment = comment(of: elements.map(\.region.rules))
      let place = self.span(of: elements[0].region.rules)
      return [
        builder.rule(
          [transport, .verdictMap(Key(.originalDestinationPort), map: map)], comment: comment,
          at: place),
        builder.rule(
          [
            .ctState([.invalid, .untracked]), transport,
            .verdictMap(Key(portField(ipProtocol) ?? .transportDestinationPort), map: map),
          ], comment: comment, at: place),
      ]
    }
  }

  /// The field for a rule that has matched the protocol already.
  private func portField(_ ipProtocol: IPProtocol) -> Field? {
    switch ipProtocol {
    case .tcp: .tcpDestinationPort
    case .udp: .udpDestinationPort
    default: nil
    }
  }

  /// The one side that all rules of a list read, where their addresses are few enough to be repeated
  /// for every service.
  private func hoistableSide(_ rules: [Int]) -> Side? {
    if matchesPublishedPort { return nil }
    var side: Side?
    var count = 0
    for rule in rules {
      let item = entries[rule].item
      guard !item.isGuarded else { return nil }
      let own: Side
      switch (item.source.isAny, item.destination.isAny) {
      case (false, true): own = .source
      case (true, false): own = .destination
      case (true, true), (false, false): return nil
      }
      if side != nil, side != own { return nil }
      side = own
      let set = own == .source ? item.source : item.destination
      if set.ipv4.isAll || set.ipv6.isAll { return nil }
      count += set.ipv4.intervals.count + set.ipv6.intervals.count
      if count > Self.maximumHoisted { return nil }
    }
    return side
  }

  /// `meta l4proto . th dport . ip saddr vmap @map`, one rule per family.
  private func hoistedRules(
    _ regions: [ServicePartition.PortRegion], side: Side, in builder: inout TableBuilder
  ) -> [Rule] {
    if regions.isEmpty { return [] }
    var elements4: [Element] = []
    var elements6: [Element] = []
    for region in regions {
      let items = region.rules.map { entries[$0].item }
      let sets = items.map { side == .source ? $0.source : $0.destination }
      let service: [ElementField] = [
        .value(region.ipProtocol.number), .range(UInt128(region.lower), UInt128(region.upper)),
      ]
      for interval in firstLayerWins(zip(sets, items).map { ($0.ipv4, $1.verdict) }) {
        elements4.append(
          Element(
            service + [.range(UInt128(interval.lower), UInt128(interval.upper))], interval.value))
      }
      for interval in firstLayerWins(zip(sets, items).map { ($0.ipv6, $1.verdict) }) {
        elements6.append(
          Element(service + [.range(interval.lower, interval.upper)], interval.value))
      }
    }
    var rules: [Rule] = []
    for (elements, family) in [(elements4, AddressFamily.ipv4), (elements6, .ipv6)]
    where !elements.isEmpty {
      let key = Key(
        .l4Proto, .transportDestinationPort, family == .ipv4 ? side.field4 : side.field6)
      let map = builder.verdictMap(
        "svc-\(hint)-\(side.word)-\(family == .ipv4 ? 4 : 6)",
        key: key.parts.map(\.field.dataType), isInterval: true, elements, at: span)
      rules.append(
        builder.rule(
          [
            .compare(.nfProto, .equal, UInt64(family.rawValue)), .verdictMap(key, map: map),
          ], comment: comment(of: regions.map(\.rules)), at: span(of: regions[0].rules)))
    }
    return rules
  }

  // MARK: ICMP and whole protocols

  private mutating func icmpRules(
    _ regions: [ServicePartition.ICMPRegion], family: AddressFamily, in builder: inout TableBuilder
  ) -> [Rule] {
    if regions.isEmpty { return [] }
    let ipProtocol = family == .ipv4 ? IPProtocol.icmp : .icmpv6
    let typeField = family == .ipv4 ? Field.icmpType : .icmpv6Type
    let codeField = family == .ipv4 ? Field.icmpCode : .icmpv6Code
    let head: [Statement] = [
      .compare(.nfProto, .equal, UInt64(family.rawValue)),
      .compare(.l4Proto, .equal, UInt64(ipProtocol.number)),
    ]
    var boxes: [(types: ClosedRange<UInt16>, codes: ClosedRange<UInt16>, verdict: Verdict)] = []
    for region in regions {
      let verdict = verdict(for: region.rules, in: &builder)
      for box in typeAndCodeBoxes(region.lower, region.upper) {
        boxes.append((box.types, box.codes, verdict))
      }
    }
    let comment = comment(of: regions.map(\.rules))
    let place = span(of: regions[0].rules)
    let readsCode = boxes.contains { $0.codes != 0...255 }
    if boxes.count == 1, !readsCode, boxes[0].types.count == 1 {
      return [
        builder.rule(
          head + [
            .compare(typeField, .equal, UInt64(boxes[0].types.lowerBound)),
            .verdict(boxes[0].verdict),
          ], comment: comment, at: place)
      ]
    }
    let key = readsCode ? Key(typeField, codeField) : Key(typeField)
    let map = builder.verdictMap(
      "icmp-\(hint)-\(family == .ipv4 ? 4 : 6)", key: key.parts.map(\.field.dataType),
      isInterval: true,
      boxes.map { box in
        let types = ElementField.range(
          UInt128(box.types.lowerBound), UInt128(box.types.upperBound))
        let codes = ElementField.range(
          UInt128(box.codes.lowerBound), UInt128(box.codes.upperBound))
        return Element(readsCode ? [types, codes] : [types], box.verdict)
      }, at: span)
    return [builder.rule(head + [.verdictMap(key, map: map)], comment: comment, at: place)]
  }

  private mutating func protocolRules(in builder: inout TableBuilder) -> [Rule] {
    let elements = partition.protocols.filter { !$0.rules.isEmpty || !partition.rest.isEmpty }.map {
      ($0, $0.rules.isEmpty ? Verdict.return : verdict(for: $0.rules, in: &builder))
    }
    guard let first = elements.first else { return [] }
    let comment = comment(of: elements.map(\.0.rules))
    let place = span(of: first.0.rules)
    if elements.count == 1 {
      return [
        builder.rule(
          [
            .compare(.l4Proto, .equal, UInt64(first.0.ipProtocol.number)), .verdict(first.1),
          ], comment: comment, at: place)
      ]
    }
    let map = builder.verdictMap(
      "proto-\(hint)", key: [.inetProto], isInterval: false,
      elements.map { Element([.value($0.0.ipProtocol.number)], $0.1) }, at: span)
    return [
      builder.rule([.verdictMap(Key(.l4Proto), map: map)], comment: comment, at: place)
    ]
  }

  // MARK: Lists

  /// What an element of a map says for a list: the verdict of a rule that takes everything, or a jump
  /// to the list's own chain.
  private mutating func verdict(for rules: [Int], in builder: inout TableBuilder) -> Verdict {
    if let first = rules.first, entries[first].item.isTotal { return entries[first].item.verdict }
    if let known = chains[rules] { return known }
    let items = rules.map { entries[$0].item }
    let name = "list-\(hint)-\(items[0].name)"
    let body = TailLowering.rules(items, in: &builder, hint: "\(hint)-\(items[0].name)")
    let verdict = Verdict.jump(builder.chain(name, body, at: items[0].span))
    chains[rules] = verdict
    return verdict
  }

  private func comment(of lists: [[Int]]) -> String? {
    let rules = Set(lists.joined()).sorted()
    return rules.isEmpty ? nil : TailLowering.merged(rules.map { entries[$0].item })
  }

  private func span(of rules: [Int]) -> SourceSpan {
    rules.first.map { entries[$0].item.span } ?? span
  }
}

/// An interval of `type << 8 | code` as rectangles of types and codes.
private func typeAndCodeBoxes(
  _ lower: UInt16, _ upper: UInt16
) -> [(types: ClosedRange<UInt16>, codes: ClosedRange<UInt16>)] {
  let (firstType, firstCode) = (lower >> 8, lower & 0xFF)
  let (lastType, lastCode) = (upper >> 8, upper & 0xFF)
  if firstType == lastType { return [(firstType...firstType, firstCode...lastCode)] }
  var boxes: [(types: ClosedRange<UInt16>, codes: ClosedRange<UInt16>)] = []
  var fullFrom = firstType
  var fullTo = lastType
  if firstCode != 0 {
    boxes.append((firstType...firstType, firstCode...255))
    fullFrom += 1
  }
  if lastCode != 255 { fullTo -= 1 }
  if fullFrom <= fullTo { boxes.append((fullFrom...fullTo, 0...255)) }
  if lastCode != 255 { boxes.append((lastType...lastType, 0...lastCode)) }
  return boxes
}
