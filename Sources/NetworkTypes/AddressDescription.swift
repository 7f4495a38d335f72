extension IPv4Address: CustomStringConvertible {
  /// Four decimal octets.
  package var description: String {
    "\(bits >> 24).\(bits >> 16 & 0xff).\(bits >> 8 & 0xff).\(bits & 0xff)"
  }
}

extension IPv6Address: CustomStringConvertible {
  /// The canonical text form.
  ///
  /// RFC 5952 §4: lower case, no leading zeros, `::` for the first of the longest runs of two or
  /// more zero groups. §5: the last 32 bits are dotted in IPv4-mapped (`::ffff:0:0/96`) and
  /// IPv4-compatible (`::/96`) addresses, exactly when glibc's `inet_ntop`, and so `nft`, does.
  package var description: String {
    let run = longestZeroRun
    // `::` and `::1` have a longer run and stay as they are.
    let isEmbedded =
      run.lowerBound == 0 && (run.count == 6 || (run.count == 5 && group(5) == 0xffff))
    let groupCount = isEmbedded ? 6 : 8
    var text = ""
    var index = 0
    while index < groupCount {
      if index == run.lowerBound, !run.isEmpty {
        text += "::"
        index = run.upperBound
        continue
      }
      if index > 0, index != run.upperBound || run.isEmpty { text += ":" }
      text += String(group(index), radix: 16)
      index += 1
    }
    guard isEmbedded else { return text }
    if run.upperBound != 6 { text += ":" }
    return text + IPv4Address(bits: UInt32(truncatingIfNeeded: bits)).description
  }

  /// One of the eight 16-bit groups, the first written being 0.
  private func group(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index))
  }

  /// The first of the longest runs of at least two zero groups; empty when there is none.
  private var longestZeroRun: Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0..<8 {
      if group(index) != 0 {
        start = index + 1
      } else if index + 1 - start > Swift.max(longest.count, 1) {
        longest = start..<(index + 1)
      }
    }
    return longest
  }
}

/// An integer that is an address of one family.
public protocol AddressBits: FixedWidthInteger, UnsignedInteger, Sendable {
  static var family: AddressFamily { get }
  var addressDescription: String { get }
}

extension UInt32: AddressBits {
  public static var family: AddressFamily { .ipv4 }
  public var addressDescription: String { IPv4Address(bits: self).description }
}

extension UInt128: AddressBits {
  public static var family: AddressFamily { .ipv6 }
  public var addressDescription: String { IPv6Address(bits: self).description }
}

extension Prefix: CustomStringConvertible where Bound: AddressBits {
  /// `192.0.2.0/24`; a prefix of one address is written with its length too.
  public var description: String { "\(base.addressDescription)/\(length)" }
}

extension IntervalSet.Interval where Bound: AddressBits {
  /// A single address, a prefix or a range `a-b`, whichever it is.
  package var addressDescription: String {
    if lower == upper { return lower.addressDescription }
    if let prefixLength { return "\(lower.addressDescription)/\(prefixLength)" }
    return "\(lower.addressDescription)-\(upper.addressDescription)"
  }
}

extension AddressSet: CustomStringConvertible {
  /// Its literals in ascending order, IPv4 first, joined by `, `; `any`, or `none`.
  package var description: String {
    if isAny { return "any" }
    if isEmpty { return "none" }
    let literals =
      ipv4.intervals.map(\.addressDescription) + ipv6.intervals.map(\.addressDescription)
    return literals.joined(separator: ", ")
  }
}
