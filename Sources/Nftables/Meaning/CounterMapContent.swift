/// Which counter a counter map has for each value of its key: a function of one address.
///
/// Canonical: maps that answer alike are equal, however their elements are cut.
package struct CounterMapContent: Hashable, Sendable {
  /// The values from `lower` to `upper`, both included, in host byte order.
  package struct Run: Hashable, Sendable {
    package var lower: UInt128
    package var upper: UInt128
    package var counter: String

    package init(_ lower: UInt128, _ upper: UInt128, counter: String) {
      self.lower = lower
      self.upper = upper
      self.counter = counter
    }
  }

  /// Ascending and disjoint; of neighbours that touch the counters differ.
  package let runs: [Run]

  /// The function of runs that lie apart, in any order; nil where two overlap.
  ///
  /// n log n.
  package init?(_ runs: [Run]) {
    var sorted = runs
    if zip(runs, runs.dropFirst()).contains(where: { $0.lower > $1.lower }) {
      sorted.sort { $0.lower < $1.lower }
    }
    var merged: [Run] = []
    merged.reserveCapacity(sorted.count)
    for run in sorted {
      guard run.lower <= run.upper else { return nil }
      guard let last = merged.last else {
        merged.append(run)
        continue
      }
      if last.upper >= run.lower { return nil }
      if last.upper + 1 == run.lower, last.counter == run.counter {
        merged[merged.count - 1].upper = run.upper
      } else {
        merged.append(run)
      }
    }
    self.runs = merged
  }

  /// The counter of a value; nil where the map does not hold it.
  ///
  /// log n.
  package func counter(of value: UInt128) -> String? {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].upper < value { low = middle + 1 } else { high = middle }
    }
    return low < runs.count && runs[low].lower <= value ? runs[low].counter : nil
  }
}

extension RulesetMeaning {
  /// What a counter map answers.
  ///
  /// The meaning itself says only that a packet is counted through the map: told apart by counters, the
  /// outcomes of a hundred thousand rows would be as many.
  package static func content(
    ofCounterMap name: String, in table: Table
  ) throws(RulesetMeaningError) -> CounterMapContent {
    func fault(_ kind: RulesetMeaningError.Kind, _ origin: Origin) -> RulesetMeaningError {
      RulesetMeaningError(kind, name: name, origin: origin)
    }
    guard let map = table.sets.first(where: { $0.name == name }) else {
      throw fault(.missingSet(name), table.origin)
    }
    guard map.kind == .counterMap, map.key.count == 1, let type = map.key.first else {
      throw fault(.wrongSetKind(name), map.origin)
    }
    var runs: [CounterMapContent.Run] = []
    switch map.elements {
    case .none: break
    case .ipv4, .ipv6: throw fault(.badElement(name), map.origin)
    case .tuples(let elements):
      runs.reserveCapacity(elements.count)
      for element in elements {
        guard element.key.count == 1, case .range(let lower, let upper)? = element.key.first,
          let counter = element.counter, lower <= upper, upper <= type.largest,
          map.isInterval || lower == upper
        else { throw fault(.badElement(name), map.origin) }
        runs.append(CounterMapContent.Run(lower, upper, counter: counter))
      }
    }
    guard let content = CounterMapContent(runs) else {
      throw fault(.overlappingElements(name), map.origin)
    }
    return content
  }
}
