import CNetfilter
import Nftables

extension ExpressionWriter {
  /// Adds a reference to a named object of a type of NFT_OBJECT_*.
  mutating func object(_ name: String, type: UInt32) throws(Unencodable) {
    var expression = try NftnlExpression.make("objref", [NFTNL_EXPR_OBJREF_IMM_TYPE: type])
    try expression.set(NFTNL_EXPR_OBJREF_IMM_NAME, name)
    rule.add(expression)
  }

  /// Adds a reference to the counter that an object map names for what was loaded.
  mutating func object(inMap map: String, identifier: UInt32) throws(Unencodable) {
    var expression = try NftnlExpression.make(
      "objref",
      [NFTNL_EXPR_OBJREF_SET_SREG: Self.firstRegister, NFTNL_EXPR_OBJREF_SET_ID: identifier])
    try expression.set(NFTNL_EXPR_OBJREF_SET_NAME, map)
    rule.add(expression)
  }

  /// Adds a line to the kernel's log or to a group's.
  mutating func log(prefix: String, group: UInt16?) throws(Unencodable) {
    var expression = try NftnlExpression.make("log")
    try expression.set(NFTNL_EXPR_LOG_PREFIX, prefix, limit: 127)
    if let group { try expression.set(NFTNL_EXPR_LOG_GROUP, group) }
    rule.add(expression)
  }

  /// Adds NFT_REJECT_TCP_RST, or NFT_REJECT_ICMPX_UNREACH with the code
  /// NFT_REJECT_ICMPX_ADMIN_PROHIBITED.
  mutating func reject(_ reject: Reject) throws(Unencodable) {
    let (type, code): (UInt32, UInt8) =
      switch reject {
      case .tcpReset: (1, 0)
      case .adminProhibited: (2, 3)
      }
    var expression = try NftnlExpression.make("reject", [NFTNL_EXPR_REJECT_TYPE: type])
    try expression.set(NFTNL_EXPR_REJECT_CODE, code)
    rule.add(expression)
  }

  /// Adds a verdict, into register 0.
  mutating func verdict(_ verdict: Verdict) throws(Unencodable) {
    var expression = try NftnlExpression.make(
      "immediate",
      [NFTNL_EXPR_IMM_DREG: 0, NFTNL_EXPR_IMM_VERDICT: UInt32(bitPattern: verdict.code)])
    switch verdict {
    case .jump(let chain), .goto(let chain): try expression.set(NFTNL_EXPR_IMM_CHAIN, chain)
    case .accept, .drop, .return: break
    }
    rule.add(expression)
  }
}
