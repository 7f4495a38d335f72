import Nftables

extension Verdict {
  /// enum nf_verdicts and enum nft_verdicts, linux/netfilter/nf_tables.h.
  var code: Int32 {
    switch self {
    case .drop: 0
    case .accept: 1
    case .jump: -3
    case .goto: -4
    case .return: -5
    }
  }

  /// Writes NFTA_DATA_VERDICT inside the data attribute of a given type.
  func encode(as type: UInt16, into buffer: inout MessageBuffer) {
    buffer.nested(type) { data in
      data.nested(2) { verdict in  // NFTA_DATA_VERDICT
        verdict.attribute(1, code)  // NFTA_VERDICT_CODE
        switch self {
        case .jump(let chain), .goto(let chain): verdict.attribute(2, chain)  // NFTA_VERDICT_CHAIN
        case .accept, .drop, .return: break
        }
      }
    }
  }
}
