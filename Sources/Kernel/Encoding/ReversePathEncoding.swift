import Nftables

extension ExpressionWriter {
  /// Writes NFTA_FIB_*: whether a route to the source leaves by the packet's input interface.
  ///
  /// Flags are NFTA_FIB_F_SADDR, NFTA_FIB_F_IIF and NFTA_FIB_F_PRESENT; the result NFT_FIB_RESULT_OIF.
  mutating func reversePath(isMissing: Bool) {
    expression("fib") {
      $0.attribute(3, UInt32(0x29))
      $0.attribute(2, UInt32(1))
      $0.attribute(1, Self.firstRegister)
    }
    compare(.equal, UInt32(isMissing ? 0 : 1).hostBytes)
  }
}
