package import Nftables

/// How the present table becomes another without being deleted: what goes and what stays.
///
/// What stays is not touched: named counters of the same name, sets that are filled at run time and
/// whose definition is the same, and base chains of the same hook, priority and policy, so that no
/// packet ever meets an empty one. Comments are no part of a definition; kept objects keep theirs.
package struct TableUpdate: Hashable, Sendable {
  package private(set) var keptCounters: Set<String> = []
  package private(set) var keptSets: Set<String> = []
  package private(set) var keptChains: Set<String> = []
  var removedSets: [String] = []
  var removedChains: [String] = []
  var removedObjects: [PresentTable.Object] = []
  /// Sets filled at run time that are in both tables and differ: their content starts afresh.
  package private(set) var restartedSets: [String] = []

  /// What to do with a present table; nil where it must be replaced as a whole.
  ///
  /// Linear in objects, sets and chains.
  package init?(from present: PresentTable, to table: Table) {
    // Nobody but a regular chain can carry the version.
    guard !present.hasFlowtables, table.chains.contains(where: { $0.base == nil }) else {
      return nil
    }
    let objects = Dictionary(
      table.objects.map { ($0.name, $0.kind) }, uniquingKeysWith: { first, _ in first })
    for object in present.objects {
      if object.type == ObjectType.counter, objects[object.name] == .counter {
        keptCounters.insert(object.name)
      } else {
        removedObjects.append(object)
      }
    }
    let sets = Dictionary(
      table.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let statements = table.elementStatements
    for set in present.sets {
      guard let wanted = sets[set.name], wanted.isFilledInForce else {
        removedSets.append(set.name)
        continue
      }
      if let definition = set.definition, definition == wanted.definition,
        let held = set.statements, held == statements[set.name] ?? []
      {
        keptSets.insert(set.name)
      } else {
        removedSets.append(set.name)
        restartedSets.append(set.name)
      }
    }
    let bases = Dictionary(
      table.chains.map { ($0.name, $0.base) }, uniquingKeysWith: { first, _ in first })
    for chain in present.chains {
      if let base = chain.base, bases[chain.name] == base {
        keptChains.insert(chain.name)
      } else {
        removedChains.append(chain.name)
      }
    }
  }

  func keeps(_ object: Object) -> Bool {
    object.kind == .counter && keptCounters.contains(object.name)
  }

  /// The table with its comment at its first regular chain, too: the kernel cannot change a table's.
  func marked(_ table: Table) -> Table {
    var table = table
    if let index = table.chains.firstIndex(where: { $0.base == nil }) {
      table.chains[index].comment = table.comment
    }
    return table
  }
}

extension NamedSet {
  /// Whether packets or the administrator fill it, so that its content is not the table's.
  package var isFilledInForce: Bool { isDynamic || isFilledAtRunTime }

  /// What it is, without what it holds and what is noted of it.
  var definition: NamedSet {
    var set = self
    set.elements = .none
    set.comment = nil
    set.origin = Origin(index: 0)
    return set
  }
}

extension Table {
  /// What rules give the elements that they add to a set, by the set's name.
  var elementStatements: [String: Set<ElementStatement>] {
    var found: [String: Set<ElementStatement>] = [:]
    for rule in chains.lazy.flatMap(\.rules) {
      for case .dynamicSet(_, _, let set, let statement) in rule.statements {
        found[set, default: []].insert(statement)
      }
    }
    return found
  }
}
