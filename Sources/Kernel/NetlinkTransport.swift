/// The road to the kernel: whole datagrams of netlink messages out, whole datagrams of replies in.
package protocol NetlinkTransport: ~Copyable {
  /// Sends one datagram.
  func send(_ datagram: [UInt8]) throws(NetlinkError)

  /// The next datagram that waits; nil where none does.
  ///
  /// Never blocks: the kernel has queued its replies when `send` returns.
  func receive() throws(NetlinkError) -> [UInt8]?

  /// How long a question is asked anew whose answer others' changes spoil.
  var patience: Duration { get }

  /// Who hears what others' commits change, in the same network namespace; nil where nobody can.
  var listener: RulesetListener? { get }
}

extension NetlinkTransport where Self: ~Copyable {
  package var patience: Duration { .seconds(20) }
  package var listener: RulesetListener? { nil }
}
