/// The three places where a policy decides.
package enum PolicySection: String, Hashable, Sendable, CaseIterable {
  /// To this machine; nftables: hook `input`.
  case inbound
  /// Through it; nftables: hook `forward`.
  case forward
  /// From it; nftables: hook `output`.
  case outbound
}
