/// What the headers of an IP packet say of it, as far as its bytes reach.
///
/// RFC 791, RFC 8200, RFC 9293, RFC 768. Any bytes are safe to read: a length that they claim is
/// never believed beyond their end. Checksums are not looked at.
package struct PacketHeaders: Hashable, Sendable {
  /// Source and destination, always of one family.
  package enum Addresses: Hashable, Sendable {
    case ipv4(source: IPv4Address, destination: IPv4Address)
    case ipv6(source: IPv6Address, destination: IPv6Address)
  }

  package var addresses: Addresses
  /// Of IPv6 the one behind the extension headers, as far as they are there.
  package var ipProtocol: IPProtocol
  /// Host byte order; nil of a protocol without ports, and where the bytes end before them.
  package var sourcePort: UInt16?
  package var destinationPort: UInt16?
  /// Of protocol 1 over IPv4 and 58 over IPv6.
  package var icmpType: UInt8?
  package var icmpCode: UInt8?
  /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
  package var tcpFlags: UInt8?
  /// IPv4: time to live.
  package var hopLimit: UInt8
  /// Bytes of the whole packet, its header counted, as the header has it.
  package var length: Int
  /// Whether it is a fragment after the first, which has no ports.
  package var isLaterFragment = false

  /// From the network header on; nil where the bytes are no IP packet, or end within its fixed
  /// header.
  package init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    switch bytes.first.map({ $0 >> 4 }) {
    case 4: self.init(ipv4: bytes)
    case 6: self.init(ipv6: bytes)
    default: return nil
    }
  }

  private init?(ipv4 bytes: [UInt8]) {
    guard let source = bytes.network(UInt32.self, at: 12),
      let destination = bytes.network(UInt32.self, at: 16),
      let length = bytes.network(UInt16.self, at: 2),
      let fragment = bytes.network(UInt16.self, at: 6)
    else { return nil }
    // In words of four bytes; fewer than five are no header.
    let headerLength = Int(bytes[0] & 15) * 4
    if headerLength < 20 { return nil }
    addresses = .ipv4(
      source: IPv4Address(bits: source), destination: IPv4Address(bits: destination))
    self.length = Int(length)
    hopLimit = bytes[8]
    ipProtocol = IPProtocol(number: bytes[9])
    isLaterFragment = fragment & 0x1fff != 0
    if !isLaterFragment { readTransport(bytes, at: headerLength, icmp: .icmp) }
  }

  private init?(ipv6 bytes: [UInt8]) {
    guard let source = bytes.network(UInt128.self, at: 8),
      let destination = bytes.network(UInt128.self, at: 24),
      let length = bytes.network(UInt16.self, at: 4)
    else { return nil }
    addresses = .ipv6(
      source: IPv6Address(bits: source), destination: IPv6Address(bits: destination))
    self.length = 40 + Int(length)
    hopLimit = bytes[7]
    var next = bytes[6]
    var offset = 40
    // Every extension header takes at least eight bytes, so this ends.
    while let header = ExtensionHeader(next), bytes.indices.contains(offset + 1) {
      if header == .fragment {
        guard let fragment = bytes.network(UInt16.self, at: offset + 2) else { break }
        isLaterFragment = fragment >> 3 != 0
      }
      next = bytes[offset]
      offset += header.length(ofField: bytes[offset + 1])
      if isLaterFragment { break }
    }
    ipProtocol = IPProtocol(number: next)
    // Where the bytes end within the headers no transport header begins at `offset`.
    if !isLaterFragment { readTransport(bytes, at: offset, icmp: .icmpv6) }
  }

  private mutating func readTransport(_ bytes: [UInt8], at offset: Int, icmp: IPProtocol) {
    if ipProtocol.hasPorts {
      sourcePort = bytes.network(UInt16.self, at: offset)
      destinationPort = bytes.network(UInt16.self, at: offset + 2)
    }
    if ipProtocol == .tcp, bytes.indices.contains(offset + 13) { tcpFlags = bytes[offset + 13] }
    if ipProtocol == icmp, bytes.indices.contains(offset + 1) {
      icmpType = bytes[offset]
      icmpCode = bytes[offset + 1]
    }
  }

  /// A header of IPv6 that says what follows it and how long it is.
  private enum ExtensionHeader: UInt8 {
    case hopByHop = 0
    case routing = 43
    case fragment = 44
    case authentication = 51
    case destinationOptions = 60
    case mobility = 135

    init?(_ number: UInt8) { self.init(rawValue: number) }

    /// Bytes, by the header's second one.
    func length(ofField field: UInt8) -> Int {
      switch self {
      case .fragment: 8
      // RFC 4302 §2.2: in words of four bytes, less two.
      case .authentication: max(8, (Int(field) + 2) * 4)
      case .hopByHop, .routing, .destinationOptions, .mobility: (Int(field) + 1) * 8
      }
    }
  }
}

extension PacketHeaders.Addresses {
  package var family: AddressFamily {
    switch self {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }

  /// The source as text, and the destination.
  package var ends: (source: String, destination: String) {
    switch self {
    case .ipv4(let source, let destination): (source.description, destination.description)
    case .ipv6(let source, let destination): (source.description, destination.description)
    }
  }
}

extension [UInt8] {
  /// A number in network order; nil where the bytes end before it does.
  fileprivate func network<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number? {
    let size = Number.bitWidth / 8
    guard offset >= 0, count >= size, offset <= count - size else { return nil }
    return self[offset..<offset + size].reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }
}
