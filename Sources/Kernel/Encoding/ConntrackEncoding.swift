extension ExpressionWriter {
  /// Writes NFTA_CT_*; the key is of enum nft_ct_keys.
  mutating func conntrack(key: UInt32, direction: UInt8?, to register: UInt32) {
    expression("ct") {
      $0.attribute(2, key)
      $0.attribute(1, register)
      if let direction { $0.attribute(3, direction) }
    }
  }
}
