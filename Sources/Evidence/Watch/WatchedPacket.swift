package import NetworkTypes
import PolicyAnalysis
import PolicyLanguage

/// A packet that a log statement met, with the names that its interfaces had.
package struct WatchedPacket: Hashable, Sendable {
  /// nftables: the hook of the chain that logged it.
  package enum Hook: String, Hashable, Sendable {
    case prerouting
    case input
    case forward
    case output
    case postrouting
    case ingress
  }

  /// When it came, in microseconds since the epoch.
  package var microseconds: Int64
  package var group: UInt16
  package var prefix: String
  /// Nil where the kernel names one that is not known.
  package var hook: Hook?
  package var inputInterface: String?
  package var outputInterface: String?
  /// The frame's sender.
  package var hardwareAddress: [UInt8]?
  /// Who the sending socket belongs to.
  package var user: UInt32?
  /// Nil of what is no IP packet.
  package var headers: PacketHeaders?

  package init(microseconds: Int64, group: UInt16, prefix: String, headers: PacketHeaders?) {
    self.microseconds = microseconds
    self.group = group
    self.prefix = prefix
    self.headers = headers
  }
}

extension WatchedPacket {
  /// When it came, RFC 3339 in UTC.
  package var time: String { Self.time(microseconds) }

  /// A time in microseconds since the epoch, RFC 3339 in UTC.
  package static func time(_ microseconds: Int64) -> String {
    let seconds = (microseconds - (microseconds < 0 ? 999_999 : 0)) / 1_000_000
    let rest = String(microseconds - seconds * 1_000_000)
    var text = Timestamp(seconds: seconds).moment
    text.removeLast()
    return text + "." + String(repeating: "0", count: max(0, 6 - rest.utf8.count)) + rest + "Z"
  }

  /// `tcp 198.51.100.7:40000 -> 203.0.113.9:25`.
  package var flow: String {
    guard let headers else { return "no IP packet" }
    let ends = headers.addresses.ends
    var name = headers.ipProtocol.name ?? "proto/\(headers.ipProtocol.number)"
    if let type = headers.icmpType { name += "/\(type)" }
    if headers.isLaterFragment { name += " fragment" }
    return name + " " + headers.end(ends.source, headers.sourcePort) + " -> "
      + headers.end(ends.destination, headers.destinationPort)
  }

  /// `in bng1 out eth0`, as far as it is known.
  package var interfaces: String {
    [
      inputInterface.map { "in \($0)" }, outputInterface.map { "out \($0)" },
    ].compactMap { $0 }.joined(separator: " ")
  }

  /// The packet as a policy sees it, as a new connection's first; nil where it is none that a policy
  /// speaks of.
  var asNew: Packet? {
    guard let headers, let path else { return nil }
    let addresses: Packet.Addresses =
      switch headers.addresses {
      case .ipv4(let source, let destination): .ipv4(source: source, destination: destination)
      case .ipv6(let source, let destination): .ipv6(source: source, destination: destination)
      }
    var packet = Packet(
      path: path, inputInterface: inputInterface, outputInterface: outputInterface,
      addresses: addresses, ipProtocol: headers.ipProtocol)
    packet.sourcePort = headers.sourcePort
    packet.destinationPort = headers.destinationPort
    packet.icmpType = headers.icmpType
    packet.icmpCode = headers.icmpCode
    packet.hopLimit = headers.hopLimit
    packet.socketUser = user
    packet.time = Timestamp(seconds: microseconds / 1_000_000)
    return packet
  }

  private var path: Packet.Path? {
    switch hook {
    case .input: .inbound
    case .forward: .forward
    case .output: .outbound
    case .prerouting, .postrouting, .ingress, nil: nil
    }
  }
}

extension PacketHeaders {
  /// An end of a packet, as `192.0.2.1:25` or `[2001:db8::1]:25`.
  fileprivate func end(_ address: String, _ port: UInt16?) -> String {
    guard let port else { return address }
    return addresses.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
