package import Lowering
package import Nftables
import PacketSpace
package import PolicyAnalysis
import PolicyLanguage

extension LoweredPolicy {
  /// What a record of the table's is called in outcomes: the policy's word where it is the policy's.
  ///
  /// Of an IPv4 source the address is recorded, of an IPv6 source its /64.
  package func recordName(_ place: RecordPlace) -> String {
    guard let offenderSets, case .record(let name) = Outcome.Effect.offender else {
      return "\(place)"
    }
    return place == RecordPlace(set: offenderSets.ipv4, .source, prefixLength: 32)
      || place == RecordPlace(set: offenderSets.ipv6, .source, prefixLength: 64)
      ? name : "\(place)"
  }

  /// The numbers of the networks whose members the table's sets hold.
  package func network(_ numbers: LimiterNumbers) -> (String) -> Int? {
    var found: [String: Int] = [:]
    for (name, sets) in dynamicSets {
      guard let number = numbers.network(name) else { continue }
      found[sets.ipv4] = number
      found[sets.ipv6] = number
    }
    return { found[$0] }
  }

  /// What of the sets that are filled while the policy is in force the meanings do not speak of: how
  /// long an element stays, and how many there can be.
  func firstSetDifference(from policy: ResolvedPolicy) -> MeaningProof.SetDifference? {
    let sets = Dictionary(
      table.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    func difference(
      _ name: String, _ type: DataType, isDynamic: Bool, keepSeconds: UInt64?, capacity: UInt32
    ) -> MeaningProof.SetDifference? {
      guard let set = sets[name] else { return .init(set: name, origin: table.origin) }
      let isRight =
        set.kind == .set && set.key == [type] && set.isDynamic == isDynamic
        && set.isInterval != isDynamic && set.hasTimeouts && set.timeoutSeconds == keepSeconds
        && set.size == capacity && set.elements.isEmpty
      return isRight ? nil : .init(set: name, origin: set.origin)
    }
    if let offenders = policy.smtpEgress?.offenders, let names = offenderSets {
      // Only an update keeps an element for as long after its last packet as after its first.
      for rule in table.chains.lazy.flatMap(\.rules) {
        for case .dynamicSet(.add, _, let set, .counter) in rule.statements {
          return .init(set: set, origin: rule.origin)
        }
      }
      for (name, type) in [(names.ipv4, DataType.ipv4Address), (names.ipv6, .ipv6Address)] {
        if let found = difference(
          name, type, isDynamic: true, keepSeconds: offenders.keepSeconds,
          capacity: offenders.capacity)
        {
          return found
        }
      }
    }
    for network in policy.dynamicNetworks {
      let names = dynamicSets[network.name.value]
      for (name, type) in [(names?.ipv4, DataType.ipv4Address), (names?.ipv6, .ipv6Address)] {
        if let found = difference(
          name ?? network.name.value, type, isDynamic: false, keepSeconds: network.keepSeconds,
          capacity: network.capacity)
        {
          return found
        }
      }
    }
    return nil
  }
}
