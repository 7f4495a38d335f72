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
  ///
  /// - Returns: false where one may not; then it has not begun.
  func start() -> Bool {
    if listeners == 0 {
      do throws(NetlinkError) { try socket.join(Self.group) } catch { return false }
    }
    listeners += 1
    return true
  }

  func stop() {
    listeners -= 1
    guard listeners == 0 else { return }
    socket.leave(Self.group)
    // What is committed from now on is not heard: nothing that was read before holds by being heard.
    changes.lose()
  }

  /// Takes in what waits; what cannot be read counts as not heard.
  func hear() -> RulesetChanges {
    var isLost = false
    while true {
      do throws(NetlinkError) {
        guard let datagram = try socket.receive() else { break }
        for notice in try NetlinkReply.parse(datagram) {
          if let change = try RulesetChange(notice) { changes.hear(change) }
        }
      } catch .systemCall(_, let errno) where errno != ErrorNumber.noBufferSpace {
        isLost = true
        break
      } catch {
        isLost = true
      }
    }
    // Only once nothing waits does the kernel deliver again, and it does not say twice that it has not.
    if isLost { changes.lose() }
    return changes
  }

  /// NFNLGRP_NFTABLES, linux/netfilter/nfnetlink.h.
  private static let group: Int32 = 7
}
