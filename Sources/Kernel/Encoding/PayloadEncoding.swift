extension ExpressionWriter {
  /// Writes NFTA_PAYLOAD_*.
  ///
  /// Base is 1 for the network and 2 for the transport header; offset and length in bytes.
  mutating func payload(base: UInt32, offset: UInt32, length: UInt32, to register: UInt32) {
    expression("payload") {
      $0.attribute(1, register)
      $0.attribute(2, base)
      $0.attribute(3, offset)
      $0.attribute(4, length)
    }
  }
}
