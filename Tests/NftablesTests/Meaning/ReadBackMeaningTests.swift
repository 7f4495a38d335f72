import Kernel
import Nftables
import PacketSpace
import TestSupport
import Testing

/// Random tables that the kernel holds are read back with the same meaning.
@Suite struct ReadBackMeaningTests {
  @Test func randomTablesAreReadBack() throws {
    var generator = SeededGenerator(label: "read back")
    let namespace = try NetworkNamespace()
    var loaded = 0
    try namespace.enter {
      let transport = try NetlinkSocket()
      for _ in 0..<60 {
        var random = RandomTable(seed: generator.next())
        let table = random.make()
        do throws(NetlinkError) {
          _ = try KernelTransaction().replace(table: table, transport: transport)
        } catch .rejected {
          // The kernel allows some statements at some hooks only.
          continue
        }
        loaded += 1
        let read = try #require(try Dump.table(named: table.name, transport)).table
        #expect(read.keptByTheKernel == table.keptByTheKernel)
        let arena = PacketArena()
        let possible = try arena.possiblePackets(
          interfaces: MeaningProbe.interfaces, limiters: MeaningProbe.perSource,
          networks: MeaningProbe.networks)
        var numbering = Numbering<Outcome?>()
        let meanings = try [read, table].map {
          try RulesetMeaning(
            of: $0, in: arena, interfaces: MeaningProbe.interfaces, possible: possible,
            limiter: MeaningProbe.limiter, network: MeaningProbe.network, numbering: &numbering
          ).diagram
        }
        #expect(meanings[0] == meanings[1])
      }
    }
    #expect(loaded > 40)
  }
}
