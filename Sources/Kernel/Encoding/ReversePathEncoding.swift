import CNetfilter
import Nftables

extension ExpressionWriter {
  /// Adds whether a route to the source leaves by the packet's input interface.
  ///
  /// Flags are NFTA_FIB_F_SADDR, NFTA_FIB_F_IIF and NFTA_FIB_F_PRESENT; the result NFT_FIB_RESULT_OIF.
  mutating func reversePath(isMissing: Bool) throws(Unencodable) {
    try rule.add(
      "fib",
      [
        NFTNL_EXPR_FIB_FLAGS: 0x29, NFTNL_EXPR_FIB_RESULT: 1,
        NFTNL_EXPR_FIB_DREG: Self.firstRegister,
      ])
    try compare(.equal, UInt32(isMissing ? 0 : 1).hostBytes)
  }
}
