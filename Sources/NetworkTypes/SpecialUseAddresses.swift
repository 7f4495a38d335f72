extension AddressSet {
  /// Every IPv4 address and no other: the built-in network `ipv4`.
  package static let ipv4Only = AddressSet(ipv4: .all)

  /// Every IPv6 address and no other: the built-in network `ipv6`.
  package static let ipv6Only = AddressSet(ipv6: .all)

  /// Addresses for use inside one organisation: the built-in network `private`.
  ///
  /// The shared space 100.64.0.0/10 (RFC 6598) lies between a provider and its customers, in no one
  /// organisation, and so is in `specialUse` only.
  package static let privateUse = WrittenAddresses.privateUse.addresses

  /// Addresses that are not a public host's: the built-in network `special-use`.
  ///
  /// The IANA IPv4 and IPv6 Special-Purpose Address Registries that RFC 6890 founded, without the
  /// entries whose whole purpose is to be reached globally: 192.88.99.0/24 was returned (RFC 7526),
  /// 192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24 and 2620:4f:8000::/48 are AS112 and AMT
  /// anycast services (RFC 7535, 7450, 7534), 64:ff9b::/96 and 2002::/16 carry the addresses of
  /// public IPv4 hosts (RFC 6052, 3056). Multicast (224.0.0.0/4, ff00::/8) is in registries of its
  /// own and not in these.
  package static let specialUse = WrittenAddresses.specialUse.addresses

  /// The built-in network of a reserved name, or nil.
  package static func builtIn(_ name: String) -> AddressSet? {
    switch name {
    case "ipv4": ipv4Only
    case "ipv6": ipv6Only
    case "private": privateUse
    case "special-use": specialUse
    default: nil
    }
  }

  /// The names that `builtIn(_:)` knows.
  package static let builtInNames = ["ipv4", "ipv6", "private", "special-use"]
}

extension WrittenAddresses {
  /// The prefixes of the built-in network of a reserved name, or nil.
  package static func builtIn(_ name: String) -> WrittenAddresses? {
    switch name {
    case "private": privateUse
    case "special-use": specialUse
    default: AddressSet.builtIn(name).map { WrittenAddresses($0) }
    }
  }

  fileprivate static let privateUse = WrittenAddresses(
    ipv4: [
      block4(10, 0, 0, 0, 8),  // RFC 1918 §3
      block4(172, 16, 0, 0, 12),  // RFC 1918 §3
      block4(192, 168, 0, 0, 16),  // RFC 1918 §3
    ],
    ipv6: [
      block6(0xfc00_0000_0000_0000, 0, 7)  // RFC 4193 §3.1, unique local
    ])

  fileprivate static let specialUse = WrittenAddresses(
    ipv4: [
      block4(0, 0, 0, 0, 8),  // RFC 791 §3.2, "this network"
      block4(10, 0, 0, 0, 8),  // RFC 1918, private use
      block4(100, 64, 0, 0, 10),  // RFC 6598, shared address space
      block4(127, 0, 0, 0, 8),  // RFC 1122 §3.2.1.3, loopback
      block4(169, 254, 0, 0, 16),  // RFC 3927, link local
      block4(172, 16, 0, 0, 12),  // RFC 1918, private use
      block4(192, 0, 0, 0, 24),  // RFC 6890 §2.1, IETF protocol assignments
      block4(192, 0, 2, 0, 24),  // RFC 5737, documentation TEST-NET-1
      block4(192, 168, 0, 0, 16),  // RFC 1918, private use
      block4(198, 18, 0, 0, 15),  // RFC 2544, benchmarking
      block4(198, 51, 100, 0, 24),  // RFC 5737, documentation TEST-NET-2
      block4(203, 0, 113, 0, 24),  // RFC 5737, documentation TEST-NET-3
      block4(240, 0, 0, 0, 4),  // RFC 1112 §4, reserved; holds 255.255.255.255 (RFC 8190)
    ],
    ipv6: [
      block6(0, 0, 128),  // RFC 4291 §2.5.2, `::`, unspecified
      block6(0, 1, 128),  // RFC 4291 §2.5.3, `::1`, loopback
      block6(0, 0xffff_0000_0000, 96),  // RFC 4291 §2.5.5.2, `::ffff:0:0/96`, IPv4-mapped
      block6(0x64_ff9b_0001_0000, 0, 48),  // RFC 8215, `64:ff9b:1::/48`, local-use translation
      block6(0x0100_0000_0000_0000, 0, 64),  // RFC 6666, `100::/64`, discard only
      block6(0x0100_0000_0000_0001, 0, 64),  // RFC 9780, `100:0:0:1::/64`, dummy prefix
      block6(0x2001_0000_0000_0000, 0, 23),  // RFC 2928, `2001::/23`, IETF protocol assignments
      block6(0x2001_0db8_0000_0000, 0, 32),  // RFC 3849, `2001:db8::/32`, documentation
      block6(0x3fff_0000_0000_0000, 0, 20),  // RFC 9637, `3fff::/20`, documentation
      block6(0x5f00_0000_0000_0000, 0, 16),  // RFC 9602, `5f00::/16`, segment routing SIDs
      block6(0xfc00_0000_0000_0000, 0, 7),  // RFC 4193, `fc00::/7`, unique local
      block6(0xfe80_0000_0000_0000, 0, 10),  // RFC 4291 §2.5.6, `fe80::/10`, link local
    ])
}

/// Four octets and a prefix length.
private func block4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ length: Int)
  -> IntervalSet<UInt32>.Interval
{
  Prefix(holding: a << 24 | b << 16 | c << 8 | d, length: length).interval
}

/// The upper and the lower 64 bits and a prefix length.
private func block6(_ upper: UInt64, _ lower: UInt64, _ length: Int)
  -> IntervalSet<UInt128>.Interval
{
  Prefix(holding: UInt128(upper) << 64 | UInt128(lower), length: length).interval
}
