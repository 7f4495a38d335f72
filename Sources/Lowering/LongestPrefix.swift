package import NetworkTypes

/// A longest-prefix table, overlaps resolved: for each stretch of addresses, what all prefixes that
/// hold it come to.
///
/// `add` takes what the shorter prefixes come to, beginning with `nobody`, and the value of the next
/// longer one. Stretches are sorted and disjoint; neighbours that come to the same are joined, and
/// addresses in no prefix are in no stretch. Linear in the entries, `add` being called once for
/// each; a block that is left of a short prefix, inside a longer one, takes a call for each block
/// around it too.
package func longestPrefixStretches<Bound, Sum: Equatable>(
  _ table: LongestPrefixTable<Bound>, nobody: Sum, add: (Sum, UInt32) -> Sum
) -> [MappedInterval<Bound, Sum>] {
  var result: [MappedInterval<Bound, Sum>] = []
  var open: [OpenEntry<Bound, Sum>] = []
  var position = Bound.min

  func emit(upTo upper: Bound) {
    guard let sum = open.last?.sum, position <= upper else { return }
    if let last = result.last, last.upper != .max, last.upper + 1 == position, last.value == sum {
      result[result.count - 1].upper = upper
    } else {
      result.append(MappedInterval(lower: position, upper: upper, value: sum))
    }
  }
  /// Ends every open block that ends before `lower`; all of them where it is nil.
  func close(before lower: Bound?) {
    while let top = open.last, lower.map({ top.upper < $0 }) ?? true {
      emit(upTo: top.upper)
      open.removeLast()
      if top.upper == .max {
        // Nothing lies behind: whatever is open ends here as well.
        open.removeAll()
        return
      }
      position = max(position, top.upper + 1)
    }
  }
  for entry in table.entries {
    let block = entry.prefix.block
    close(before: block.lower)
    if !open.isEmpty, block.lower > position { emit(upTo: block.lower - 1) }
    position = block.lower
    var opened = OpenEntry(
      upper: block.upper, length: entry.prefix.length, value: entry.value, sum: nobody,
      longest: entry.prefix.length)
    if let top = open.last, top.longest > opened.length {
      // A small block that is left of a short prefix, inside a longer prefix.
      opened.longest = top.longest
      let byLength = (open.map { ($0.length, $0.value) } + [(opened.length, opened.value)])
        .sorted { $0 < $1 }
      opened.sum = byLength.reduce(nobody) { add($0, $1.1) }
    } else {
      opened.sum = add(open.last?.sum ?? nobody, opened.value)
      // One prefix many times over is one block.
      if let top = open.last, top.length == opened.length, top.sum == opened.sum { continue }
    }
    open.append(opened)
  }
  close(before: nil)
  return result
}

/// A block that holds the address in hand.
private struct OpenEntry<Bound, Sum> {
  let upper: Bound
  /// As written.
  let length: UInt8
  let value: UInt32
  /// What it and all blocks around it come to.
  var sum: Sum
  /// The longest written length among it and the blocks around it.
  var longest: UInt8
}
