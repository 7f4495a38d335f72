import Kernel
import Nftables

/// What dynamic networks hold whose sets are made anew, for the sets that take their place.
///
/// Entries keep their tickets and the time that they still stay. Only what the kernel lists can go on
/// so: what packets fill changes without a word.
struct CarriedContent {
  private(set) var changes: [SetChange] = []
  /// Sets that start empty though the present table has one of that name.
  private(set) var lost: [String] = []

  /// Reads what goes on; from then on the reading is of it, too.
  ///
  /// - Parameter names: of the sets that are made anew; nil for all of the table's.
  init(
    of names: [String]? = nil, into table: Table, _ reading: inout RulesetReading,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) {
    let wanted = table.sets.filter {
      $0.isFilledInForce && names?.contains($0.name) ?? true
    }
    if wanted.isEmpty { return }
    let present = try Dump.setsFilledInForce(
      ofTable: table.name, isReading: true, transport)
    let networks = wanted.filter { set in
      set.isNetwork && present.contains { $0.isNetwork && $0.name == set.name && $0.key == set.key }
    }
    reading.include(Set(networks.map(\.name)))
    for set in wanted where present.contains(where: { $0.name == set.name }) {
      let content =
        networks.contains { $0.name == set.name }
        ? try Dump.content(of: set, inTable: table.name, transport) : nil
      guard let content, content.count <= set.size.map(Int.init) ?? .max else {
        lost.append(set.name)
        continue
      }
      if content.isEmpty { continue }
      var change = SetChange(table: table.name, set: set)
      change.added = content
      changes.append(change)
    }
  }
}

extension NamedSet {
  /// Whether it holds what the administrator says is in a network.
  fileprivate var isNetwork: Bool {
    isFilledAtRunTime && isInterval && (key == [.ipv4Address] || key == [.ipv6Address])
  }
}
