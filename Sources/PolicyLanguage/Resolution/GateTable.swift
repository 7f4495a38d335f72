package import NetworkTypes

/// Who decides for a source: an `allow` entry, or a row of the inventory, by index.
package enum GateEntry: Hashable, Sendable {
  case allow(Int)
  case subnet(Int)
}

/// The gate's one longest-prefix table: which `allow` entry or row decides for a source.
package struct GateTable: Sendable {
  /// Values are those of `entry(_:)`, `allow` entries before rows.
  package let ipv4: LongestPrefixTable<UInt32>
  package let ipv6: LongestPrefixTable<UInt128>
  private let allowCount: Int

  /// O(n log n) in all prefixes; O(n) where they are sorted.
  package init(_ exceptions: [ResolvedSMTPEgress.Allow], _ subnets: [Subnet] = []) {
    allowCount = exceptions.count
    var ipv4: [LongestPrefixTable<UInt32>.Entry] = []
    var ipv6: [LongestPrefixTable<UInt128>.Entry] = []
    ipv4.reserveCapacity(
      subnets.count + exceptions.reduce(0) { $0 + $1.from.ipv4.prefixes.count })
    for (index, exception) in exceptions.enumerated() {
      let value = UInt32(truncatingIfNeeded: index)
      for prefix in exception.from.ipv4.prefixes { ipv4.append(.init(prefix, value)) }
      for prefix in exception.from.ipv6.prefixes { ipv6.append(.init(prefix, value)) }
    }
    for (index, subnet) in subnets.enumerated() {
      let value = UInt32(truncatingIfNeeded: exceptions.count + index)
      switch subnet.prefix {
      case .ipv4(let prefix): ipv4.append(.init(WrittenPrefix(prefix), value))
      case .ipv6(let prefix): ipv6.append(.init(WrittenPrefix(prefix), value))
      }
    }
    self.ipv4 = LongestPrefixTable(ipv4)
    self.ipv6 = LongestPrefixTable(ipv6)
  }

  /// What a value of the tables stands for.
  package func entry(_ value: UInt32) -> GateEntry {
    let index = Int(value)
    return index < allowCount ? .allow(index) : .subnet(index - allowCount)
  }
}
