package import Nftables

/// A way to spoil a table by one small edit, as a slip in the compiler might.
package struct TableMutation: Sendable {
  /// For reports: what it does, in a few words.
  package let name: String
  /// Edits the table and says where and how; nil where there is nothing of its kind to edit.
  package let apply: @Sendable (inout Table, inout SeededGenerator) -> String?

  init(
    _ name: String, _ apply: @escaping @Sendable (inout Table, inout SeededGenerator) -> String?
  ) {
    self.name = name
    self.apply = apply
  }

  /// Every operator: of verdicts, of comparisons, of sets and of whole rules.
  package static let all = rules + verdicts + comparisons + sets
}

extension TableMutation {
  /// An edit of one statement of any rule: `edit` answers nil for statements that it is not for.
  static func statement(
    _ name: String, _ edit: @escaping @Sendable (Statement, inout SeededGenerator) -> Statement?
  ) -> TableMutation {
    TableMutation(name) { table, generator in
      var edits: [(place: StatementPlace, old: Statement, new: Statement)] = []
      for place in table.statementPlaces {
        let old = table[place]
        if let new = edit(old, &generator), new != old { edits.append((place, old, new)) }
      }
      guard let chosen = edits.randomElement(using: &generator) else { return nil }
      table[chosen.place] = chosen.new
      return "\(table.text(of: chosen.place)): \(chosen.old) -> \(chosen.new)"
    }
  }

  /// An edit of one element of any set or map of tuples; nil for elements that it is not for.
  static func element(
    _ name: String, _ edit: @escaping @Sendable (Element, inout SeededGenerator) -> Element?
  ) -> TableMutation {
    TableMutation(name) { table, generator in
      var edits: [(set: Int, index: Int, old: Element, new: Element)] = []
      for (number, set) in table.sets.enumerated() {
        guard case .tuples(let elements) = set.elements else { continue }
        for (index, old) in elements.enumerated() {
          if let new = edit(old, &generator), new != old {
            edits.append((number, index, old, new))
          }
        }
      }
      guard let chosen = edits.randomElement(using: &generator),
        case .tuples(var elements) = table.sets[chosen.set].elements
      else { return nil }
      elements[chosen.index] = chosen.new
      table.sets[chosen.set].elements = .tuples(elements)
      return "\(table.sets[chosen.set].name): \(chosen.old) -> \(chosen.new)"
    }
  }
}

/// Where a statement stands in a table.
struct StatementPlace {
  var chain: Int
  var rule: Int
  var statement: Int
}

extension Table {
  var statementPlaces: [StatementPlace] {
    chains.indices.flatMap { chain in
      chains[chain].rules.indices.flatMap { rule in
        chains[chain].rules[rule].statements.indices.map {
          StatementPlace(chain: chain, rule: rule, statement: $0)
        }
      }
    }
  }

  subscript(place: StatementPlace) -> Statement {
    get { chains[place.chain].rules[place.rule].statements[place.statement] }
    set { chains[place.chain].rules[place.rule].statements[place.statement] = newValue }
  }

  func text(of place: StatementPlace) -> String {
    "\(chains[place.chain].name) rule \(place.rule) statement \(place.statement)"
  }
}
