import CLab
import Foundation

/// Knows when nothing is under way in a lab any more: frames of its own travel behind all others, and
/// when they have arrived, so has whatever was sent before them.
///
/// On one processor every cable and loopback is a queue: what a packet gives rise to stands in it behind
/// the packet, and before a frame that is sent once the packet was processed. So however busy the machine
/// is, silence is known without guessing how long an answer may take. The frames have an EtherType for
/// local experiments (IEEE 802) and pass below every ruleset.
final class Fence {
  /// A place where frames are sent, and the one where they arrive.
  private struct Way {
    let sender: LabSocket
    let receiver: LabSocket
    let destination: [UInt8]
  }

  private static let etherType: UInt16 = 0x88b5
  /// How long a frame may take on a machine that is very busy.
  private static let patience: Int32 = 20_000

  private let ways: [Way]
  private var turn: UInt32 = 0

  /// Both directions of every cable, and loopback of both ends.
  init(_ interfaces: [String], machine: NetworkNamespace, world: NetworkNamespace) throws {
    var ways: [Way] = []
    for (index, name) in interfaces.enumerated() {
      let hardware = PacketLab.hardwareAddress(of: index)
      ways.append(try Self.way(name, from: world, to: machine, hardware))
      ways.append(try Self.way(name, from: machine, to: world, hardware))
    }
    let nobody = [UInt8](repeating: 0, count: 6)
    for namespace in [machine, world] {
      ways.append(try Self.way("lo", from: namespace, to: namespace, nobody))
    }
    self.ways = ways
  }

  private static func way(
    _ interface: String, from: NetworkNamespace, to: NetworkNamespace, _ destination: [UInt8]
  ) throws -> Way {
    func socket(_ namespace: NetworkNamespace, listensTo etherType: UInt16) throws -> LabSocket {
      try namespace.enter {
        let number = etherType.networkBytes
        let socket = try LabSocket(
          AF_PACKET, Int32(SOCK_RAW.rawValue), Int32(etherType.bigEndian))
        try socket.bind(
          to: SocketAddress(
            family: AF_PACKET,
            number + withUnsafeBytes(of: if_nametoindex(interface)) { Array($0) }
              + [UInt8](repeating: 0, count: 12)))
        return socket
      }
    }
    let receiver = try socket(to, listensTo: etherType)
    // SOL_PACKET, PACKET_IGNORE_OUTGOING: linux/if_packet.h.
    try receiver.set(263, 23, to: 1)
    return Way(
      sender: try socket(from, listensTo: 0), receiver: receiver, destination: destination)
  }

  /// Waits until the packets that are under way have taken so many hops, and what they gave rise to too.
  ///
  /// Called on the processor on which they were sent.
  func pass(hops: Int) throws {
    for _ in 0..<hops {
      turn &+= 1
      let mark = turn.networkBytes
      let rest = Self.etherType.networkBytes + mark + [UInt8](repeating: 0, count: 46 - mark.count)
      for way in ways {
        guard way.sender.send(way.destination + way.destination + rest, to: nil) else {
          throw LabSocket.Failure(call: "send a frame of the fence", errno: errno)
        }
      }
      for way in ways {
        var isHere = false
        while !isHere {
          guard let heard = way.receiver.receive(within: Self.patience) else {
            throw LabSocket.Failure(call: "wait for a frame of the fence", errno: errno)
          }
          // An older one is of a call that failed.
          isHere = heard.bytes.dropFirst(14).starts(with: mark)
        }
      }
    }
  }
}

/// Runs `body` on the processor where the thread is, which it does not leave meanwhile.
func stayingOnProcessor<Result>(_ body: () throws -> Result) throws -> Result {
  var before = lab_processors()
  guard lab_stay_on_processor(&before) == 0 else {
    throw LabSocket.Failure(call: "stay on a processor", errno: errno)
  }
  defer { _ = lab_leave_processor(&before) }
  return try body()
}
