/// A transport that keeps what it is sent and answers from a script, for tests.
package final class RecordingTransport: NetlinkTransport {
  /// What a call to `receive` meets.
  package enum Reply {
    case datagram([UInt8])
    case failure(NetlinkError)
  }

  package let patience = Duration.milliseconds(50)
  package private(set) var sent: [[UInt8]] = []
  private var replies: [Reply] = []
  private let respond: ([UInt8]) -> [Reply]

  /// `respond` gives what waits after a datagram was sent.
  package init(respond: @escaping (_ datagram: [UInt8]) -> [Reply] = { _ in [] }) {
    self.respond = respond
  }

  package func send(_ datagram: [UInt8]) throws(NetlinkError) {
    sent.append(datagram)
    replies += respond(datagram)
  }

  package func receive() throws(NetlinkError) -> [UInt8]? {
    if replies.isEmpty { return nil }
    switch replies.removeFirst() {
    case .datagram(let bytes): return bytes
    case .failure(let error): throw error
    }
  }
}
