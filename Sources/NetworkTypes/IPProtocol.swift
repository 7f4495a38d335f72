/// An assigned Internet protocol number.
///
/// IANA protocol-numbers; IPv6 next-header for IPv6.
package struct IPProtocol: Hashable, Comparable, Sendable {
  package let number: UInt8

  package init(number: UInt8) { self.number = number }

  package static let icmp = IPProtocol(number: 1)
  package static let igmp = IPProtocol(number: 2)
  package static let tcp = IPProtocol(number: 6)
  package static let udp = IPProtocol(number: 17)
  package static let gre = IPProtocol(number: 47)
  package static let esp = IPProtocol(number: 50)
  package static let ah = IPProtocol(number: 51)
  package static let icmpv6 = IPProtocol(number: 58)
  package static let sctp = IPProtocol(number: 132)
  package static let dccp = IPProtocol(number: 33)
  package static let udplite = IPProtocol(number: 136)

  /// Whether its header begins with a source and a destination port, 16 bits each.
  package var hasPorts: Bool {
    switch self {
    case .tcp, .udp, .sctp, .dccp, .udplite: true
    default: false
    }
  }

  package static func < (a: IPProtocol, b: IPProtocol) -> Bool { a.number < b.number }
}
