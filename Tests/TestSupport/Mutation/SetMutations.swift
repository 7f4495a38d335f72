import NetworkTypes
import Nftables

extension TableMutation {
  /// Edits of what sets and maps hold.
  static let sets = [
    TableMutation("an interval's end off by one") { table, generator in
      editIntervals(&table, &generator, IntervalEdit(shift: true))
    },
    TableMutation("an interval lost") { table, generator in
      editIntervals(&table, &generator, IntervalEdit(shift: false))
    },
    element("an element's end off by one") { element, generator in
      guard let index = element.key.indices.randomElement(using: &generator),
        case .range(var lower, var upper) = element.key[index]
      else { return nil }
      switch Int.random(in: 0..<4, using: &generator) {
      case 0 where lower > 0: lower -= 1
      case 1 where lower < upper: lower += 1
      case 2 where upper > lower: upper -= 1
      default: upper &+= 1
      }
      guard lower <= upper else { return nil }
      var edited = element
      edited.key[index] = .range(lower, upper)
      return edited
    },
    TableMutation("an element lost") { table, generator in
      let sets = table.sets.indices.filter { table.sets[$0].tuples.count > 1 }
      guard let set = sets.randomElement(using: &generator) else { return nil }
      var elements = table.sets[set].tuples
      guard let index = elements.indices.randomElement(using: &generator) else { return nil }
      let removed = elements.remove(at: index)
      table.sets[set].elements = .tuples(elements)
      return "\(table.sets[set].name): \(removed)"
    },
    TableMutation("an element that was not there") { table, generator in
      let sets = table.sets.indices.filter { !table.sets[$0].tuples.isEmpty }
      guard let set = sets.randomElement(using: &generator) else { return nil }
      var elements = table.sets[set].tuples
      guard var added = elements.randomElement(using: &generator),
        let index = added.key.indices.randomElement(using: &generator),
        case .range(_, let upper) = added.key[index]
      else { return nil }
      added.key[index] = .value(upper &+ 1)
      elements.append(added)
      table.sets[set].elements = .tuples(elements)
      return "\(table.sets[set].name): \(added)"
    },
    TableMutation("a family's set emptied") { table, generator in
      let sets = table.sets.indices.filter {
        !table.sets[$0].isDynamic && table.sets[$0].isOfOneFamily
      }
      guard let set = sets.randomElement(using: &generator) else { return nil }
      table.sets[set].elements = .none
      return table.sets[set].name
    },
  ]

  private struct IntervalEdit {
    /// Whether an end moves by one; else the interval goes.
    var shift: Bool

    func apply<Bound>(
      to set: IntervalSet<Bound>, _ generator: inout SeededGenerator
    ) -> (IntervalSet<Bound>, String)? {
      var intervals = set.intervals
      guard let index = intervals.indices.randomElement(using: &generator) else { return nil }
      let old = intervals[index]
      guard shift else {
        guard intervals.count > 1 else { return nil }
        intervals.remove(at: index)
        return (IntervalSet(intervals), "\(old) lost")
      }
      var lower = old.lower
      var upper = old.upper
      switch Int.random(in: 0..<4, using: &generator) {
      case 0 where lower > 0: lower -= 1
      case 1 where lower < upper: lower += 1
      case 2 where upper > lower: upper -= 1
      default: if upper < .max { upper += 1 } else { return nil }
      }
      intervals[index] = .init(lower, upper)
      return (IntervalSet(intervals), "\(old) -> \(intervals[index])")
    }
  }

  private static func editIntervals(
    _ table: inout Table, _ generator: inout SeededGenerator, _ edit: IntervalEdit
  ) -> String? {
    let sets = table.sets.indices.filter {
      switch table.sets[$0].elements {
      case .ipv4, .ipv6: true
      case .none, .tuples: false
      }
    }
    guard let set = sets.randomElement(using: &generator) else { return nil }
    let text: String
    switch table.sets[set].elements {
    case .ipv4(let intervals):
      guard let (new, what) = edit.apply(to: intervals, &generator) else { return nil }
      table.sets[set].elements = .ipv4(new)
      text = what
    case .ipv6(let intervals):
      guard let (new, what) = edit.apply(to: intervals, &generator) else { return nil }
      table.sets[set].elements = .ipv6(new)
      text = what
    case .none, .tuples: return nil
    }
    return "\(table.sets[set].name): \(text)"
  }
}

extension NamedSet {
  fileprivate var tuples: [Element] {
    if case .tuples(let elements) = elements { elements } else { [] }
  }

  fileprivate var isOfOneFamily: Bool {
    kind == .set && (key.contains(.ipv4Address) || key.contains(.ipv6Address)) && !elements.isEmpty
  }
}
