import CNetfilter
import Nftables

/// Gives a rule its expressions.
struct ExpressionWriter: ~Copyable {
  var rule: NftnlRule

  /// The first register, NFT_REG_1; what a single field is loaded into.
  static let firstRegister: UInt32 = 1

  /// The number nft gives the register at a distance of so many 32-bit words.
  ///
  /// At a multiple of four it is the 16-byte register (NFT_REG_1…4), else NFT_REG32_00 and on.
  static func register(word: Int) -> UInt32 {
    word % 4 == 0 ? 1 + UInt32(word / 4) : 8 + UInt32(word)
  }
}
