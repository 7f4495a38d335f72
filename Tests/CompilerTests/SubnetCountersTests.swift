import Compiler
import Diagnostics
import Lowering
import NetworkTypes
import Nftables
import PolicyAnalysis
import PolicyLanguage
import TestSupport
import Testing

/// What is stopped counts for the row of its source, and a table that counts otherwise is not used.
@Suite struct SubnetCountersTests {
  private static let head = """
    fwpolicy: 1
    name: p
    role: router
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: [eth1], networks: [198.51.100.0/24, 2001:db8:1::/48] }
    forward:
      - { allow: any, from: clients, to: internet }
    smtp-egress:
      clients: clients
      count: per-subnet
      subnets: rows.csv

    """
  private static let rows = """
    prefix,name,smtp,expires
    198.51.100.0/24,pool,relays-only,
    198.51.100.16/28,acme,allowed,2027-01-01
    198.51.100.20,infected,blocked,
    198.51.100.32/28,Müller & Söhne,blocked,
    2001:db8:1:7::/64,acme,blocked,

    """

  private func compiled(_ rows: String = SubnetCountersTests.rows) -> Compilation {
    compile("p.yaml", provider: MemoryProvider(["p.yaml": Self.head, "rows.csv": rows]))
  }

  private func parts() throws -> (LoweredPolicy, ResolvedPolicy) {
    let compilation = compiled()
    return (try #require(compilation.lowered), try #require(compilation.policy))
  }

  private func difference(
    _ change: (inout [Element]) -> Void
  ) throws -> MeaningProof.SubnetCounterDifference {
    var (lowered, policy) = try parts()
    let index = try #require(
      lowered.table.sets.firstIndex { $0.name == lowered.subnetCounterMaps[.ipv4] })
    guard case .tuples(var elements) = lowered.table.sets[index].elements else {
      throw CancellationError()
    }
    change(&elements)
    lowered.table.sets[index].elements = .tuples(elements)
    let proof = prove(lowered, of: policy)
    guard case .subnetCounterDiffers(let difference) = proof else {
      Issue.record("the proof does not notice")
      throw CancellationError()
    }
    #expect(proof.diagnostics(of: lowered, policy: policy).map(\.code.name) == ["meaning-differs"])
    return difference
  }

  @Test func everyRowHasACounterOfItsOwnAndAllAreReachedByOneLookUp() throws {
    let (lowered, _) = try parts()
    #expect(
      lowered.subnetCounters == [
        "subnet-pool-198.51.100.0-24", "subnet-acme-198.51.100.16-28",
        "subnet-infected-198.51.100.20-32",
        lowered.subnetCounters[3], "subnet-acme-2001_db8_1_7__-64",
      ])
    #expect(lowered.subnetCounters[3].hasPrefix("subnet-M__ller___S__hne-"))
    #expect(lowered.subnetCounters[3].hasSuffix("-198.51.100.32-28"))
    let lookUps = lowered.table.chains.flatMap(\.rules).flatMap(\.statements).filter {
      if case .counterMap = $0 { true } else { false }
    }
    #expect(lookUps.count == 2)
  }

  @Test func twoCountersThatAreSwappedAreNoticed() throws {
    let found = try difference { elements in
      // 198.51.100.20 lies inside acme's /28, which the map holds in two pieces.
      (elements[1].counter, elements[2].counter) = (elements[2].counter, elements[1].counter)
    }
    #expect(found.row?.name == "acme")
    #expect(found.address == 0xc633_6410)
    #expect(found.counter == "subnet-infected-198.51.100.20-32")
    // A packet that is really counted so, from there.
    let packet = try #require(found.example)
    #expect(packet.description.contains("198.51.100.16"))
    let decision = PolicyMeaning(of: try parts().1).decide(packet)
    #expect(decision.subnetCounter == .ipv4)
  }

  @Test func aSourceThatGoesToAnothersCounterIsNoticed() throws {
    let found = try difference { elements in
      // Of acme's /28 the first address counts for the pool.
      guard case .range(let lower, let upper)? = elements[0].key.first,
        case .range(let next, let end)? = elements[1].key.first
      else { return }
      elements[0].key = [.range(lower, upper + 1)]
      elements[1].key = [.range(next + 1, end)]
    }
    #expect(found.address == 0xc633_6410)
    #expect(found.counter == "subnet-pool-198.51.100.0-24")
  }

  /// A source that is not counted at all meets another outcome: that is the first part of the proof.
  @Test func aLostElementIsNoticed() throws {
    var (lowered, policy) = try parts()
    for index in lowered.table.sets.indices where lowered.table.sets[index].kind == .counterMap {
      guard case .tuples(let elements) = lowered.table.sets[index].elements else { continue }
      lowered.table.sets[index].elements = .tuples(Array(elements.dropLast()))
    }
    guard case .different(let example) = prove(lowered, of: policy) else {
      Issue.record("the proof does not notice")
      return
    }
    #expect(example.decision == PolicyMeaning(of: policy).decide(example.packet))
  }

  @Test func oneCounterForTwoRowsIsNoticed() throws {
    var (lowered, policy) = try parts()
    let shared = lowered.subnetCounters[2]
    for index in lowered.table.sets.indices where lowered.table.sets[index].kind == .counterMap {
      guard case .tuples(var elements) = lowered.table.sets[index].elements else { continue }
      for place in elements.indices where elements[place].counter == lowered.subnetCounters[3] {
        elements[place].counter = shared
      }
      lowered.table.sets[index].elements = .tuples(elements)
    }
    lowered.subnetCounters[3] = shared
    guard case .subnetCounterDiffers(let found) = prove(lowered, of: policy) else {
      Issue.record("the proof does not notice")
      return
    }
    #expect(found.address == 0xc633_6420)
  }

  /// Adding, removing or renaming a row, moving it, or giving it another answer, touches no other.
  @Test func noRowTouchesAnothersCounter() throws {
    let before = try parts().0.subnetCounters
    let other = compiled(
      """
      name,prefix,smtp,expires
      new,198.51.100.64/28,blocked,
      renamed,198.51.100.20,blocked,
      acme,198.51.100.16/28,relays-only,
      acme,2001:db8:1:7::/64,allowed,2030-01-01
      pool,198.51.100.0/24,relays-only,

      """)
    let after = try #require(other.lowered).subnetCounters
    #expect(after[2] == before[1])
    #expect(after[3] == before[4])
    #expect(after[4] == before[0])
    #expect(
      Set(after).subtracting(before) == [
        "subnet-new-198.51.100.64-28", "subnet-renamed-198.51.100.20-32",
      ])
  }

  @Test func rowsOfOnePrefixCountForTheFirst() throws {
    let compilation = compiled(
      "prefix,name,smtp\n198.51.100.0/28,a,blocked\n198.51.100.0/28,b,blocked\n")
    let lowered = try #require(compilation.lowered)
    #expect(lowered.subnetCounters == Array(repeating: "subnet-a-198.51.100.0-28", count: 2))
  }
}
