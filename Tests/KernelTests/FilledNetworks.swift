import Lowering
import NetworkTypes
import Nftables
import PolicyAnalysis
import TestSupport

/// Networks of a ruleset in force that have been filled at random, as an abuse desk would.
///
/// What is in them is unknown to the policy's meaning: a packet must say so of itself.
struct FilledNetworks {
  private var content: [String: AddressSet] = [:]

  /// Adds up to four prefixes of those that policies speak of to each network, by `nft`.
  init(
    of lowered: LoweredPolicy, in lab: PacketLab, using generator: inout SeededGenerator
  ) throws {
    for (name, sets) in lowered.dynamicSets.sorted(by: { $0.key < $1.key }) {
      var held = AddressSet()
      for text in RandomPolicyText.prefixes.shuffled(using: &generator).prefix(4) {
        let literal = try parseAddressLiteral(text)
        // The kernel's elements never overlap.
        guard held.intersection(literal.addresses).isEmpty else { continue }
        held = held.union(literal.addresses)
        let set = literal.family == .ipv4 ? sets.ipv4 : sets.ipv6
        try lab.machine.run(
          ["nft", "add", "element", "inet", lowered.table.name, set, "{ \(text) }"])
      }
      content[name] = held
    }
  }

  /// The same packet, with the networks that its ends are in now.
  func placing(_ packet: Packet) -> Packet {
    let (source, destination) =
      switch packet.addresses {
      case .ipv4(let source, let destination): (holding(source.bits), holding(destination.bits))
      case .ipv6(let source, let destination): (holding(source.bits), holding(destination.bits))
      }
    var packet = packet
    packet.sourceNetworks = source
    packet.destinationNetworks = destination
    return packet
  }

  private func holding(_ address: UInt32) -> Set<String> {
    Set(content.filter { $0.value.ipv4.contains(address) }.keys)
  }

  private func holding(_ address: UInt128) -> Set<String> {
    Set(content.filter { $0.value.ipv6.contains(address) }.keys)
  }
}
