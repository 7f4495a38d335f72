import NetworkTypes
import Testing

struct PrefixDecompositionTests {
  /// Every interval of a byte: the prefixes cover it exactly, in order, and none can be merged.
  @Test func decomposesEveryIntervalIntoTheFewestPrefixes() {
    for lower in UInt8.min...UInt8.max {
      for upper in lower...UInt8.max {
        let interval = IntervalSet<UInt8>.Interval(lower, upper)
        let prefixes = interval.prefixes
        let pieces = prefixes.map(\.interval)
        var next = Int(lower)
        for piece in pieces {
          #expect(Int(piece.lower) == next)
          next = Int(piece.upper) + 1
        }
        #expect(next == Int(upper) + 1)
        #expect(prefixes.count <= 14)
        #expect((prefixes.count == 1) == (interval.prefixLength != nil))
        if let length = interval.prefixLength { #expect(prefixes.first?.length == length) }
        // Two neighbours of one length that share all bits but the last would be one prefix.
        for (a, b) in zip(prefixes, prefixes.dropFirst()) where a.length == b.length {
          #expect(Prefix<UInt8>(holding: a.base, length: a.length - 1).base != a.base)
        }
      }
    }
  }

  @Test(
    arguments: [
      ("0.0.0.0-255.255.255.255", ["0.0.0.0/0"]),
      ("0.0.0.0-255.255.255.254", nil),
      ("255.255.255.255", ["255.255.255.255/32"]), ("0.0.0.0", ["0.0.0.0/32"]),
      ("192.0.2.1-192.0.2.6", ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32"]),
      ("127.255.255.255-128.0.0.0", ["127.255.255.255/32", "128.0.0.0/32"]),
    ] as [(String, [String]?)])
  func decomposesIPv4Ranges(_ text: String, _ expected: [String]?) throws {
    guard case .ipv4(let interval) = try parseAddressLiteral(text) else {
      Issue.record("not IPv4")
      return
    }
    if let expected {
      #expect(interval.prefixes.map(\.description) == expected)
    } else {
      #expect(interval.prefixes.count == 32)
    }
  }

  @Test func decomposesTheWidestIPv6Ranges() {
    typealias Interval = IntervalSet<UInt128>.Interval
    #expect(Interval(.min, .max).prefixes.map(\.description) == ["::/0"])
    #expect(Interval(1, .max).prefixes.count == 128)
    #expect(Interval(.min, .max - 1).prefixes.count == 128)
    #expect(Interval(1, .max - 1).prefixes.count == 254)
    #expect(Interval(.max, .max).prefixes.map(\.length) == [128])
    #expect(Interval(.max - 1, .max).prefixLength == 127)
    #expect(Interval(.max - 2, .max).prefixLength == nil)
    #expect(Interval(0, 1).prefixLength == 127)
    #expect(Interval(1, 2).prefixLength == nil)
  }
}
