import Nftables

extension ExpressionWriter {
  /// Writes NFTA_OBJREF_*: a named object of a type of NFT_OBJECT_*; its name without a NUL.
  mutating func object(_ name: String, type: UInt32) {
    expression("objref") {
      $0.attribute(1, type)
      $0.attribute(2, unterminated: name)
    }
  }

  /// Writes NFTA_LOG_*.
  mutating func log(prefix: String, group: UInt16?) {
    expression("log") {
      $0.attribute(2, prefix)
      if let group { $0.attribute(1, group) }
    }
  }

  /// Writes NFTA_REJECT_*: NFT_REJECT_TCP_RST, or NFT_REJECT_ICMPX_UNREACH with the code
  /// NFT_REJECT_ICMPX_ADMIN_PROHIBITED.
  mutating func reject(_ reject: Reject) {
    let (type, code): (UInt32, UInt8) =
      switch reject {
      case .tcpReset: (1, 0)
      case .adminProhibited: (2, 3)
      }
    expression("reject") {
      $0.attribute(1, type)
      $0.attribute(2, code)
    }
  }

  /// Writes NFTA_IMMEDIATE_*: a verdict into register 0.
  mutating func verdict(_ verdict: Verdict) {
    expression("immediate") {
      $0.attribute(1, UInt32(0))
      verdict.encode(as: 2, into: &$0)
    }
  }
}
