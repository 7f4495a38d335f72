extension ExpressionWriter {
  /// Writes NFTA_META_*; the key is of enum nft_meta_keys.
  mutating func meta(key: UInt32, to register: UInt32) {
    expression("meta") {
      $0.attribute(2, key)
      $0.attribute(1, register)
    }
  }
}
