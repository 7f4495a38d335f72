import CNetfilter

/// Hears what commits to the ruleset change, while somebody wants to know.
///
/// Nobody listens by default: the kernel makes a notice of every element for those who do, of their own
/// commits too.
package final class RulesetListener {
  private let socket: NetlinkSocket
  private var listeners = 0
  private var changes = RulesetChanges()

  /// Of the network namespace of the socket.
  init(_ socket: consuming NetlinkSocket) { self.socket = socket }

  var isListening: Bool { listeners > 0 }

  /// Begins to listen; as many calls of `stop` end it.
  package func start() throws(NetlinkError) {
    if listeners == 0 { try socket.join(Self.group) }
    listeners += 1
  }

  package func stop() {
    listeners -= 1
    if listeners == 0 { socket.leave(Self.group) }
  }

  /// Takes in what waits.
  func hear() throws(NetlinkError) -> RulesetChanges {
    var lost = false
    while true {
      do throws(NetlinkError) {
        guard let datagram = try socket.receive() else { break }
        for notice in try NetlinkReply.parse(datagram) {
          if let change = try RulesetChange(notice) { changes.hear(change) }
        }
      } catch .systemCall(_, ErrorNumber.noBufferSpace) {
        lost = true
      } catch .truncatedReply {
        lost = true
      }
    }
    // Only once nothing waits does the kernel deliver again, and it does not say twice that it has not.
    if lost { changes.lose() }
    return changes
  }

  /// NFNLGRP_NFTABLES, linux/netfilter/nfnetlink.h.
  private static let group: Int32 = 7
}
