import Compiler
import Foundation
import Kernel
import Lowering
import Nftables
import PolicyAnalysis
import TestSupport
import Testing

/// What was loaded is read back from the kernel as the table that was committed, and means the same.
@Suite struct ReadBackTests {
  @Test(arguments: PolicyCase.all)
  func committedTablesAreReadBack(_ policyCase: PolicyCase) throws {
    let compiled = try CompiledPolicy(policyCase)
    let namespace = try NetworkNamespace()
    let read = try namespace.enter { () throws -> KernelTable? in
      let transport = try NetlinkSocket()
      _ = try KernelTransaction().replace(table: compiled.lowered.table, transport: transport)
      return try Dump.table(named: compiled.lowered.table.name, transport)
    }
    try Self.expectEqual(try #require(read).table, compiled.lowered.table)
  }

  @Test(arguments: PolicyCase.all)
  func tablesLoadedAsTextAreReadBack(_ policyCase: PolicyCase) throws {
    let compiled = try CompiledPolicy(policyCase)
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: compiled.product(.nft))
    let read = try namespace.enter {
      try Dump.table(named: compiled.lowered.table.name, NetlinkSocket())
    }
    try Self.expectEqual(try #require(read).table, compiled.lowered.table)
  }

  private static func expectEqual(_ read: Table, _ written: Table) throws {
    let (read, written) = (read.keptByTheKernel, written.keptByTheKernel)
    #expect(read.objects == written.objects)
    for (one, other) in zip(read.sets, written.sets) { #expect(one == other) }
    for (one, other) in zip(read.chains, written.chains) {
      for (rule, its) in zip(one.rules, other.rules) { #expect(rule == its) }
    }
    #expect(read == written)
  }
}
