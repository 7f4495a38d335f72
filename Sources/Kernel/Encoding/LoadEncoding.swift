import CNetfilter

extension ExpressionWriter {
  /// Loads what the kernel knows of a packet; the key is of enum nft_meta_keys.
  mutating func meta(key: UInt32, to register: UInt32) throws(Unencodable) {
    try rule.add("meta", [NFTNL_EXPR_META_KEY: key, NFTNL_EXPR_META_DREG: register])
  }

  /// Loads a header's bytes.
  ///
  /// Base is 1 for the network and 2 for the transport header; offset and length in bytes.
  mutating func payload(base: UInt32, offset: UInt32, length: UInt32, to register: UInt32)
    throws(Unencodable)
  {
    try rule.add(
      "payload",
      [
        NFTNL_EXPR_PAYLOAD_DREG: register, NFTNL_EXPR_PAYLOAD_BASE: base,
        NFTNL_EXPR_PAYLOAD_OFFSET: offset, NFTNL_EXPR_PAYLOAD_LEN: length,
      ])
  }

  /// Loads what conntrack knows; the key is of enum nft_ct_keys.
  mutating func conntrack(key: UInt32, direction: UInt8?, to register: UInt32) throws(Unencodable) {
    var expression = try NftnlExpression.make(
      "ct", [NFTNL_EXPR_CT_KEY: key, NFTNL_EXPR_CT_DREG: register])
    if let direction { try expression.set(NFTNL_EXPR_CT_DIR, direction) }
    rule.add(expression)
  }
}
