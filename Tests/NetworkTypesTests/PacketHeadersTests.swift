import NetworkTypes
import TestSupport
import Testing

/// Headers are read from whole packets, and from as much of them as there is.
@Suite struct PacketHeadersTests {
  /// As the kernel logged it: a SYN from 198.51.100.7 to port 25 of 203.0.113.9.
  static let tcp4 = bytes(
    "4500003c817940003f0653fec6336407cb007109cbb40019b7df514200000000a002faf066730000"
      + "020405b40402080a42c98a9c000000000103030a")
  /// From 2001:db8:b::7 to 2001:db8:9::1: `next` is what follows the fixed header.
  static func ipv6(_ next: UInt8, _ rest: [UInt8]) -> [UInt8] {
    [0x60, 0, 0, 0] + [0, UInt8(rest.count), next, 61]
      + bytes("20010db8000b00000000000000000007") + bytes("20010db8000900000000000000000001")
      + rest
  }
  private static let source6 = IPv6Address("2001:db8:b::7")
  private static let ports: [UInt8] = [0x9c, 0x40, 0, 25]

  static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
  }

  @Test func aSYNIsRead() throws {
    let headers = try #require(PacketHeaders(Self.tcp4))
    #expect(headers.addresses.ends == ("198.51.100.7", "203.0.113.9"))
    #expect(headers.ipProtocol == .tcp)
    #expect(headers.sourcePort == 52148)
    #expect(headers.destinationPort == 25)
    #expect(headers.tcpFlags == 2)
    #expect(headers.hopLimit == 63)
    #expect(headers.length == 60)
    #expect(!headers.isLaterFragment)
  }

  @Test func optionsOfIPv4AreSteppedOver() throws {
    var packet = Self.tcp4
    packet[0] = 0x46
    packet.insert(contentsOf: [1, 1, 1, 0], at: 20)
    #expect(PacketHeaders(packet)?.destinationPort == 25)
  }

  @Test func aLaterFragmentHasNoPorts() throws {
    var packet = Self.tcp4
    packet[7] = 1
    let headers = try #require(PacketHeaders(packet))
    #expect(headers.isLaterFragment)
    #expect(headers.destinationPort == nil)
    #expect(headers.tcpFlags == nil)
    // The flag "more fragments" alone is the first one's.
    packet[6] = 0x20
    packet[7] = 0
    #expect(PacketHeaders(packet)?.destinationPort == 25)
    let later = Self.ipv6(44, [6, 0, 0, 8, 0, 0, 0, 1] + Self.ports)
    #expect(PacketHeaders(later)?.isLaterFragment == true)
    #expect(PacketHeaders(later)?.ipProtocol == .tcp)
    #expect(PacketHeaders(later)?.destinationPort == nil)
    let first = Self.ipv6(44, [6, 0, 0, 1, 0, 0, 0, 1] + Self.ports)
    #expect(PacketHeaders(first)?.isLaterFragment == false)
    #expect(PacketHeaders(first)?.destinationPort == 25)
  }

  /// RFC 8200 §4.1: in any order, each with its own measure of length.
  @Test func extensionHeadersAreSteppedOver() {
    let extensions: [UInt8] =
      [43, 1] + [UInt8](repeating: 0, count: 14)  // hop-by-hop, sixteen bytes
      + [51, 0] + [UInt8](repeating: 0, count: 6)  // routing
      + [60, 2] + [UInt8](repeating: 0, count: 14)  // authentication, in words of four
      + [17, 0] + [UInt8](repeating: 0, count: 6)  // destination options
    let headers = PacketHeaders(Self.ipv6(0, extensions + Self.ports))
    #expect(headers?.ipProtocol == .udp)
    #expect(headers?.sourcePort == 40000)
    #expect(headers?.destinationPort == 25)
    #expect(headers?.hopLimit == 61)
    #expect(
      headers?.addresses
        == Self.source6.map {
          .ipv6(source: $0, destination: IPv6Address("2001:db8:9::1") ?? $0)
        })
  }

  @Test func icmpHasATypeInItsOwnFamilyOnly() {
    #expect(PacketHeaders(Self.ipv6(58, [128, 1, 0, 0]))?.icmpType == 128)
    #expect(PacketHeaders(Self.ipv6(58, [128, 1, 0, 0]))?.icmpCode == 1)
    #expect(PacketHeaders(Self.ipv6(1, [8, 0, 0, 0]))?.icmpType == nil)
    var packet = Self.tcp4
    packet[9] = 1
    #expect(PacketHeaders(packet)?.icmpType == 0xcb)
    packet[9] = 58
    #expect(PacketHeaders(packet)?.icmpType == nil)
  }

  /// What the bytes do not reach is not there; nothing before it is lost.
  @Test func everyBeginningIsSafeToRead() {
    for length in 0..<20 { #expect(PacketHeaders(Self.tcp4.prefix(length)) == nil) }
    for length in 20..<Self.tcp4.count {
      let headers = PacketHeaders(Self.tcp4.prefix(length))
      #expect(headers?.ipProtocol == .tcp)
      #expect((headers?.sourcePort != nil) == (length >= 22))
      #expect((headers?.destinationPort != nil) == (length >= 24))
      #expect((headers?.tcpFlags != nil) == (length >= 34))
    }
    let whole = Self.ipv6(0, [6, 0] + [UInt8](repeating: 0, count: 6) + Self.ports)
    for length in 0..<whole.count {
      #expect((PacketHeaders(whole.prefix(length)) != nil) == (length >= 40))
      #expect(PacketHeaders(whole.prefix(length))?.destinationPort == nil)
    }
  }

  @Test func whatIsNoPacketIsNone() {
    #expect(PacketHeaders([]) == nil)
    // A header of fewer than five words, and of a version that is none.
    #expect(PacketHeaders([0x44] + Self.tcp4.dropFirst()) == nil)
    #expect(PacketHeaders([0x55] + Self.tcp4.dropFirst()) == nil)
    // ARP
    #expect(PacketHeaders(Self.bytes("0001080006040001020304050607c0000201")) == nil)
  }

  @Test func noBytesTrap() {
    var generator = SeededGenerator(label: "packet headers")
    for _ in 0..<20_000 {
      var packet = (0..<Int.random(in: 0..<96, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      // Mostly of a version that is read further, through headers that are known.
      if !packet.isEmpty, Bool.random(using: &generator) {
        packet[0] = Bool.random(using: &generator) ? 0x45 : 0x60
      }
      if packet.count > 6 {
        packet[6] = [0, 6, 43, 44, 51, 60, 135].randomElement(using: &generator) ?? 0
      }
      _ = PacketHeaders(packet)
    }
  }
}
