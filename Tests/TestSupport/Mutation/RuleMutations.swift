import Nftables

extension TableMutation {
  /// Edits of whole rules.
  static let rules = [
    TableMutation("drop a rule") { table, generator in
      guard let (chain, rule) = table.anyRule(using: &generator) else { return nil }
      let removed = table.chains[chain].rules.remove(at: rule)
      return "\(table.chains[chain].name) rule \(rule): \(removed.statements)"
    },
    TableMutation("swap two adjacent rules") { table, generator in
      guard
        let (chain, rule) = table.anyRule(using: &generator, where: { $1 + 1 < $0.rules.count })
      else { return nil }
      table.chains[chain].rules.swapAt(rule, rule + 1)
      return "\(table.chains[chain].name) rules \(rule) and \(rule + 1)"
    },
    TableMutation("drop a statement") { table, generator in
      guard
        let place = table.statementPlaces.filter({
          table.chains[$0.chain].rules[$0.rule].statements.count > 1
        }).randomElement(using: &generator)
      else { return nil }
      let text = "\(table.text(of: place)): \(table[place])"
      table.chains[place.chain].rules[place.rule].statements.remove(at: place.statement)
      return text
    },
    TableMutation("lose a family's rule") { table, generator in
      guard
        let (chain, rule) = table.anyRule(
          using: &generator, where: { $0.rules[$1].statements.contains(where: \.isOfOneFamily) })
      else { return nil }
      let removed = table.chains[chain].rules.remove(at: rule)
      return "\(table.chains[chain].name) rule \(rule): \(removed.statements)"
    },
    TableMutation("flip a base chain's policy") { table, generator in
      let bases = table.chains.indices.filter { table.chains[$0].base != nil }
      guard let chain = bases.randomElement(using: &generator),
        let policy = table.chains[chain].base?.policy
      else { return nil }
      table.chains[chain].base?.policy = policy == .drop ? .accept : .drop
      return table.chains[chain].name
    },
  ]
}

extension Table {
  fileprivate func anyRule(
    using generator: inout SeededGenerator, where isWanted: (Chain, Int) -> Bool = { _, _ in true }
  ) -> (chain: Int, rule: Int)? {
    chains.indices.flatMap { chain in
      chains[chain].rules.indices.filter { isWanted(chains[chain], $0) }.map { (chain, $0) }
    }.randomElement(using: &generator)
  }
}

extension Statement {
  fileprivate var isOfOneFamily: Bool {
    switch self {
    case .compare(let field, _, _), .compareAny(let field, _, _),
      .comparePrefix(let field, _, _):
      field.isOfOneFamily
    case .lookup(let key, _, _), .verdictMap(let key, _), .counterMap(let key, _):
      key.parts.contains { $0.field.isOfOneFamily }
    default: false
    }
  }
}

extension Field {
  fileprivate var isOfOneFamily: Bool {
    switch self {
    case .nfProto, .ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination, .ipv6HopLimit,
      .icmpType, .icmpCode, .icmpv6Type, .icmpv6Code:
      true
    default: false
    }
  }
}
