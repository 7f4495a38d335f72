import Nftables

extension Comparison {
  /// enum nft_cmp_ops.
  var operation: UInt32 {
    switch self {
    case .equal: 0
    case .notEqual: 1
    case .less: 2
    case .greaterOrEqual: 5
    }
  }

  var isOrdering: Bool {
    switch self {
    case .equal, .notEqual: false
    case .less, .greaterOrEqual: true
    }
  }
}

extension ExpressionWriter {
  /// Writes NFTA_CMP_*.
  mutating func compare(
    _ comparison: Comparison, _ value: [UInt8], in register: UInt32 = firstRegister
  ) {
    expression("cmp") {
      $0.attribute(1, register)
      $0.attribute(2, comparison.operation)
      $0.nested(3) { $0.attribute(1, bytes: value) }
    }
  }

  /// Writes NFTA_BITWISE_*: `register & mask`.
  ///
  /// nft names the operation where the mask is the user's and leaves it out where a prefix or a set
  /// of flags implies it.
  mutating func mask(
    _ mask: [UInt8], in register: UInt32 = firstRegister, namesOperation: Bool
  ) {
    expression("bitwise") {
      $0.attribute(1, register)
      $0.attribute(2, register)
      if namesOperation { $0.attribute(6, UInt32(0)) }
      $0.attribute(3, UInt32(mask.count))
      $0.nested(4) { $0.attribute(1, bytes: mask) }
      $0.nested(5) { $0.attribute(1, bytes: [UInt8](repeating: 0, count: mask.count)) }
    }
  }

  /// Writes NFTA_BYTEORDER_*: host to network order.
  ///
  /// Words are 2, 4 or 8 bytes; for a single byte nft says 2, which changes nothing.
  mutating func toNetworkOrder(length: Int, in register: UInt32 = firstRegister) {
    expression("byteorder") {
      $0.attribute(1, register)
      $0.attribute(2, register)
      $0.attribute(3, UInt32(1))
      $0.attribute(4, UInt32(length))
      $0.attribute(5, UInt32(max(length, 2)))
    }
  }
}
