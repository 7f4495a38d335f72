import NetworkTypes

/// One interval of a map under construction.
package struct MappedInterval<
  Bound: FixedWidthInteger & UnsignedInteger & Sendable, Value: Equatable
> {
  package var lower: Bound
  package var upper: Bound
  package var value: Value
}

/// Resolves overlaps: of several layers, the first that holds a value decides it.
///
/// The result is sorted and disjoint; neighbours with equal values are joined. O(n log n) in the
/// number of intervals of all layers.
func firstLayerWins<Bound, Value>(
  _ layers: [(set: IntervalSet<Bound>, value: Value)]
) -> [MappedInterval<Bound, Value>] {
  var starts: [LayerInterval<Bound>] = []
  starts.reserveCapacity(layers.reduce(0) { $0 + $1.set.intervals.count })
  for (index, layer) in layers.enumerated() {
    for interval in layer.set.intervals {
      starts.append(LayerInterval(lower: interval.lower, upper: interval.upper, layer: index))
    }
  }
  if layers.count > 1 { starts.sort { ($0.lower, $0.layer) < ($1.lower, $1.layer) } }

  var result: [MappedInterval<Bound, Value>] = []
  func emit(_ lower: Bound, _ upper: Bound, _ layer: Int) {
    let value = layers[layer].value
    if let last = result.last, last.upper != .max, last.upper + 1 == lower, last.value == value {
      result[result.count - 1].upper = upper
    } else {
      result.append(MappedInterval(lower: lower, upper: upper, value: value))
    }
  }

  // The open intervals, as a binary heap with the smallest layer on top; ended ones are dropped
  // when they surface.
  var open = LayerHeap<Bound>()
  var position = Bound.min
  var next = 0
  while next < starts.count || !open.isEmpty {
    if open.isEmpty { position = starts[next].lower }
    while next < starts.count, starts[next].lower == position {
      open.insert(layer: starts[next].layer, upper: starts[next].upper)
      next += 1
    }
    while let top = open.top, top.upper < position { open.removeTop() }
    guard let top = open.top else { continue }
    var upper = top.upper
    if next < starts.count { upper = min(upper, starts[next].lower - 1) }
    emit(position, upper, top.layer)
    if upper == .max { break }
    position = upper + 1
    while let top = open.top, top.upper < position { open.removeTop() }
  }
  return result
}

private struct LayerInterval<Bound: FixedWidthInteger & UnsignedInteger & Sendable> {
  let lower: Bound
  let upper: Bound
  let layer: Int
}

/// Open intervals, the smallest layer on top.
private struct LayerHeap<Bound: FixedWidthInteger & UnsignedInteger & Sendable> {
  private var items: [(layer: Int, upper: Bound)] = []

  var isEmpty: Bool { items.isEmpty }
  var top: (layer: Int, upper: Bound)? { items.first }

  mutating func insert(layer: Int, upper: Bound) {
    items.append((layer, upper))
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if items[parent].layer <= items[child].layer { break }
      items.swapAt(parent, child)
      child = parent
    }
  }

  mutating func removeTop() {
    let last = items.removeLast()
    if items.isEmpty { return }
    items[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
        if items[child].layer < items[smallest].layer { smallest = child }
      }
      if smallest == parent { return }
      items.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
