import Nftables

extension RateLimit {
  /// Writes NFTA_LIMIT_*: packets, with NFT_LIMIT_F_INV for `over`.
  func encode(into buffer: inout MessageBuffer) {
    buffer.attribute(1, rate)
    buffer.attribute(2, unitSeconds)
    buffer.attribute(3, burst)
    buffer.attribute(4, UInt32(0))
    buffer.attribute(5, UInt32(isOver ? 1 : 0))
  }
}
