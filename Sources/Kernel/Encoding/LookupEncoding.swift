import CNetfilter

extension ExpressionWriter {
  /// Adds a lookup; of a verdict map the answer goes to register 0.
  mutating func lookup(
    set: String, identifier: UInt32, isNegated: Bool = false, isVerdictMap: Bool = false
  ) throws(Unencodable) {
    var expression = try NftnlExpression.make(
      "lookup",
      [NFTNL_EXPR_LOOKUP_SREG: Self.firstRegister, NFTNL_EXPR_LOOKUP_SET_ID: identifier])
    try expression.set(NFTNL_EXPR_LOOKUP_SET, set)
    if isVerdictMap { try expression.set(NFTNL_EXPR_LOOKUP_DREG, UInt32(0)) }
    if isNegated { try expression.set(NFTNL_EXPR_LOOKUP_FLAGS, UInt32(1)) }  // NFT_LOOKUP_F_INV
    rule.add(expression)
  }
}
