import Lowering
package import NetworkTypes
import Nftables
package import PolicyAnalysis
package import PolicyLanguage

/// The second part of the proof about what is counted for each row of the inventory.
///
/// The counter that a packet adds to is a function of its source alone, in the policy (the longest row
/// that holds it) and in the table (the answer of a counter map). A hundred thousand counters told
/// apart by the outcomes of packets would make as many functions of packets. So the outcome says only
/// *that* a packet is counted by a map of a name, which is compared for every packet; and here, for
/// every source, that the map answers with the counter of the row. Together that is the whole: the
/// counter of a packet is determined by whether it is counted, by which map, and by its source, and in
/// each of the three both sides agree. That no two rows share a counter is part of it: otherwise equal
/// names would not be equal rows.
struct SubnetCounters {
  let lowered: LoweredPolicy
  private let subnets: [Subnet]

  init(_ lowered: LoweredPolicy, of policy: ResolvedPolicy) {
    self.lowered = lowered
    let gate = policy.smtpEgress
    subnets = gate?.countsPerSubnet == true ? gate?.subnets ?? [] : []
  }

  /// The first source, IPv4 before IPv6, that a map leads to another counter than its row's.
  ///
  /// n log n in the rows and elements; throws where a map has no meaning.
  var firstDifference: MeaningProof.SubnetCounterDifference? {
    get throws(RulesetMeaningError) {
      if subnets.isEmpty { return nil }
      let counting = CountingSubnets(of: subnets)
      var isKnown = [Bool](repeating: false, count: subnets.count)
      var known = Set<String>(minimumCapacity: subnets.count)
      for family in AddressFamily.allCases {
        guard let name = lowered.subnetCounterMaps[family] else { continue }
        let content = try RulesetMeaning.content(ofCounterMap: name, in: lowered.table)
        let runs = counting.runs(of: family)
        for run in runs where !isKnown[run.row] {
          isKnown[run.row] = true
          guard let counter = counterName(run.row), known.insert(counter).inserted else {
            return difference(family, at: run.lower, runs, content)
          }
        }
        if let address = firstDifference(runs, content.runs) {
          return difference(family, at: address, runs, content)
        }
      }
      return nil
    }
  }

  /// The first address about which two functions differ; each is the one list of runs that it has.
  private func firstDifference(
    _ said: [CountingSubnets.Run], _ done: [CounterMapContent.Run]
  ) -> UInt128? {
    for (wanted, found) in zip(said, done) {
      if wanted.lower != found.lower { return min(wanted.lower, found.lower) }
      if counterName(wanted.row) != found.counter { return wanted.lower }
      // One of them goes on where the other has ended.
      if wanted.upper != found.upper { return min(wanted.upper, found.upper) + 1 }
    }
    if said.count > done.count { return said[done.count].lower }
    return done.count > said.count ? done[said.count].lower : nil
  }

  private func difference(
    _ family: AddressFamily, at address: UInt128, _ runs: [CountingSubnets.Run],
    _ content: CounterMapContent
  ) -> MeaningProof.SubnetCounterDifference {
    let row = runs.first { $0.lower <= address && address <= $0.upper }?.row
    return .init(
      family: family, address: address, row: row.map { subnets[$0] },
      counter: content.counter(of: address), expected: row.flatMap { counterName($0) })
  }

  private func counterName(_ row: Int) -> String? {
    lowered.subnetCounters.indices.contains(row) ? lowered.subnetCounters[row] : nil
  }
}

extension MeaningProof {
  /// A source that is counted for somebody else.
  package struct SubnetCounterDifference: Sendable {
    package var family: AddressFamily
    package var address: UInt128
    /// The row that it should count for; nil where it is in none.
    package var row: Subnet?
    /// What the map answers; nil where it does not hold the source.
    package var counter: String?
    /// The counter of the row.
    package var expected: String?
    /// A packet that is counted so; nil where none from there is counted.
    package var example: Packet?

    func with(example: Packet?) -> SubnetCounterDifference {
      var result = self
      result.example = example
      return result
    }
  }
}
