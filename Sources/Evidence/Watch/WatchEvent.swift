package import Diagnostics
import NetworkTypes
package import PolicyLanguage

/// A logged packet with all that a policy knows about it.
package struct WatchEvent: Hashable, Sendable {
  package var packet: WatchedPacket
  package var origin: LogOrigin
  /// Who the source belongs to, and the destination.
  package var source: AddressSubject?
  package var destination: AddressSubject?
}

/// Joins logged packets with a policy: who logged them, and whose they are.
package struct WatchJoin: Sendable {
  package let sources: LogSources
  private let directory: AddressDirectory
  private var known: [PacketHeaders.Addresses: (AddressSubject?, AddressSubject?)] = [:]
  /// Pairs of addresses that are remembered at once.
  private static let capacity = 16_384

  /// - Parameter place: what a span of the policy is shown as.
  package init(of policy: ResolvedPolicy, place: (SourceSpan) -> Place) {
    sources = LogSources(of: policy, place: place)
    directory = AddressDirectory(of: policy, place: place)
  }

  package mutating func event(of packet: WatchedPacket) -> WatchEvent {
    let (source, destination) = packet.headers.map { subjects(of: $0.addresses) } ?? (nil, nil)
    return WatchEvent(
      packet: packet, origin: sources.origin(of: packet), source: source,
      destination: destination)
  }

  private mutating func subjects(
    of addresses: PacketHeaders.Addresses
  ) -> (AddressSubject?, AddressSubject?) {
    if let known = known[addresses] { return known }
    let found =
      switch addresses {
      case .ipv4(let source, let destination):
        (directory.subject(of: source), directory.subject(of: destination))
      case .ipv6(let source, let destination):
        (directory.subject(of: source), directory.subject(of: destination))
      }
    // Anybody may send from any address.
    if known.count >= Self.capacity { known = [:] }
    known[addresses] = found
    return found
  }
}
