/// An element of a set of addresses, with what the kernel keeps of it.
///
/// Addresses are numbers, those of IPv4 of 32 bits.
package struct SetElement: Hashable, Sendable {
  package var lower: UInt128
  package var upper: UInt128
  /// What came to it, where its set counts.
  package var packets: UInt64?
  package var bytes: UInt64?
  /// How long it was to stay when it came, in milliseconds; nil of one that stays.
  package var timeout: UInt64?
  /// How long it still stays, in milliseconds; nil of one that stays.
  package var expires: UInt64?
  package var comment: String?

  package init(
    lower: UInt128, upper: UInt128, timeout: UInt64? = nil, expires: UInt64? = nil,
    comment: String? = nil
  ) {
    self.lower = lower
    self.upper = upper
    self.timeout = timeout
    self.expires = expires
    self.comment = comment
  }
}
