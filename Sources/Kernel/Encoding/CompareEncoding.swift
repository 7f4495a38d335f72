import CNetfilter
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
  /// Adds a comparison of a register with a value.
  mutating func compare(
    _ comparison: Comparison, _ value: [UInt8], in register: UInt32 = firstRegister
  ) throws(Unencodable) {
    var expression = try NftnlExpression.make(
      "cmp", [NFTNL_EXPR_CMP_SREG: register, NFTNL_EXPR_CMP_OP: comparison.operation])
    try expression.set(NFTNL_EXPR_CMP_DATA, bytes: value)
    rule.add(expression)
  }

  /// Adds `register & mask`.
  ///
  /// nft names the operation where the mask is the user's and leaves it out where a prefix or a set
  /// of flags implies it.
  mutating func mask(
    _ mask: [UInt8], in register: UInt32 = firstRegister, namesOperation: Bool
  ) throws(Unencodable) {
    var expression = try NftnlExpression.make(
      "bitwise",
      [
        NFTNL_EXPR_BITWISE_SREG: register, NFTNL_EXPR_BITWISE_DREG: register,
        NFTNL_EXPR_BITWISE_LEN: UInt32(mask.count),
      ])
    if namesOperation { try expression.set(NFTNL_EXPR_BITWISE_OP, UInt32(0)) }
    try expression.set(NFTNL_EXPR_BITWISE_MASK, bytes: mask)
    try expression.set(NFTNL_EXPR_BITWISE_XOR, bytes: [UInt8](repeating: 0, count: mask.count))
    rule.add(expression)
  }

  /// Adds a turn from host to network order.
  ///
  /// Words are 2, 4 or 8 bytes; for a single byte nft says 2, which changes nothing.
  mutating func toNetworkOrder(length: Int, in register: UInt32 = firstRegister)
    throws(Unencodable)
  {
    try rule.add(
      "byteorder",
      [
        NFTNL_EXPR_BYTEORDER_SREG: register, NFTNL_EXPR_BYTEORDER_DREG: register,
        NFTNL_EXPR_BYTEORDER_OP: 1, NFTNL_EXPR_BYTEORDER_LEN: UInt32(length),
        NFTNL_EXPR_BYTEORDER_SIZE: UInt32(max(length, 2)),
      ])
  }
}
