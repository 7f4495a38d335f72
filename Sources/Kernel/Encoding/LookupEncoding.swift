extension ExpressionWriter {
  /// Writes NFTA_LOOKUP_*; of a verdict map the answer goes to register 0.
  mutating func lookup(
    set: String, identifier: UInt32, isNegated: Bool = false, isVerdictMap: Bool = false
  ) {
    expression("lookup") {
      $0.attribute(2, Self.firstRegister)
      if isVerdictMap { $0.attribute(3, UInt32(0)) }
      $0.attribute(1, set)
      $0.attribute(4, identifier)
      if isNegated { $0.attribute(5, UInt32(1)) }  // NFT_LOOKUP_F_INV
    }
  }
}
