import Nftables
import TestSupport
import Testing

@testable import Kernel

/// A table that was loaded is read back as it was.
@Suite struct TableDumpTests {
  @Test func everyShapeIsReadBackAfterNetlink() throws {
    let namespace = try NetworkNamespace()
    let read = try namespace.enter { () throws -> KernelTable? in
      let transport = try NetlinkSocket()
      _ = try KernelTransaction().replace(table: EveryShape.table, transport: transport)
      return try Dump.table(named: "t", transport)
    }
    try Self.expectEqual(try #require(read).table, EveryShape.table)
  }

  @Test func everyShapeIsReadBackAfterText() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: EveryShape.text)
    let read = try namespace.enter { try Dump.table(named: "t", NetlinkSocket()) }
    try Self.expectEqual(try #require(read).table, EveryShape.table)
  }

  static func expectEqual(_ read: Table, _ written: Table) throws {
    let (read, written) = (read.keptByTheKernel, written.keptByTheKernel)
    #expect(read.objects == written.objects)
    #expect(read.sets.map(\.name) == written.sets.map(\.name))
    for (one, other) in zip(read.sets, written.sets) { #expect(one == other) }
    #expect(read.chains.map(\.name) == written.chains.map(\.name))
    for (one, other) in zip(read.chains, written.chains) {
      #expect(one.rules.count == other.rules.count)
      for (rule, its) in zip(one.rules, other.rules) { #expect(rule == its) }
    }
    #expect(read == written)
  }
}
