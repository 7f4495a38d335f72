import CNetfilter
import Nftables

extension RateLimit {
  /// Packets per time, with NFT_LIMIT_F_INV for `over`.
  func expression() throws(Unencodable) -> NftnlExpression {
    var expression = try NftnlExpression.make(
      "limit",
      [
        NFTNL_EXPR_LIMIT_BURST: burst, NFTNL_EXPR_LIMIT_TYPE: 0,
        NFTNL_EXPR_LIMIT_FLAGS: isOver ? 1 : 0,
      ])
    try expression.set(NFTNL_EXPR_LIMIT_RATE, rate)
    try expression.set(NFTNL_EXPR_LIMIT_UNIT, unitSeconds)
    return expression
  }
}
