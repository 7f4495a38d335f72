import NetworkTypes
import Nftables
import PolicyLanguage

/// A counter for each row of the gate's inventory, reached by one look-up of the source.
extension GateLowering {
  /// Rules that count what is stopped, one for each family that has rows.
  ///
  /// Each is a rule of its own before the verdict, because a source that the map does not hold ends
  /// the rule.
  func counterRules(in builder: inout TableBuilder) -> [Rule] {
    guard path == .forward, gate.countsPerSubnet, !gate.subnets.isEmpty else { return [] }
    let place = gate.subnetsSpan ?? gate.keySpan
    let table = GateTable([], gate.subnets)
    // Of rows with one prefix the first counts.
    var counting = Array(gate.subnets.indices)
    func share<Bound>(_ table: LongestPrefixTable<Bound>) {
      for (before, entry) in zip(table.entries, table.entries.dropFirst())
      where before.prefix == entry.prefix {
        counting[Int(entry.value)] = counting[Int(before.value)]
      }
    }
    share(table.ipv4)
    share(table.ipv6)
    var names: [String] = []
    names.reserveCapacity(counting.count)
    builder.reserveRowCounters(counting.count)
    for (index, row) in gate.subnets.enumerated() {
      names.append(
        counting[index] < index
          ? names[counting[index]]
          : builder.rowCounter(row.counterName, at: row.span))
    }
    builder.subnetCounters = names

    func rule<Bound>(
      _ stretches: [MappedInterval<Bound, Int>], _ family: AddressFamily, _ field: Field
    ) -> Rule? {
      if stretches.isEmpty { return nil }
      let map = builder.counterMap(
        "subnet-counters-\(family == .ipv4 ? 4 : 6)", key: [field.dataType],
        stretches.map {
          Element(
            [.range(UInt128($0.lower), UInt128($0.upper))], counter: names[$0.value])
        }, at: place)
      builder.subnetCounterMaps[family] = map
      return builder.rule(
        [
          .compare(.nfProto, .equal, UInt64(family.rawValue)), .counterMap(Key(field), map: map),
        ], comment: builder.comment("subnets", at: place), at: place)
    }
    let ipv4 = longestPrefixStretches(table.ipv4, nobody: -1) { counting[Int($1)] }
    let ipv6 = longestPrefixStretches(table.ipv6, nobody: -1) { counting[Int($1)] }
    return [rule(ipv4, .ipv4, .ipv4Source), rule(ipv6, .ipv6, .ipv6Source)].compactMap { $0 }
  }
}

extension Subnet {
  /// What its counter is called: a function of its name and prefix, so that other rows, its place, its
  /// answer and its dates may change and its counter stays.
  ///
  /// No two prefixes have one name: a prefix is written with other marks, which no other prefix is
  /// written with. What of a name is not legal is told apart by a hash of it.
  fileprivate var counterName: String {
    let written =
      switch prefix {
      case .ipv4(let prefix): prefix.description
      case .ipv6(let prefix): prefix.description
      }
    let head: StaticString = "subnet-"
    let legal = NameTable.legal(
      name, upTo: NameTable.maximumLength - head.utf8CodeUnitCount - 1 - written.utf8.count)
    let length = head.utf8CodeUnitCount + legal.utf8.count + 1 + written.utf8.count
    return String(unsafeUninitializedCapacity: length) { buffer in
      var count = 0
      func append(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
      }
      head.withUTF8Buffer { $0.forEach(append) }
      legal.utf8.forEach(append)
      append(UInt8(ascii: "-"))
      for byte in written.utf8 {
        switch byte {
        case UInt8(ascii: ":"): append(UInt8(ascii: "_"))
        case UInt8(ascii: "/"): append(UInt8(ascii: "-"))
        default: append(byte)
        }
      }
      return count
    }
  }
}
