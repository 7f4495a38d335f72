import Nftables

extension ExpressionWriter {
  /// Writes NFTA_DYNSET_*, with the statement that each element carries.
  mutating func dynamicSet(
    _ operation: DynamicSetOperation, set: String, identifier: UInt32, statement: ElementStatement
  ) {
    expression("dynset") { data in
      data.attribute(4, Self.firstRegister)
      // enum nft_dynset_ops.
      switch operation {
      case .add: data.attribute(3, UInt32(0))
      case .update: data.attribute(3, UInt32(1))
      }
      data.attribute(1, set)
      data.attribute(2, identifier)
      data.nested(7) { expression in
        switch statement {
        case .limit(let limit):
          expression.attribute(1, "limit")
          expression.nested(2) { limit.encode(into: &$0) }
        case .connectionCount(let count):
          expression.attribute(1, "connlimit")
          expression.nested(2) {
            $0.attribute(1, count)
            $0.attribute(2, UInt32(0))
          }
        }
      }
    }
  }
}
