import NetworkTypes
import Nftables

extension EstablishedKind {
  /// The statements that a comparison of a register stands for: one, or two that nft merged.
  func statements(
    comparing value: LoadedValue, _ comparison: Comparison, with bytes: [UInt8]
  ) throws(Undecodable) -> [Statement] {
    let unknown = Undecodable("compares in a way that is not known")
    guard case .field(let source) = value.source else {
      let number = decodeNumber(bytes[...], isNetworkOrder: false)
      guard bytes.count == 4 || bytes.count == 1, number <= 1, !comparison.isOrdering else {
        throw unknown
      }
      return [.reversePath(isMissing: (number == 0) == (comparison == .equal))]
    }
    if source == .connectionState {
      guard let mask = value.mask, mask.count == 4, bytes == [0, 0, 0, 0], comparison == .notEqual
      else { throw unknown }
      return [.ctState(try Self.states(decodeNumber(mask[...], isNetworkOrder: false)))]
    }
    if case .payload(1, let offset, let length) = source,
      let (field, whole) = address(offset: offset, length: length),
      !comparison.isOrdering || length < whole
    {
      guard !comparison.isOrdering else { throw unknown }
      return [
        try prefix(field, whole, value, isNegated: comparison == .notEqual, bytes, Int(length))
      ]
    }
    guard value.mask == nil else { throw unknown }
    if case .payload(2, let offset, let length) = source,
      let pair = neighbours(offset: offset, length: length)
    {
      guard comparison == .equal, bytes.count == value.length else { throw unknown }
      let half = bytes.count / 2
      return [
        .compare(pair[0], .equal, Self.number(bytes.prefix(half))),
        .compare(pair[1], .equal, Self.number(bytes.dropFirst(half))),
      ]
    }
    let field = try field(source)
    if field.isInterface { return [try interface(field, comparison, bytes)] }
    guard bytes.count == field.length, bytes.count <= 8 else { throw unknown }
    let isNetworkOrder = value.isTurned || !field.isHostOrder
    // Registers are compared byte by byte.
    guard !comparison.isOrdering || isNetworkOrder || field.length == 1 else { throw unknown }
    let number = decodeNumber(bytes[...], isNetworkOrder: isNetworkOrder)
    return [
      .compare(field, comparison, try field.number(UInt64(truncatingIfNeeded: number)))
    ]
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    UInt64(truncatingIfNeeded: decodeNumber(bytes, isNetworkOrder: true))
  }

  private static func states(_ bits: UInt128) throws(Undecodable) -> Set<ConntrackState> {
    let states = Set(ConntrackState.allCases.filter { bits & UInt128($0.rawValue) != 0 })
    guard !states.isEmpty, states.reduce(0, { $0 | UInt128($1.rawValue) }) == bits else {
      throw Undecodable("compares connection states that are not known")
    }
    return states
  }

  /// The first bytes of an address, or all of it under the mask of a prefix.
  private func prefix(
    _ field: Field, _ whole: Int, _ value: LoadedValue, isNegated: Bool, _ bytes: [UInt8],
    _ loaded: Int
  ) throws(Undecodable) -> Statement {
    let unknown = Undecodable("compares an address with what is no prefix")
    guard bytes.count == loaded else { throw unknown }
    var length = 8 * loaded
    if let mask = value.mask {
      guard loaded == whole, let kept = decodePrefixLength(mask: mask),
        zip(bytes, mask).allSatisfy({ $0 & ~$1 == 0 })
      else { throw unknown }
      length = kept
    }
    let padded = bytes + [UInt8](repeating: 0, count: whole - loaded)
    let bits = decodeNumber(padded[...], isNetworkOrder: true)
    let prefix: AddressPrefix =
      whole == 4
      ? .ipv4(IPv4Address(bits: UInt32(truncatingIfNeeded: bits)), length: length)
      : .ipv6(IPv6Address(bits: bits), length: length)
    return .comparePrefix(field, isNegated: isNegated, prefix)
  }

  /// All 16 bytes of a name, or the first few.
  private func interface(
    _ field: Field, _ comparison: Comparison, _ bytes: [UInt8]
  ) throws(Undecodable) -> Statement {
    guard !comparison.isOrdering else {
      throw Undecodable("compares in a way that is not known")
    }
    let isWildcard = bytes.count < 16
    let padded = bytes + [UInt8](repeating: 0, count: max(0, 16 - bytes.count))
    let name = try decodeInterface(padded[...])
    guard !isWildcard || name.utf8.count == bytes.count else {
      throw Undecodable("has an interface name that is none")
    }
    return .compareInterface(
      field, isNegated: comparison == .notEqual, name: name, isWildcard: isWildcard)
  }
}
