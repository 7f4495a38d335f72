import CNetfilter
import Nftables

extension ExpressionWriter {
  /// Adds a change of a set by the packet path, with the statement that each element carries.
  mutating func dynamicSet(
    _ operation: DynamicSetOperation, set: String, identifier: UInt32, statement: ElementStatement
  ) throws(Unencodable) {
    // enum nft_dynset_ops.
    let number: UInt32 =
      switch operation {
      case .add: 0
      case .update: 1
      }
    var expression = try NftnlExpression.make(
      "dynset",
      [
        NFTNL_EXPR_DYNSET_SREG_KEY: Self.firstRegister, NFTNL_EXPR_DYNSET_OP: number,
        NFTNL_EXPR_DYNSET_SET_ID: identifier,
      ])
    try expression.set(NFTNL_EXPR_DYNSET_SET_NAME, set)
    switch statement {
    case .limit(let limit): expression.add(try limit.expression())
    case .connectionCount(let count):
      expression.add(
        try NftnlExpression.make(
          "connlimit", [NFTNL_EXPR_CONNLIMIT_COUNT: count, NFTNL_EXPR_CONNLIMIT_FLAGS: 0]))
    case .counter: expression.add(try NftnlExpression.make("counter"))
    }
    rule.add(expression)
  }
}
