extension PacketArena {
  /// The composition of functions in their order by an associative rule, as `combine` makes it of two.
  ///
  /// Neighbours are composed first, then neighbouring results: n functions cost n log n where one
  /// after another they would cost n². Nil for no functions.
  package func fold(
    _ diagrams: [Diagram], by rule: (Diagram, Diagram) -> Diagram?
  ) throws(PacketSpaceError) -> Diagram? {
    memo.removeAll()
    var row = diagrams
    while row.count > 1 {
      var count = 0
      for index in stride(from: 0, to: row.count - 1, by: 2) {
        // Rules have services in common: what is known of a pair stays known while it is near.
        if memo.count > Self.memoKeptInFold { memo.removeAll() }
        row[count] = try start(row[index], row[index + 1], rule)
        count += 1
      }
      if row.count % 2 == 1 {
        row[count] = row[row.count - 1]
        count += 1
      }
      row.removeSubrange(count...)
    }
    return row.first
  }

  /// As many answers as a processor's cache holds.
  private static let memoKeptInFold = 1 << 14
}
